import Base
import Catalog
import Engine
import Foundation
import LakehouseTesting
import Metastore
import ObjectStore
import Synchronization
import Tables
import Testing

@testable import Audit

/// A home with an audit log, whose clock stands still: nothing moves into the table unless a test says so.
final class AuditFixture: Sendable {
    let folder: TemporaryFolder
    let engine: Engine
    let metastore: Metastore
    let time = ManualTimeSource()
    let warnings = Mutex<[String]>([])

    var home: String { folder.path + "/audit" }
    var journal: String { home + "/journal" }
    var events: String { home + "/events" }

    init() async throws {
        folder = try TemporaryFolder("audit")
        engine = try Engine(settings: EngineSettings(memoryLimit: "1GB", threads: 2))
        metastore = try await MetastoreFixture(in: folder).open(CatalogMigrations.all + AuditMigrations.all)
    }

    /// A log as a process of its own has it.
    func log(
        _ options: AuditLog.Options = AuditLog.Options(),
        store: @escaping @Sendable (String) -> any ObjectStore = { LocalStore(root: $0) }
    ) -> AuditLog {
        let (engine, time) = (engine, time)
        return AuditLog(
            folder: home, metastore: metastore,
            context: { TableContext(engine: engine, time: time, engineInfo: "tarn-test") },
            options: options, time: time, warn: { [self] text in warnings.withLock { $0.append(text) } },
            store: store)
    }

    func event(_ number: Int, outcome: TarnError.Code? = nil) -> AuditEvent {
        AuditEvent(
            timeMicroseconds: time.nowMicroseconds() + Int64(number), principal: .system, action: "SELECT",
            objectKind: "table", objectName: "main.default.t\(number)", outcome: outcome, door: "sql",
            details: ["n": .int(number)])
    }

    func record(_ count: Int, in log: AuditLog, from first: Int = 1) async throws {
        for number in first..<first + count {
            try await log.record(event(number), isDurable: number == first + count - 1)
        }
    }

    /// The places of all lines, of all chains, in order.
    func places(_ log: AuditLog) async throws -> [Int64] {
        let relation = try await log.relation()
        let places = try await engine.onSessionThread { connection in
            let result = try connection.execute(
                "SELECT sequence FROM \(relation.sql) ORDER BY chain, sequence", [])
            var places: [Int64] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount { places.append(chunk.column(0).int64s?[row] ?? -1) }
            }
            return places
        }
        withExtendedLifetime(relation.resources) {}
        return places
    }

    func files(_ folder: String, _ suffix: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(suffix) }.sorted().map { folder + "/" + $0 }
    }

    /// Changes the lines of the one journal there is; the header is not among them.
    func editJournal(_ body: (inout [String]) -> Void) throws {
        let path = try #require(files(journal, ".log").first)
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: true
        ).map(String.init)
        var rest = Array(lines.dropFirst())
        body(&rest)
        lines = [lines[0]] + rest
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Writes the one data file of the table anew, from a query over `rows`.
    func rewriteFile(_ query: String) async throws {
        let path = try #require(files(events, ".parquet").first)
        try await engine.onSessionThread { connection in
            _ = try connection.execute(
                "CREATE TEMP TABLE rows AS SELECT * FROM read_parquet('\(path)', hive_partitioning = false)",
                [])
            _ = try connection.execute("COPY (\(query)) TO '\(path).new' (FORMAT parquet)", [])
            _ = try connection.execute("DROP TABLE rows", [])
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".new", toPath: path)
    }
}
