import Base
import Foundation
import Hummingbird
import HummingbirdCore
import Identity
package import Lakehouse
package import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The HTTP server of one lakehouse: every protocol on one port.
///
/// ```swift
/// let server = TarnServer(lake: lake, logger: logger)
/// try await server.run { address in print("listening on \(address)") }
/// ```
package final class TarnServer: Sendable {
    private let lake: Lakehouse
    private let settings: LakehouseSettings.Server
    private let logger: Logger
    private let responder: FrontResponder
    private let book: StatementBook
    private let group: Mutex<ServiceGroup?> = Mutex(nil)

    /// - Parameters:
    ///   - lake: Its settings tell address and limits; the caller closes it afterwards.
    ///   - logger: For what goes wrong.
    package init(lake: Lakehouse, logger: Logger) {
        self.lake = lake
        settings = lake.settings.server
        self.logger = logger
        let metrics = ServerMetrics()
        let all = RouteList()
        book = StatementBook(retentionSeconds: settings.resultRetentionSeconds)
        let routes = Self.makeRoutes(lake: lake, metrics: metrics, book: book) { all.routes }
        all.set(routes)
        responder = FrontResponder(
            table: RouteTable(
                routes,
                prefixes: [
                    (UnityCatalogAPI.deltaRoot, .unityDelta), (UnityCatalogAPI.root, .unity),
                    ("/api/1.0/unity-control/scim2", .scim), ("/api/2.0/preview/scim", .scim),
                    ("/api/1.0/unity-control", .unity), ("/oidc", .oauth), ("/api/2.0/", .databricks),
                    ("/get-online-features", .feast),
                ]),
            authentication: RequestAuthentication(isRequired: lake.settings.auth.mode == "required") {
                try await lake.identity
            },
            unmatched: metrics.unmatched, limits: RequestLimits(lake.settings, time: lake.time),
            audit: lake.isAudited ? RequestAudit(lake: lake) : nil, logger: logger)
    }

    /// Listens until the process gets SIGTERM or SIGINT, or `stop` is called; requests that run are finished first.
    ///
    /// - Parameters:
    ///   - handlesSignals: Tests turn it off.
    ///   - onListening: Called once with the address, for example `http://127.0.0.1:8080`.
    /// - Throws: `.failedPrecondition` if the address cannot be had.
    package func run(
        handlesSignals: Bool = true, onListening: @escaping @Sendable (String) -> Void
    ) async throws {
        let host = settings.host
        let files = try CertificateFiles(
            certificate: lake.settings.tls.certificate, key: lake.settings.tls.key)
        let scheme = files == nil ? "http" : "https"
        if let verifier = try IdentityProvider.verifier(lake.settings.auth.oidc, time: lake.time) {
            try await lake.identity.take(verifier, makesUsers: lake.settings.auth.oidc.createsUsers)
        }
        let application = Application(
            responder: responder,
            server: builder(files),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: settings.port), serverName: "tarn",
                availableConnectionsDelegate: .maximum(settings.maximumConnections, logger: quietLogger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                onListening("\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)")
            },
            logger: quietLogger)
        var services: [any Service] = [
            RegistryRefresh(lake: lake, logger: logger), TokenUseWriter(lake: lake, logger: logger),
        ]
        if let files, handlesSignals { services.append(CertificateReload(files: files, logger: logger)) }
        let serviceGroup = ServiceGroup(
            configuration: .init(
                services: services + [application],
                gracefulShutdownSignals: handlesSignals ? [.sigterm, .sigint] : [],
                logger: quietLogger))
        group.withLock { $0 = serviceGroup }
        do { try await serviceGroup.run() } catch let error as IOError {
            throw TarnError(
                .failedPrecondition,
                "Cannot listen on \(host) port \(settings.port): \(String(cString: strerror(error.errnoCode))). "
                    + "Choose another with --port (0 takes any free one).",
                context: [("host", host), ("port", String(settings.port))], cause: error)
        }
    }

    /// HTTP/1.1, in TLS where there is a certificate, with limits on each connection.
    private func builder(_ files: CertificateFiles?) -> HTTPServerBuilder {
        let limit = TimeAmount.seconds(Int64(settings.requestTimeoutSeconds))
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limit: limit)],
            idleTimeout: .seconds(Int64(settings.idleTimeoutSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 32 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 200))
        return HTTPServerBuilder { responder in
            let base = HTTP1Channel(responder: responder, configuration: configuration)
            guard let files else { return base }
            return CertificateChannel(base: base, files: files)
        }
    }

    /// Begins the end; `run` returns when it is done.
    package func stop() async { await group.withLock { $0 }?.triggerGracefulShutdown() }

    /// The framework's own news are of no interest unless something is wrong.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel >= .info { logger.logLevel = max(.warning, logger.logLevel) }
        return logger
    }

    /// The routes, for the one of them that counts them all.
    private final class RouteList: Sendable {
        private let list = Mutex<[Route]>([])
        var routes: [Route] { list.withLock { $0 } }
        func set(_ routes: [Route]) { list.withLock { $0 = routes } }
    }
}
