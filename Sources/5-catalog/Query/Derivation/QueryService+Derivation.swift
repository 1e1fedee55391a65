extension QueryService {
    /// Which columns each column comes from that a statement wrote.
    ///
    /// It plans the statement's queries over empty stand-ins: no data is read. Takes some milliseconds, so it is for work
    /// on the side.
    ///
    /// - Parameter derivation: From the statement's facts.
    /// - Returns: One entry a pair of columns; none for a query that cannot be planned that way.
    package func derivedColumns(_ derivation: ColumnDerivation) async -> Set<DerivedColumn> {
        var found: Set<DerivedColumn> = []
        for part in derivation.parts {
            guard
                let origins = try? await planner.origins(
                    schemas: part.question.sources.map(\.schema), sql: part.question.sql)
            else { continue }
            let keys = part.question.sources.map { $0.keys() }
            func add(_ origins: Set<PlanOrigins.Origin>, _ target: String?) {
                for origin in origins where keys[origin.source].indices.contains(origin.column) {
                    let source = part.question.sources[origin.source]
                    found.insert(
                        DerivedColumn(
                            sourceID: source.id, sourceName: source.name,
                            sourceColumn: keys[origin.source][origin.column], target: target))
                }
            }
            for (target, origins) in zip(part.targets, origins.columns) {
                // An expression without a target of its own is a condition.
                add(origins, target)
            }
            add(origins.deciding, nil)
        }
        return found
    }
}
