internal import Base
package import Engine
internal import TableModel

/// The spine of a join as a table of the workspace: events with their entities' keys, in the order of the result.
package struct SpineTable: Sendable {
    package let workspace: JoinWorkspace
    package let rowCount: Int
    package let columns: [(name: String, type: EngineType)]
    /// The column with the events' times.
    package let timeColumn: String

    private static let role = "spine"
    /// For SQL.
    package var table: String { workspace.table(Self.role) }

    /// Runs a query once and keeps its rows.
    ///
    /// - Parameters:
    ///   - sql: What the engine can run as it stands.
    ///   - parameters: For the query's `?`.
    ///   - timeColumn: Must be one of its columns, a timestamp or date.
    ///   - workspace: Gets the table.
    /// - Throws: `.invalidInput` if there is no such column, or it holds no times; with near names.
    package init(
        _ sql: String, parameters: [EngineValue] = [], timeColumn: String, in workspace: JoinWorkspace
    ) async throws {
        let table = workspace.table(Self.role)
        let (count, columns) = try await workspace.engine.onSessionThread { connection in
            try connection.execute("CREATE TABLE \(table) AS SELECT * FROM (\(sql))", parameters)
            let empty = try connection.execute("SELECT * FROM \(table) LIMIT 0")
            let columns = zip(empty.columnNames, empty.columnTypes).map { (name: $0, type: $1) }
            let count = try connection.execute("SELECT count(*) FROM \(table)").firstScalar()
            return (count, columns)
        }
        guard case .integer(let number) = count, number < Int64(Int32.max) else {
            throw TarnError(
                .resourceExhausted, "A spine can have up to \(Int32.max - 1) rows. Cut it into several.")
        }
        guard let time = columns.first(where: { $0.name.lowercased() == timeColumn.lowercased() }) else {
            throw TarnError(
                .invalidInput,
                "The spine has no column '\(timeColumn)' with the events' times."
                    + "\(didYouMean(timeColumn, among: columns.map(\.name))) It has: "
                    + "\(columns.prefix(30).map(\.name).joined(separator: ", ")).",
                context: [("column", timeColumn)])
        }
        guard Self.timeTypes.contains(time.type) else {
            throw TarnError(
                .invalidInput,
                "The spine's column '\(time.name)' is of type \(time.type.name); event times must be timestamps or dates.",
                context: [("column", time.name)])
        }
        self.workspace = workspace
        self.columns = columns
        self.timeColumn = time.name
        rowCount = Int(number)
    }

    private static let timeTypes: [EngineType] = [
        .timestamp, .timestampTz, .timestampNs, .timestampMilliseconds, .timestampSeconds, .date,
    ]

    /// The column of that name, case ignored.
    package func column(_ name: String) -> (name: String, type: EngineType)? {
        columns.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Numbers the distinct keys of the spine and puts its events in order.
    ///
    /// - Parameters:
    ///   - keys: Columns of the spine; empty puts all events under one entity.
    ///   - role: Of the table that gets the keys with their numbers.
    /// - Returns: The index, and the range of the key where there is only one.
    /// - Throws: What the engine throws.
    func index(by keys: [String], role: String) async throws -> (index: SpineIndex, bounds: ColumnBounds?) {
        let (spine, table, rowCount) = (self.table, workspace.table(role), rowCount)
        let time = timeExpression
        return try await workspace.engine.onSessionThread { connection in
            var ids = [Int32](repeating: keys.isEmpty ? 0 : -1, count: rowCount)
            var times = [Int64](repeating: .min, count: rowCount)
            var entityCount = 1
            var bounds: ColumnBounds?
            if !keys.isEmpty {
                (entityCount, bounds) = try Self.numberKeys(keys, spine, table, connection)
            }
            let join = keys.map { "s.\(quoteIdentifier($0)) = e.\(quoteIdentifier($0))" }
            let sql =
                keys.isEmpty
                ? "SELECT s.rowid, 0::INTEGER, \(time) FROM \(spine) s"
                : "SELECT s.rowid, e.id, \(time) FROM \(spine) s JOIN \(table) e ON \(join.joined(separator: " AND "))"
            let result = try connection.stream(sql)
            while let chunk = try result.nextChunk() {
                let columns = chunk.columns
                guard let rows = columns[0].int64s, let entities = columns[1].int32s,
                    let values = columns[2].int64s
                else { throw TarnError(.internal, "The spine's events have unforeseen types.") }
                for row in 0..<chunk.rowCount where !columns[2].isNull(row) {
                    ids[Int(rows[row])] = entities[row]
                    times[Int(rows[row])] = values[row]
                }
            }
            return (SpineIndex(entityCount: entityCount, entityIDs: ids, eventTimes: times), bounds)
        }
    }

    /// Nanoseconds lose their last three digits; the other kinds widen.
    private var timeExpression: String {
        let column = "s." + quoteIdentifier(timeColumn)
        return switch self.column(timeColumn)?.type {
        case .timestamp, .timestampTz: column
        default: "CAST(\(column) AS TIMESTAMP)"
        }
    }

    private static func numberKeys(
        _ keys: [String], _ spine: String, _ table: String, _ connection: EngineConnection
    ) throws -> (count: Int, bounds: ColumnBounds?) {
        let names = keys.map(quoteIdentifier)
        let present = names.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        try connection.execute(
            """
            CREATE TABLE \(table) AS SELECT (row_number() OVER () - 1)::INTEGER AS id, * FROM (
                SELECT DISTINCT \(names.joined(separator: ", ")) FROM \(spine) WHERE \(present))
            """)
        let facts = try connection.execute(
            "SELECT count(*), min(\(names[0])), max(\(names[0])) FROM \(table)")
        guard let row = try facts.allRows().first, case .integer(let count) = row[0] else { return (0, nil) }
        let isSingle = keys.count == 1 && !row[1].isNull
        return (Int(count), isSingle ? ColumnBounds(minimum: row[1], maximum: row[2]) : nil)
    }
}
