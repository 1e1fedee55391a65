package import Base
package import Metastore

/// Which versions of tables training sets need, so that they can be cut again and read as they were.
package enum TrainingSetPins {
    /// - Parameters:
    ///   - tables: The ids and full names of one table.
    ///   - metastore: Opened with `FeatureMigrations.all`.
    /// - Returns: Versions that rows were cut from, and those of training sets themselves; each once.
    /// - Throws: What the metastore throws.
    package static func versions(
        of tables: [(id: String, name: String)], in metastore: Metastore
    ) async throws(TarnError) -> [Int64] {
        let ids = Set(tables.map(\.id))
        let names = Set(tables.map { $0.name.lowercased() })
        let records = try await metastore.read { try FeatureRows(db: $0).trainingSets() }
        var versions: Set<Int64> = []
        for record in records {
            if ids.contains(record.tableID) { versions.insert(record.version) }
            for source in record.sources
            where source.tableID.map(ids.contains) ?? names.contains(source.table.lowercased()) {
                versions.insert(source.version)
            }
        }
        return versions.sorted()
    }
}
