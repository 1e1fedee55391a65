package import Base
import TableModel

extension EngineConnection {
    /// DuckDB's syntax tree of one or more SELECT statements (`json_serialize_sql`).
    ///
    /// Empty fields are kept: `deserialize` needs them.
    ///
    /// - Returns: An object with `statements`.
    /// - Throws: `.invalidInput` with position, line and column for a syntax error; `.unsupported` for a statement
    ///   that is no SELECT.
    package func serializeSelect(_ sql: String) throws(TarnError) -> JSONValue {
        // The serialiser takes C text: it would silently stop at a NUL.
        if sql.utf8.contains(0) { throw TarnError(.invalidInput, "The statement holds a NUL character.") }
        let text = try firstText("SELECT json_serialize_sql($1::VARCHAR)", [.string(sql)])
        let tree = try parse(text, of: "syntax tree")
        if tree["error"]?.bool != true { return tree }
        let kind = tree["error_type"]?.string ?? ""
        let message = tree["error_message"]?.string ?? "The statement could not be parsed."
        throw EngineFailure(kind: kind, message: message, byteOffset: tree["position"], sql: sql).tarnError
    }

    /// The SQL text of a syntax tree that `serializeSelect` gave, changed or not.
    package func deserialize(_ tree: JSONValue) throws(TarnError) -> String {
        try firstText("SELECT json_deserialize_sql($1::JSON)", [.string(tree.jsonText)])
    }

    /// The plan of a statement (`EXPLAIN (FORMAT json)`): what is pushed into each scan, row estimates.
    ///
    /// - Parameters:
    ///   - sql: One statement.
    ///   - parameters: For `?` and `$1`.
    /// - Returns: An array of plan nodes, each with `name`, `children` and `extra_info`.
    /// - Throws: What binding the statement throws; positions count in `sql`.
    package func explain(_ sql: String, _ parameters: [EngineValue] = []) throws(TarnError) -> JSONValue {
        let prefix = "EXPLAIN (FORMAT json) "
        let result: EngineResult
        do { result = try execute(prefix + sql, parameters) } catch {
            throw error.movedBack(bytes: prefix.utf8.count, sql: sql)
        }
        guard let chunk = try result.nextChunk(), let column = result.columnIndex("explain_value") else {
            throw TarnError(.internal, "The engine gave no plan.")
        }
        return try parse(chunk.column(column).text(0), of: "plan")
    }

    /// Splits a script into its statements and says what each does, without running any.
    ///
    /// - Throws: `.invalidInput` if the script does not parse.
    package func statementKinds(_ sql: String) throws(TarnError) -> [StatementKind] {
        let parts = try ExtractedStatements(sql, on: self)
        var kinds: [StatementKind] = []
        for index in 0..<parts.count { kinds.append(try parts.prepare(index).kind) }
        return kinds
    }

    /// Runs `body` in a transaction that is rolled back if it throws; inside an open one it just runs.
    package func withTransaction<T>(_ body: () throws -> T) throws -> T {
        let isOuter = try beginUnlessOpen()
        do {
            let value = try body()
            if isOuter { try endTransaction("COMMIT") }
            return value
        } catch {
            // The first error is the one to report; a failed statement may have ended the transaction already.
            if isOuter { _ = try? endTransaction("ROLLBACK") }
            throw error
        }
    }

    private func firstText(_ sql: String, _ parameters: [EngineValue]) throws(TarnError) -> String {
        guard case .string(let text) = try execute(sql, parameters).firstScalar() else {
            throw TarnError(.internal, "The engine gave no text.")
        }
        return text
    }

    private func parse(_ text: String, of what: String) throws(TarnError) -> JSONValue {
        do { return try JSONValue.parse(text, maximumDepth: 10_000) } catch {
            throw TarnError(.internal, "The engine's \(what) is no JSON.", cause: error)
        }
    }
}
