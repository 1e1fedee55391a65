package import Base

extension CatalogService {
    /// The tables whose files lie in a folder: several names may stand for one external table.
    ///
    /// - Parameter location: As an entry has it, without a slash at its end.
    /// - Returns: All of them, of all catalogs.
    /// - Throws: What the metastore throws.
    package func tables(atLocation location: String) async throws(TarnError) -> [TableEntry] {
        let path = location.hasPrefix("file://") ? String(location.dropFirst(7)) : location
        let own = warehouse + "/"
        return try await read { rows in
            var ids = try [path, "file://" + path].flatMap {
                try rows.securables(.table, atLocation: $0).map(\.id)
            }
            // A managed table's folder is its id.
            if path.hasPrefix(own) { ids.append(String(path.dropFirst(own.count))) }
            return try ids.compactMap { try rows.table(id: $0) }
        }
    }
}
