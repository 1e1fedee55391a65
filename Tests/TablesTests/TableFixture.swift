import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

/// An engine and a folder of its own for one test.
struct TableFixture {
    let folder: TemporaryFolder
    let engine: Engine
    let context: TableContext

    /// - Parameter warn: Told of failed checkpoints; a warning fails the test by default.
    /// - Throws: If the engine cannot start.
    init(warn: @escaping @Sendable (String) -> Void = { Issue.record("\($0)") }) throws {
        folder = try TemporaryFolder("tables")
        engine = try Engine(settings: EngineSettings(memoryLimit: "1GB", threads: 2))
        context = TableContext(engine: engine, engineInfo: "tarn-test", warn: warn)
    }

    func store(_ name: String) -> LocalStore { LocalStore(root: "\(folder.path)/\(name)") }

    func create(
        _ name: String, as sql: String, partitionedBy columns: [String] = [],
        properties: [String: String] = [:]
    ) async throws
        -> DeltaTable
    {
        try await DeltaTable.create(
            store(name), context,
            TableDefinition(schema: nil, partitionColumns: columns, properties: properties),
            source: WriteSource(sql: sql), name: name
        ).table
    }

    /// The rows that a query over `{t}` gives, as text.
    func rows(
        _ table: DeltaTable, _ at: TimeTravel = .latest, _ sql: String = "SELECT * FROM {t} ORDER BY ALL",
        matching filter: ScanFilter? = nil
    ) async throws -> [String] {
        let scan = try await table.scan(try await table.snapshot(at), matching: filter)
        return try await text(sql.replacing("{t}", with: scan.sql))
    }

    /// The rows of a query as text.
    func text(_ text: String) async throws -> [String] {
        try await engine.onSessionThread { connection in
            let result = try connection.execute(text, [])
            var rows: [String] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount {
                    rows.append(
                        (0..<chunk.columnCount).map {
                            chunk.column($0).isNull(row) ? "NULL" : chunk.column($0).text(row)
                        }.joined(separator: "|"))
                }
            }
            return rows
        }
    }
}
