package import Base
import CDuckDB

/// Adds many rows to one of the engine's own tables, faster than `INSERT`.
///
/// ```swift
/// try connection.load(into: "t") { appender in
///     try appender.append(Int64(7))
///     try appender.append("seven")
///     try appender.endRow()
/// }
/// ```
///
/// Rows can be given value by value, or whole chunks at a time through `appendChunk`, which is several times faster.
/// Stays on its session's thread.
package final class EngineAppender {
    /// The types that rows must have, in order.
    package let columnTypes: [EngineType]
    /// Rows handed over so far.
    package private(set) var rowCount: Int64 = 0

    private var handle: duckdb_appender?
    private let connection: EngineConnection
    private let table: String
    private let writer: EngineChunkWriter
    private var row = 0
    private var column = 0

    init(
        connection: EngineConnection, catalog: String?, schema: String?, table: String, columns: [String]?
    ) throws(TarnError) {
        self.connection = connection
        self.table = table
        try connection.willRun(DUCKDB_STATEMENT_TYPE_INSERT)
        guard duckdb_appender_create_ext(connection.handle, catalog, schema, table, &handle) == DuckDBSuccess
        else {
            let error = Self.failure(of: handle)
            duckdb_appender_destroy(&handle)
            throw error
        }
        for name in columns ?? [] where duckdb_appender_add_column(handle, name) == DuckDBError {
            let error = Self.failure(of: handle)
            duckdb_appender_destroy(&handle)
            throw error
        }
        let handle = handle
        columnTypes = (0..<duckdb_appender_column_count(handle)).map {
            EngineType(owning: duckdb_appender_column_type(handle, $0))
        }
        writer = try EngineChunkWriter(types: columnTypes)
    }

    /// Rows that were not flushed are given up; `finish` is what adds them.
    deinit {
        duckdb_appender_clear(handle)
        duckdb_appender_destroy(&handle)
    }

    // MARK: Row by row

    package func append(_ value: Int64) throws(TarnError) {
        try next().set(row, value)
        column += 1
    }

    package func append(_ value: Double) throws(TarnError) {
        try next().set(row, value)
        column += 1
    }

    package func append(_ value: Bool) throws(TarnError) {
        try next().set(row, value)
        column += 1
    }

    package func append(_ value: String) throws(TarnError) {
        try next().set(row, value)
        column += 1
    }

    package func append(_ value: EngineValue) throws(TarnError) {
        try next().set(row, value)
        column += 1
    }

    package func appendNull() throws(TarnError) {
        try next().setNull(row)
        column += 1
    }

    /// Ends the row; rows go to the table 2,048 at a time.
    ///
    /// - Throws: `.invalidInput` if the row has too few values, or breaks a constraint of the table.
    package func endRow() throws(TarnError) {
        guard column == columnTypes.count else {
            throw TarnError(
                .invalidInput,
                "A row of \(table) needs \(columnTypes.count) values, and \(column) were given.",
                context: [("table", table)])
        }
        column = 0
        row += 1
        if row == EngineChunkWriter.capacity { try flushRows() }
    }

    private func next() throws(TarnError) -> EngineColumnWriter {
        guard column < columnTypes.count else {
            throw TarnError(
                .invalidInput, "A row of \(table) has \(columnTypes.count) values, and more were given.",
                context: [("table", table)])
        }
        return writer.columns[column]
    }

    private func flushRows() throws(TarnError) {
        if row == 0 { return }
        let count = row
        row = 0
        try add(writer.seal(rowCount: count), rowCount: count)
        writer.reset()
    }

    // MARK: Chunk by chunk

    /// Adds up to 2,048 rows, whose columns `fill` writes.
    ///
    /// - Parameters:
    ///   - rowCount: 1 to `EngineChunkWriter.capacity`.
    ///   - fill: Gets the columns in order; every row starts out as not null with an undefined value.
    /// - Throws: What `fill` throws; `.invalidInput` if a row breaks a constraint of the table.
    package func appendChunk(
        rowCount: Int, _ fill: ([EngineColumnWriter]) throws -> Void
    ) throws {
        precondition(rowCount > 0 && rowCount <= EngineChunkWriter.capacity, "a chunk has 1 to 2,048 rows")
        try flushRows()
        writer.reset()
        do { try fill(writer.columns) } catch {
            writer.reset()
            throw error
        }
        try add(writer.seal(rowCount: rowCount), rowCount: rowCount)
        writer.reset()
    }

    /// Adds the rows of a result's chunk, whose columns must have the table's types.
    package func append(_ chunk: EngineChunk) throws(TarnError) {
        try flushRows()
        try add(chunk.raw, rowCount: chunk.rowCount)
    }

    private func add(_ chunk: duckdb_data_chunk?, rowCount count: Int) throws(TarnError) {
        try connection.interrupter.check()
        if duckdb_append_data_chunk(handle, chunk) == DuckDBError { throw Self.failure(of: handle) }
        rowCount += Int64(count)
    }

    /// Hands everything to the table and ends the appender.
    ///
    /// - Throws: `.invalidInput` if a row breaks a constraint; rows that went before then stay, unless a transaction
    ///   holds them together (`EngineConnection.load` uses one).
    package func finish() throws(TarnError) {
        try flushRows()
        if duckdb_appender_close(handle) == DuckDBError {
            let error = Self.failure(of: handle)
            duckdb_appender_clear(handle)
            throw error
        }
    }

    private static func failure(of handle: duckdb_appender?) -> TarnError {
        var data = duckdb_appender_error_data(handle)
        defer { duckdb_destroy_error_data(&data) }
        let text =
            duckdb_error_data_message(data).map { String(cString: $0) } ?? "The rows could not be added."
        return EngineFailure(message: text, sql: nil).tarnError
    }
}

extension EngineConnection {
    /// Adds rows to a table; end with `finish`.
    ///
    /// - Parameters:
    ///   - table: Its name as it is, without quotes.
    ///   - schema: `nil` searches as SQL does.
    ///   - catalog: `nil` searches as SQL does.
    ///   - columns: The columns that the rows have; the others get their defaults. `nil` means all.
    /// - Returns: An appender without rows.
    /// - Throws: `.invalidInput` if there is no such table or column.
    package func appender(
        table: String, schema: String? = nil, catalog: String? = nil, columns: [String]? = nil
    ) throws(TarnError) -> EngineAppender {
        try EngineAppender(connection: self, catalog: catalog, schema: schema, table: table, columns: columns)
    }

    /// Adds rows to a table, all or none: an error anywhere leaves the table as it was.
    ///
    /// - Returns: How many rows were added.
    /// - Throws: What `body` throws, or the table refuses.
    @discardableResult
    package func load(
        into table: String, schema: String? = nil, catalog: String? = nil, columns: [String]? = nil,
        _ body: (EngineAppender) throws -> Void
    ) throws -> Int64 {
        try withTransaction {
            let appender = try appender(table: table, schema: schema, catalog: catalog, columns: columns)
            try body(appender)
            try appender.finish()
            return appender.rowCount
        }
    }
}
