package import Base

extension CatalogService {
    /// Those of some tables that are there and that the one who asks may see, by their ids.
    package func visibleTables(ids: some Collection<String>) async throws(TarnError) -> [String: TableEntry] {
        let ids = Array(ids)
        if ids.isEmpty { return [:] }
        return try await read { rows in
            var found: [String: TableEntry] = [:]
            for id in ids {
                guard let entry = try rows.table(id: id), try rows.sees(entry.securable) else { continue }
                found[id] = entry
            }
            return found
        }
    }
}
