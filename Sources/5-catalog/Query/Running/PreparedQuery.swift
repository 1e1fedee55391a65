internal import Base
package import Engine
internal import TableModel

/// A query as the engine runs it.
package struct PreparedQuery: Sendable {
    let text: EditedText
    package let parameters: [EngineValue]
    package let facts: ScanFacts
    let source: SQLText
    /// What the text refers to: must live until the engine has planned it.
    var resources: [any Sendable] = []

    package var sql: String { text.text }

    /// An engine's error in terms of the user's text; `shift` is how far behind the start of what ran the query stood.
    package func inUsersTerms(_ error: any Error, shift: Int = 0) -> any Error {
        guard let error = error as? TarnError,
            let position = error.context.first(where: { $0.name == "position" }).flatMap({ Int($0.value) })
        else { return error }
        let kept = error.context.filter { !["position", "line", "column"].contains($0.name) }
        return sqlError(
            error.code, error.message, source, at: text.original(max(0, position - shift)),
            context: kept.map { ($0.name, $0.value) }, cause: error.cause)
    }
}

extension ParsedQuery {
    /// Prunes and rewrites, given what each of `sources` stands for, in their order.
    package func prepare(
        _ resolved: [(source: ResolvedSource, name: String, version: Int64?)], planner: PruningPlanner
    )
        async throws -> PreparedQuery
    {
        let filters = try await filters(resolved.map(\.source), planner: planner)
        var relations: [String] = []
        var resources: [any Sendable] = []
        var facts = ScanFacts()
        for (index, (source, name, version)) in resolved.enumerated() {
            let filter = filters[index] == .always ? nil : filters[index]
            let relation = try await source.relation(filter)
            relations.append(relation.sql)
            resources += relation.resources
            facts.tables.append(
                .init(
                    name: name, version: version, filesScanned: relation.filesScanned,
                    filesPruned: relation.filesPruned, filter: filter))
        }
        let run = try rewriter.run(relations: relations, fullNames: resolved.map(\.source.fullName))
        return PreparedQuery(
            text: run.text, parameters: run.parameters, facts: facts, source: query.text,
            resources: resources)
    }

    /// One filter a source; planning is skipped where it cannot leave out a file.
    private func filters(_ resolved: [ResolvedSource], planner: PruningPlanner) async throws -> [ScanFilter] {
        let nothing = resolved.map { _ in ScanFilter.always }
        guard tree.hasFilter, resolved.contains(where: { $0.schema != nil && $0.fileCount > 1 }) else {
            return nothing
        }
        // Files read by path keep their place in the text; their columns are not known here.
        return try await plan(resolved, planner: planner) ?? nothing
    }

    /// One filter a source, found by planning over empty stand-ins; `nil` if that cannot be done.
    func plan(_ resolved: [ResolvedSource], planner: PruningPlanner) async throws -> [ScanFilter]? {
        guard !tree.tableFunctions.contains(where: { FunctionRules.fileReaders.contains($0.name) }) else {
            return nil
        }
        var schemas: [TableSchema] = []
        for source in resolved {
            guard let schema = source.schema else { return nil }
            schemas.append(schema)
        }
        let names = resolved.map(\.fullName)
        return try await planner.plan(schemas: schemas) {
            try rewriter.plan(relations: $0, fullNames: names)
        }
    }
}
