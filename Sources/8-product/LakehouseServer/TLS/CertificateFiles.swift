import Base
import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The certificate and key of the settings, as connections use them; read again when told to.
final class CertificateFiles: Sendable {
    private let certificate: String
    private let key: String
    private let context: Mutex<NIOSSLContext>

    /// - Returns: `nil` without both settings.
    /// - Throws: `.invalidInput` naming the file that is missing, unreadable or does not go with the other.
    convenience init?(certificate: String?, key: String?) throws(TarnError) {
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?): try self.init(certificate, key)
        default:
            throw TarnError(
                .invalidInput, "TLS needs both tls.certificate and tls.key; only one of them is set.")
        }
    }

    private init(_ certificate: String, _ key: String) throws(TarnError) {
        self.certificate = certificate
        self.key = key
        context = Mutex(try Self.load(certificate, key))
    }

    var current: NIOSSLContext { context.withLock { $0 } }

    /// Takes over what the files hold now; connections that are open keep what they have.
    ///
    /// - Throws: As `init`; then the old certificate stays.
    func reload() throws(TarnError) {
        let new = try Self.load(certificate, key)
        context.withLock { $0 = new }
    }

    private static func load(_ certificate: String, _ key: String) throws(TarnError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
            throw unusable("tls.certificate", certificate, "a chain of certificates in PEM form", error)
        }
        if chain.isEmpty {
            throw unusable("tls.certificate", certificate, "a chain of certificates in PEM form", nil)
        }
        let privateKey: NIOSSLPrivateKey
        do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
            throw unusable("tls.key", key, "a private key in PEM form without a password", error)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw TarnError(
                .invalidInput, "The certificate in \(certificate) and the key in \(key) do not go together.",
                context: [("certificate", certificate), ("key", key)], cause: error)
        }
    }

    private static func unusable(
        _ setting: String, _ path: String, _ expected: String, _ cause: (any Error)?
    ) -> TarnError {
        let isThere = FileManager.default.isReadableFile(atPath: path)
        return TarnError(
            .invalidInput,
            isThere
                ? "\(path) (\(setting)) holds no \(expected.dropFirst(2))."
                : "Cannot read \(path) (\(setting)): it must be \(expected).",
            context: [("setting", setting), ("file", path)], cause: cause)
    }
}

/// HTTP/1.1 in TLS, with the certificate that is current when a connection begins.
struct CertificateChannel<Base: ServerChildChannel>: ServerChildChannel {
    typealias Value = Base.Value
    let base: Base
    let files: CertificateFiles

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: files.current))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Reads the certificate again on SIGHUP.
struct CertificateReload: Service {
    let files: CertificateFiles
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try files.reload()
                logger.info("took over the certificate")
            } catch {
                logger.error("keeping the old certificate", metadata: ["error": "\(error)"])
            }
        }
    }
}
