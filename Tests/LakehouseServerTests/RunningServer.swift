import Base
import Lakehouse
import LakehouseServer
import LakehouseTesting
import Logging
import Synchronization

/// A server over a lakehouse of its own, for the time of `body`.
func withServer(
    _ change: (inout LakehouseSettings) -> Void = { _ in },
    _ body: (HTTPProbe, Lakehouse) async throws -> Void
) async throws {
    let folder = try TemporaryFolder("server")
    let home = LakehouseHome(folder.path + "/home")
    _ = try home.create()
    var settings = LakehouseSettings()
    settings.server.port = 0
    settings.engine.threads = 2
    change(&settings)
    let lake = Lakehouse(home: home, settings: settings)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = TarnServer(lake: lake, logger: logger)
    let (addresses, announce) = AsyncStream<String>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { announce.finish() }
            try await server.run(handlesSignals: false) { announce.yield($0) }
        }
        var iterator = addresses.makeAsyncIterator()
        if let address = await iterator.next() {
            do { try await body(HTTPProbe(address: address), lake) } catch {
                await server.stop()
                throw error
            }
        }
        await server.stop()
        try await group.waitForAll()
    }
    await lake.close()
}
