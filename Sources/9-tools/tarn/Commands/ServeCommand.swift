import ArgumentParser
import Base
import Foundation
import Lakehouse
import LakehouseServer
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the lakehouse over HTTP.",
        discussion: """
            Prints `listening on http://HOST:PORT` when it is ready and stays in the foreground. SIGTERM and Control-C
            end it: requests that run are finished first. SIGHUP reads the certificate again. Logs go to standard error.

            Examples:
              tarn serve
              tarn serve --home /data/lake --port 9000
              tarn serve --port 0        any free port
              tarn serve --host 0.0.0.0 --auth required
            """)

    enum Authentication: String, ExpressibleByArgument, CaseIterable { case none, required }

    @OptionGroup var options: HomeOptions
    @Option(help: "Address to listen on.") var host: String?
    @Option(help: "Port to listen on; 0 takes any free one.") var port: Int?
    @Option(help: "Whether callers must show a token: none or required (setting auth.mode).")
    var auth: Authentication?
    @Option(help: ArgumentHelp("Serve TLS with this chain of certificates (PEM).", valueName: "file"))
    var tlsCertificate: String?
    @Option(help: ArgumentHelp("The certificate's private key (PEM).", valueName: "file")) var tlsKey: String?
    @Flag(
        name: .customLong(ServerSafety.openToEverybodyFlag),
        help: "Let everybody who reaches the address read and change everything.")
    var isOpenOnPurpose = false

    func validate() throws {
        if let port, !(0...65535).contains(port) {
            throw ValidationError("--port must be from 0 to 65535, not \(port).")
        }
    }

    func run() async throws {
        let home = try options.existingHome()
        var settings = try options.settings()
        if let host { settings.server.host = host }
        if let port { settings.server.port = port }
        if let auth { settings.auth.mode = auth.rawValue }
        if let tlsCertificate { settings.tls.certificate = tlsCertificate }
        if let tlsKey { settings.tls.key = tlsKey }
        let warnings = try ServerSafety.check(
            host: settings.server.host, isAuthenticationRequired: settings.auth.mode == "required",
            isOpenOnPurpose: isOpenOnPurpose, isEncrypted: settings.tls.certificate != nil)

        let log = settings.log
        let logger = Logger(label: "tarn") { label in
            StandardErrorLog(
                label: label, level: Logger.Level(rawValue: log.level) ?? .info,
                writesJSON: log.format == "json")
        }
        for warning in warnings { logger.warning("\(warning)") }
        let lake = Lakehouse(home: home, settings: settings, purpose: .server) { logger.warning("\($0)") }
        let server = TarnServer(lake: lake, logger: logger)
        logger.info("starting", metadata: ["home": "\(home.path)", "version": "\(tarnVersion)"])
        try await server.run { address in
            print("listening on \(address)")
            // A pipe is buffered; whoever waits for this line should get it now.
            fflush(nil)
        }
        await lake.close()
        logger.info("stopped")
    }
}
