package import Base
package import TableModel
import CDuckDB

/// The rows that a statement gave, read a chunk (up to 2,048 rows) at a time.
///
/// Stays on its session's thread, and ends with the closure that the connection was lent to.
package final class EngineResult {
    package private(set) var columnNames: [String] = []
    package private(set) var columnTypes: [EngineType] = []
    /// Rows inserted, updated, deleted or copied; 0 for other statements.
    package private(set) var changedRowCount: Int64 = 0
    package private(set) var kind: StatementKind = .other

    var raw = duckdb_result()
    // Both outlive the result: DuckDB's stream reads through them.
    private let connection: EngineConnection
    private var statement: EngineStatement?
    private let sql: String
    private var isOpen = true
    private var wasEndedByNextStatement = false

    init(connection: EngineConnection, statement: EngineStatement, sql: String) {
        self.connection = connection
        self.statement = statement
        self.sql = sql
    }

    deinit { if isOpen { duckdb_destroy_result(&raw) } }

    /// The next rows; `nil` after the last.
    ///
    /// - Throws: What the statement fails with while it runs; `.cancelled` if it was interrupted;
    ///   `.failedPrecondition` if the connection began another statement before this stream was read to its end.
    package func nextChunk() throws(TarnError) -> EngineChunk? {
        guard isOpen else {
            if wasEndedByNextStatement {
                throw TarnError(
                    .failedPrecondition,
                    "The result can no longer be read: its connection began another statement. "
                        + "Read it to its end first, or use a second session.")
            }
            return nil
        }
        try connection.interrupter.check()
        guard let chunk = duckdb_fetch_chunk(raw) else {
            try connection.interrupter.check()
            if let text = duckdb_result_error(&raw), text.pointee != 0 { throw failure() }
            release()
            return nil
        }
        if duckdb_data_chunk_get_size(chunk) == 0 {
            var empty: duckdb_data_chunk? = chunk
            duckdb_destroy_data_chunk(&empty)
            release()
            return nil
        }
        return EngineChunk(owning: chunk, types: columnTypes)
    }

    /// The place of a column, case ignored; `nil` if there is none.
    package func columnIndex(_ name: String) -> Int? {
        if let exact = columnNames.firstIndex(of: name) { return exact }
        let lowered = name.lowercased()
        return columnNames.firstIndex { $0.lowercased() == lowered }
    }

    /// Ends the statement early; a stream that is not read to its end keeps its resources until then.
    package func close() {
        guard isOpen else { return }
        wasEndedByNextStatement = true
        release()
    }

    private func release() {
        guard isOpen else { return }
        isOpen = false
        duckdb_destroy_result(&raw)
        statement = nil
    }

    func readColumns() {
        let count = duckdb_column_count(&raw)
        columnNames.reserveCapacity(Int(count))
        columnTypes.reserveCapacity(Int(count))
        for index in 0..<count {
            columnNames.append(duckdb_column_name(&raw, index).map { String(cString: $0) } ?? "")
            columnTypes.append(EngineType(owning: duckdb_column_logical_type(&raw, index)))
        }
        kind = StatementKind(duckdb_result_statement_type(raw))
        if duckdb_result_return_type(raw) == DUCKDB_RESULT_TYPE_CHANGED_ROWS {
            changedRowCount = Int64(duckdb_rows_changed(&raw))
        }
    }

    func failure() -> TarnError {
        let text =
            duckdb_result_error(&raw).map { String(cString: $0) } ?? "The statement failed without a reason."
        return EngineFailure(message: text, sql: sql).tarnError
    }
}

extension EngineResult {
    /// All rows as scalars, for results that are known to be small: settings, statistics, plans.
    ///
    /// - Throws: `.resourceExhausted` if there are more than `limit` rows.
    package func allRows(limit: Int = 100_000) throws(TarnError) -> [[Scalar]] {
        var rows: [[Scalar]] = []
        while let chunk = try nextChunk() {
            if rows.count + chunk.rowCount > limit {
                throw TarnError(
                    .resourceExhausted, "The result has more than \(limit) rows; read it by chunks.")
            }
            let columns = chunk.columns
            for row in 0..<chunk.rowCount { rows.append(columns.map { $0.scalar(row) }) }
        }
        return rows
    }

    /// The first column of the first row; `.null` if there is no row.
    package func firstScalar() throws(TarnError) -> Scalar {
        guard let chunk = try nextChunk(), !columnTypes.isEmpty else { return .null }
        return chunk.column(0).scalar(0)
    }
}
