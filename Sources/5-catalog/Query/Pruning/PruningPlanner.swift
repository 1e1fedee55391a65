internal import Base
package import Engine
internal import Synchronization
internal import TableModel

/// Asks DuckDB's optimizer which filters it would push down to each table of a query.
///
/// It plans in an instance of its own over empty stand-ins: no file is opened, and 90,000 of them cost nothing. The
/// optimizer's use of statistics is off there, for the stand-ins' would be wrong. Whatever goes wrong here, the
/// query itself runs unpruned.
package final class PruningPlanner: Sendable {
    /// Opened for the first query that can be pruned: an instance takes 10 ms to start, which SELECT 1 need not pay.
    private let own = Mutex<Engine?>(nil)
    /// Serialises queries; plain text work that touches nothing in the instance.
    private let shared: Engine?
    private let prepared = Mutex(false)
    /// So that the stand-ins of tables that came and went do not pile up.
    private static let mostStandIns = 512
    static let marker = "tarn_stand_in_"

    /// - Parameter shared: The engine that queries run on; without it the planner's own one serialises them too.
    package init(shared: Engine? = nil) { self.shared = shared }

    func engine() throws -> Engine {
        try own.withLock { own in
            if let own { return own }
            let engine = try Engine(
                settings: EngineSettings(memoryLimit: "256MB", threads: 1, connections: 2))
            own = engine
            return engine
        }
    }

    package func close() { own.withLock { $0 }?.close() }

    /// Runs `json_serialize_sql`.
    func serialize(_ sql: String) async throws -> String {
        try await (try shared ?? engine()).onSessionThread { connection in
            let result = try connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [.string(sql)])
            guard let chunk = try result.nextChunk(), chunk.rowCount > 0 else { return "" }
            return chunk.column(0).string(0)
        }
    }

    /// Runs `json_deserialize_sql`: the SQL text of a tree.
    func deserialize(_ tree: String) async throws -> String {
        try await (try shared ?? engine()).onSessionThread { connection in
            let result = try connection.execute("SELECT json_deserialize_sql($1::JSON)", [.string(tree)])
            guard let chunk = try result.nextChunk(), chunk.rowCount > 0 else { return "" }
            return chunk.column(0).string(0)
        }
    }

    /// The filter pushed to each source; all `.always` if the query cannot be planned.
    ///
    /// The sources are given by their columns; `sql` makes the query from one relation for each of them.
    func filters(schemas: [TableSchema], sql: @Sendable ([String]) throws -> String?) async throws
        -> [ScanFilter]
    {
        try await plan(schemas: schemas, sql: sql) ?? schemas.map { _ in ScanFilter.always }
    }

    /// As `filters`, but `nil` if the query cannot be planned.
    func plan(schemas: [TableSchema], sql: @Sendable ([String]) throws -> String?) async throws
        -> [ScanFilter]?
    {
        let standIns = schemas.enumerated().map { StandIn(schema: $1, number: $0, prefix: Self.marker) }
        guard let text = try sql(standIns.map(\.relation)) else { return nil }
        do {
            let plan = try await engine().onSessionThread { [self] connection in
                try prepare(connection)
                for standIn in standIns { try connection.execute(standIn.definition) }
                let result = try connection.execute("EXPLAIN (FORMAT json) " + text)
                guard let chunk = try result.nextChunk(), chunk.rowCount > 0 else { return "" }
                return chunk.column(1).string(0)
            }
            let pushed = PlanReader.filters(plan, marker: Self.marker)
            return standIns.map { standIn in
                guard standIn.isSafe, let texts = pushed[standIn.name] else { return .always }
                return ScanFilter.any(texts.map { FilterText.filter($0, schema: standIn.schema) })
            }
        } catch let error as TarnError where error.code == .cancelled {
            throw error
        } catch {
            // The real run reports what is wrong with the query, in the user's own terms.
            return nil
        }
    }

    /// The settings are the instance's, so once is enough.
    func prepare(_ connection: EngineConnection) throws {
        let isReady = prepared.withLock { ready in
            defer { ready = true }
            return ready
        }
        if !isReady {
            try connection.execute(
                """
                SET GLOBAL disabled_optimizers = 'statistics_propagation,compressed_materialization,\
                late_materialization,common_subplan,sampling_pushdown'
                """)
        }
        let result = try connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '\(Self.marker)%'")
        guard let chunk = try result.nextChunk(), case .integer(let count) = chunk.column(0).scalar(0),
            count > Self.mostStandIns
        else { return }
        try dropAll(connection)
    }

    private func dropAll(_ connection: EngineConnection) throws {
        let result = try connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '\(Self.marker)%'")
        var names: [String] = []
        while let chunk = try result.nextChunk() {
            for row in 0..<chunk.rowCount { names.append(chunk.column(0).string(row)) }
        }
        for name in names { try connection.execute("DROP TABLE IF EXISTS \(quoteIdentifier(name))") }
    }
}

/// An empty table with the columns of a real one, under names that cannot be mistaken in a plan.
struct StandIn: Sendable {
    let schema: TableSchema
    let name: String
    let definition: String

    /// Two sources of one query never share a stand-in, for each has filters of its own.
    init(schema: TableSchema, number: Int, prefix: String) {
        self.schema = schema
        let columns = schema.fields.enumerated().map { "c\($0) \($1.type.sqlName)" }.joined(separator: ", ")
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in columns.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        name = "\(prefix)\(String(hash, radix: 16))_\(number)"
        definition = "CREATE TABLE IF NOT EXISTS \(name) (\(columns))"
    }

    var relation: String {
        let items = schema.fields.enumerated().map { "c\($0) AS \(quoteIdentifier($1.name))" }
        return "(SELECT \(items.joined(separator: ", ")) FROM \(name))"
    }

    /// Members of structures keep their names in a plan; with odd ones its text could be misread.
    var isSafe: Bool { schema.fields.allSatisfy { Self.isSafe($0.type) } }

    private static func isSafe(_ type: DataType) -> Bool {
        switch type {
        case .structure(let fields):
            fields.allSatisfy { field in
                field.name.utf8.allSatisfy { byte in
                    (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39
                        || byte == 0x5F
                } && isSafe(field.type)
            }
        case .array(let element, _): isSafe(element)
        case .map(let key, let value, _): isSafe(key) && isSafe(value)
        default: true
        }
    }
}
