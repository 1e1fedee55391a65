internal import Base
package import Engine

/// A query with every outside name replaced by what the engine reads, for rooms that run it as a part of their own.
package struct ResolvedQuery: Sendable {
    /// Runs on the engine as it stands.
    package let sql: String
    package let parameters: [EngineValue]
    /// The tables behind it, with the versions that it reads.
    package let facts: ScanFacts
    /// What the SQL refers to: must live until its rows are read.
    package let resources: [any Sendable]
}

extension QueryService {
    /// Resolves, checks and prunes one SELECT without running it.
    ///
    /// - Parameters:
    ///   - sql: One query; a semicolon may follow.
    ///   - parameters: For `?`, `$1`, `$name` or `:name`.
    ///   - context: Who asks, and from which schema.
    /// - Returns: The query as the engine runs it.
    /// - Throws: As `run`; `.invalidInput` for any other statement.
    package func resolve(
        _ sql: String, parameters: SQLParameters = .none, context: QueryContext
    ) async throws -> ResolvedQuery {
        let text = try SQLText(sql)
        guard text.statements.count == 1 else {
            throw TarnError(
                .invalidInput, "Exactly one query is expected, and the text holds \(text.statements.count).")
        }
        let part = text.part(text.statements[0])
        var parser = StatementParser(part)
        guard case .query(let range) = try parser.parse() else {
            throw TarnError(
                .invalidInput, "A query (SELECT) is expected, and the text holds another statement.")
        }
        // What it gives runs on the caller's engine, beside the caller's own tables: it may not be a locked one.
        let call = StatementCall(
            service: self, room: rooms.open, text: part, parameters: parameters, context: context)
        let prepared = try await call.prepare(range)
        return ResolvedQuery(
            sql: prepared.sql, parameters: prepared.parameters, facts: prepared.facts,
            resources: prepared.resources)
    }
}
