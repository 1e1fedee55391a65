import Base
import Engine
import TableModel

import Query

/// Tables made of in-memory engine tables, one for each "file", with bounds taken from their rows.
///
/// Stands in for Delta tables where only Query's own part is under test.
final class FakeLake: Sendable {
    struct File: Sendable {
        let table: String
        let rowCount: Int64
        let bounds: [String: ColumnBounds]
    }
    struct Table: Sendable {
        var schema: TableSchema
        var files: [File]
    }

    let engine: Engine
    let planner: PruningPlanner
    let tables: [String: Table]

    init(engine: Engine, planner: PruningPlanner, tables: [String: Table]) {
        self.engine = engine
        self.planner = planner
        self.tables = tables
    }

    /// Makes the tables: for each name the schema, and the SQL of each file's rows.
    static func make(_ tables: [String: (TableSchema, [String])]) async throws -> FakeLake {
        let engine = try Engine(settings: EngineSettings(memoryLimit: "512MB", threads: 1))
        var made: [String: Table] = [:]
        for (name, (schema, files)) in tables {
            var table = Table(schema: schema, files: [])
            for (number, sql) in files.enumerated() {
                let file = "file_\(name)_\(number)"
                table.files.append(try await engine.onSessionThread { try load(file, schema, sql, $0) })
            }
            made[name] = table
        }
        return FakeLake(engine: engine, planner: PruningPlanner(), tables: made)
    }

    private static func load(
        _ name: String, _ schema: TableSchema, _ sql: String, _ connection: EngineConnection
    ) throws -> File {
        let columns = schema.fields.map { "\(quoteIdentifier($0.name)) \($0.type.sqlName)" }.joined(
            separator: ", ")
        try connection.execute("CREATE TABLE \(name) (\(columns)); INSERT INTO \(name) \(sql)")
        var bounds: [String: ColumnBounds] = [:]
        var rowCount: Int64 = 0
        for field in schema.fields {
            let column = quoteIdentifier(field.name)
            // DuckDB counts NaN as the largest number; Delta's statistics leave it out.
            let kept = [.float, .double].contains(field.type) ? "FILTER (NOT isnan(\(column)))" : ""
            let result = try connection.execute(
                "SELECT min(\(column)) \(kept), max(\(column)) \(kept), count(*) - count(\(column)), count(*) FROM \(name)"
            )
            guard let chunk = try result.nextChunk(), case .integer(let nulls) = chunk.column(2).scalar(0),
                case .integer(let rows) = chunk.column(3).scalar(0)
            else { continue }
            let (low, high) = (chunk.column(0).scalar(0), chunk.column(1).scalar(0))
            bounds[field.name] = ColumnBounds(
                minimum: low.isNull ? nil : low, maximum: high.isNull ? nil : high, nullCount: nulls)
            rowCount = rows
        }
        return File(table: name, rowCount: rowCount, bounds: bounds)
    }

    func source(_ name: String) throws -> ResolvedSource {
        guard let table = tables[name.lowercased()] else {
            throw TarnError(.notFound, "Table \(name) does not exist.\(didYouMean(name, among: tables.keys))")
        }
        let columns = table.schema.fields.map {
            "CAST(NULL AS \($0.type.sqlName)) AS \(quoteIdentifier($0.name))"
        }
        let nothing = "SELECT \(columns.joined(separator: ", ")) WHERE false"
        return ResolvedSource(
            fullName: ["main", "default", name.lowercased()], schema: table.schema,
            fileCount: table.files.count
        ) { filter in
            let kept = table.files.filter { file in
                filter?.mayMatch(rowCount: file.rowCount) { file.bounds[$0.parts.joined(separator: ".")] }
                    ?? true
            }
            let parts = [nothing] + kept.map { "SELECT * FROM \($0.table)" }
            return SourceRelation(
                sql: "(\(parts.joined(separator: " UNION ALL ")))", filesScanned: kept.count,
                filesPruned: table.files.count - kept.count)
        }
    }

    func prepare(_ sql: String, _ parameters: SQLParameters = .none, prunes: Bool = true) async throws
        -> PreparedQuery
    {
        let parsed = try await QueryReader(planner: planner).read(
            try SQLText(sql), parameters: parameters, localFiles: false)
        var resolved: [(source: ResolvedSource, name: String, version: Int64?)] = []
        for reference in parsed.sources {
            guard case .table(let parts) = reference.origin, let name = parts.last else { continue }
            var source = try source(name)
            if !prunes { source.schema = nil }
            resolved.append((source, name, nil))
        }
        return try await parsed.prepare(resolved, planner: planner)
    }

    /// The rows as JSON, one text a row.
    func rows(_ prepared: PreparedQuery) async throws -> [String] {
        do {
            return try await engine.user.onSessionThread { connection in
                let result = try connection.execute(prepared.sql, prepared.parameters)
                var rows: [String] = []
                while let chunk = try result.nextChunk() {
                    for row in 0..<chunk.rowCount {
                        rows.append(JSONValue.array(chunk.columns.map { $0.json(row) }).jsonText)
                    }
                }
                return rows
            }
        } catch { throw prepared.inUsersTerms(error) }
    }

    func rows(_ sql: String, _ parameters: SQLParameters = .none) async throws -> [String] {
        try await rows(try await prepare(sql, parameters))
    }
}
