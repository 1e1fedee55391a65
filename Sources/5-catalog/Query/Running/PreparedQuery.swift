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
    /// For finding out where its columns come from; `nil` where that cannot be known.
    var question: ColumnDerivation.Question?

    /// The tables that have a row filter or a mask for the one who asks.
    var governed: Set<String> = []

    package var sql: String { text.text }

    /// An engine's error in terms of the user's text; `shift` is how far behind the start of what ran the query stood.
    package func inUsersTerms(_ error: any Error, shift: Int = 0) -> any Error {
        guard let error = error as? TarnError else { return error }
        if !governed.isEmpty, let hidden = GovernedError.hiding(error, in: self, shift: shift) {
            return hidden
        }
        guard let position = error.context.first(where: { $0.name == "position" }).flatMap({ Int($0.value) })
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
        let leaves = resolved.flatMap(\.source.leaves)
        let filters = try await filters(leaves, of: resolved.map(\.source), planner: planner)
        var relations: [String] = []
        var resources: [any Sendable] = []
        var facts = ScanFacts()
        var governed: Set<String> = []
        var next = 0
        for (source, name, version) in resolved {
            var fact = ScanFacts.Table(
                name: name, version: version, filesScanned: 0, filesPruned: 0, filter: nil)
            for leaf in source.leaves {
                let filter = filters[next] == .always ? nil : filters[next]
                next += 1
                let relation = try await leaf.relation(filter)
                relations.append(relation.sql)
                resources += relation.resources
                if source.isGoverned { continue }
                fact.filesScanned += relation.filesScanned
                fact.filesPruned += relation.filesPruned
                if source.composite == nil { fact.filter = filter }
            }
            facts.tables.append(fact)
            if source.isGoverned { governed.insert(name) }
        }
        let run = try rewriter.run(
            relations: resolved.map(\.source).sql(over: relations),
            fullNames: resolved.map(\.source.fullName))
        return PreparedQuery(
            text: run.text, parameters: run.parameters, facts: facts, source: query.text,
            resources: resources, governed: governed)
    }

    /// One filter a leaf; planning is skipped where it cannot leave out a file.
    private func filters(
        _ leaves: [ResolvedSource], of resolved: [ResolvedSource], planner: PruningPlanner
    ) async throws -> [ScanFilter] {
        let nothing = leaves.map { _ in ScanFilter.always }
        guard tree.hasFilter || resolved.contains(where: { $0.composite != nil }),
            leaves.contains(where: { $0.schema != nil && $0.fileCount > 1 })
        else { return nothing }
        // Files read by path keep their place in the text; their columns are not known here.
        return try await plan(resolved, planner: planner) ?? nothing
    }

    /// One filter a leaf, found by planning over empty stand-ins; `nil` if that cannot be done.
    func plan(_ resolved: [ResolvedSource], planner: PruningPlanner) async throws -> [ScanFilter]? {
        guard !tree.tableFunctions.contains(where: { FunctionRules.fileReaders.contains($0.name) }) else {
            return nil
        }
        var schemas: [TableSchema] = []
        for leaf in resolved.flatMap(\.leaves) {
            guard let schema = leaf.schema else { return nil }
            schemas.append(schema)
        }
        let names = resolved.map(\.fullName)
        return try await planner.plan(schemas: schemas) {
            try rewriter.plan(relations: resolved.sql(over: $0), fullNames: names)
        }
    }
}
