import Base
package import TableModel

/// The columns that a table's files are clustered by, as the log keeps them.
///
/// Delta protocol, "Clustered Table".
package enum ClusteringColumns {
    package static let domain = "delta.clustering"
    package static let feature = "clustering"

    /// The columns by their names in the files; `nil` for a table that is not clustered.
    package static func physical(_ snapshot: DeltaSnapshot) -> [ColumnPath]? {
        guard let text = snapshot.domains[domain]?.configuration, let json = try? JSONValue.parse(text),
            let columns = json["clusteringColumns"]?.array
        else { return nil }
        return columns.compactMap { column in
            if let name = column.string { return ColumnPath(name) }
            let parts = column.array?.compactMap(\.string) ?? []
            return parts.isEmpty ? nil : ColumnPath(parts)
        }
    }

    /// The columns by the names of the schema; `nil` for a table that is not clustered.
    package static func logical(_ snapshot: DeltaSnapshot) -> [ColumnPath]? {
        let mode = snapshot.columnMapping
        return physical(snapshot)?.map { path in
            var fields = snapshot.schema.fields
            return ColumnPath(
                path.parts.map { part in
                    guard let field = fields.first(where: { $0.physicalName(mode) == part }) else {
                        return part
                    }
                    if case .structure(let members) = field.type { fields = members } else { fields = [] }
                    return field.name
                })
        }
    }

    /// The action that keeps the columns; none of them means that nothing is clustered from now on.
    package static func domainMetadata(_ physical: [ColumnPath]) -> DomainMetadata {
        let columns = physical.map { JSONValue.array($0.parts.map { .string($0) }) }
        let json = JSONValue.object(["clusteringColumns": .array(columns), "domainName": .string(domain)])
        return DomainMetadata(domain: domain, configuration: json.jsonText)
    }
}
