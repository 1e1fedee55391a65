package import Base
import CDuckDB

/// A text taken apart into its statements, each with its own piece of the text for error positions.
final class ExtractedStatements {
    private var handle: duckdb_extracted_statements?
    private let connection: EngineConnection
    private let sql: String
    let count: Int

    /// - Throws: `.invalidInput` if the text does not parse or holds no statement.
    init(_ sql: String, on connection: EngineConnection) throws(TarnError) {
        self.connection = connection
        self.sql = sql
        if let index = sql.utf8.firstIndex(of: 0) {
            let offset = sql.utf8.distance(from: sql.startIndex, to: index)
            throw TarnError(
                .invalidInput,
                "The statement holds a NUL character at byte \(offset), which SQL does not allow.",
                context: [("position", String(offset))])
        }
        count = Int(duckdb_extract_statements(connection.handle, sql, &handle))
        if count == 0 {
            let text = duckdb_extract_statements_error(handle).map { String(cString: $0) } ?? ""
            if text.isEmpty { throw TarnError(.invalidInput, "The text holds no SQL statement.") }
            throw EngineFailure(message: text, sql: sql).tarnError
        }
    }

    deinit { duckdb_destroy_extracted(&handle) }

    func prepare(_ index: Int) throws(TarnError) -> EngineStatement {
        try connection.interrupter.check()
        var prepared: duckdb_prepared_statement?
        guard
            duckdb_prepare_extracted_statement(connection.handle, handle, idx_t(index), &prepared)
                == DuckDBSuccess
        else {
            defer { duckdb_destroy_prepare(&prepared) }
            try connection.interrupter.check()
            let text = duckdb_prepare_error(prepared).map { String(cString: $0) } ?? ""
            throw EngineFailure(message: text, sql: sql).tarnError
        }
        return EngineStatement(handle: prepared, connection: connection, sql: sql)
    }
}

/// A prepared statement; like its connection, it stays on the session's thread.
package final class EngineStatement {
    private var handle: duckdb_prepared_statement?
    private let connection: EngineConnection
    private let sql: String

    init(handle: duckdb_prepared_statement?, connection: EngineConnection, sql: String) {
        self.handle = handle
        self.connection = connection
        self.sql = sql
    }

    deinit { duckdb_destroy_prepare(&handle) }

    package var parameterCount: Int { Int(duckdb_nparams(handle)) }

    /// The names of the parameters in order: `1`, `2` for `?` and `$1`, otherwise the name after the `$`.
    package var parameterNames: [String] {
        (0..<parameterCount).map { index in
            guard let name = duckdb_parameter_name(handle, idx_t(index + 1)) else { return String(index + 1) }
            defer { duckdb_free(UnsafeMutableRawPointer(mutating: name)) }
            return String(cString: name)
        }
    }

    /// Whether running it gives rows to read, rather than a count of changed rows or nothing.
    package var kind: StatementKind { StatementKind(duckdb_prepared_statement_type(handle)) }

    /// The result's columns, known before it runs where they do not depend on parameters; empty otherwise.
    package var columns: [(name: String, type: EngineType)] {
        (0..<duckdb_prepared_statement_column_count(handle)).map { index in
            var name = ""
            if let text = duckdb_prepared_statement_column_name(handle, index) {
                name = String(cString: text)
                duckdb_free(UnsafeMutableRawPointer(mutating: text))
            }
            return (name, EngineType(owning: duckdb_prepared_statement_column_logical_type(handle, index)))
        }
    }

    /// Runs it with these parameters; the result is all in memory.
    @discardableResult
    package func execute(
        _ parameters: [EngineValue] = [], named: [String: EngineValue] = [:]
    ) throws(TarnError) -> EngineResult {
        try bind(parameters, named: named)
        return try run(streaming: false)
    }

    /// Runs it with these parameters; rows are made while they are read.
    package func stream(
        _ parameters: [EngineValue] = [], named: [String: EngineValue] = [:]
    ) throws(TarnError) -> EngineResult {
        try bind(parameters, named: named)
        return try run(streaming: true)
    }

    func bind(_ parameters: [EngineValue], named: [String: EngineValue]) throws(TarnError) {
        duckdb_clear_bindings(handle)
        let wanted = parameterCount
        guard wanted == parameters.count + named.count else {
            throw TarnError(
                .invalidInput,
                """
                The statement has \(wanted) parameter\(wanted == 1 ? "" : "s") and \
                \(parameters.count + named.count) \(parameters.count + named.count == 1 ? "value was" : "values were") \
                given.
                """,
                context: [("parameters", String(wanted)), ("values", String(parameters.count + named.count))])
        }
        for (index, value) in parameters.enumerated() { try bind(value, at: idx_t(index + 1)) }
        for (name, value) in named {
            var index: idx_t = 0
            guard duckdb_bind_parameter_index(handle, &index, name) == DuckDBSuccess else {
                throw TarnError(
                    .invalidInput,
                    "The statement has no parameter $\(name).\(didYouMean(name, among: parameterNames))",
                    context: [("parameter", name)])
            }
            try bind(value, at: index)
        }
    }

    private func bind(_ value: EngineValue, at index: idx_t) throws(TarnError) {
        var made = try value.makeDuckDBValue()
        defer { duckdb_destroy_value(&made) }
        if duckdb_bind_value(handle, index, made) == DuckDBError {
            let text = duckdb_prepare_error(handle).map { String(cString: $0) } ?? "the value was refused"
            throw EngineFailure(message: text, sql: sql).tarnError
        }
    }

    func run(streaming: Bool) throws(TarnError) -> EngineResult {
        try connection.willRun(duckdb_prepared_statement_type(handle))
        var pending: duckdb_pending_result?
        let state =
            streaming
            ? duckdb_pending_prepared_streaming(handle, &pending) : duckdb_pending_prepared(handle, &pending)
        defer { duckdb_destroy_pending(&pending) }
        if state == DuckDBError {
            try connection.interrupter.check()
            let text = duckdb_pending_error(pending).map { String(cString: $0) } ?? ""
            throw EngineFailure(message: text, sql: sql).tarnError
        }
        // DuckDB forgot any earlier interrupt when the statement began, and remembers every later one.
        try connection.interrupter.check()
        let result = EngineResult(connection: connection, statement: self, sql: sql)
        if duckdb_execute_pending(pending, &result.raw) == DuckDBError {
            try connection.interrupter.check()
            throw result.failure()
        }
        result.readColumns()
        if streaming { connection.didOpenStream(result) }
        return result
    }
}

/// What a statement does, as far as callers tell statements apart.
package enum StatementKind: Hashable, Sendable {
    case select, insert, update, delete, merge, copy, create, drop, alter, explain, set, transaction, attach,
        other

    init(_ type: duckdb_statement_type) {
        self =
            switch type {
            case DUCKDB_STATEMENT_TYPE_SELECT, DUCKDB_STATEMENT_TYPE_RELATION, DUCKDB_STATEMENT_TYPE_CALL:
                .select
            case DUCKDB_STATEMENT_TYPE_INSERT: .insert
            case DUCKDB_STATEMENT_TYPE_UPDATE: .update
            case DUCKDB_STATEMENT_TYPE_DELETE: .delete
            case DUCKDB_STATEMENT_TYPE_MERGE_INTO: .merge
            case DUCKDB_STATEMENT_TYPE_COPY: .copy
            case DUCKDB_STATEMENT_TYPE_CREATE, DUCKDB_STATEMENT_TYPE_CREATE_FUNC: .create
            case DUCKDB_STATEMENT_TYPE_DROP: .drop
            case DUCKDB_STATEMENT_TYPE_ALTER: .alter
            case DUCKDB_STATEMENT_TYPE_EXPLAIN: .explain
            case DUCKDB_STATEMENT_TYPE_SET, DUCKDB_STATEMENT_TYPE_VARIABLE_SET, DUCKDB_STATEMENT_TYPE_PRAGMA:
                .set
            case DUCKDB_STATEMENT_TYPE_TRANSACTION: .transaction
            case DUCKDB_STATEMENT_TYPE_ATTACH, DUCKDB_STATEMENT_TYPE_DETACH: .attach
            default: .other
            }
    }
}
