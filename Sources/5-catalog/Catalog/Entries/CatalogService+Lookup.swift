package import Base
import Metastore

/// Tables by name, authorised: from what is known already where nothing was written since.
extension CatalogService {
    /// The table of that name, if the principal may see it.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - privileges: What the principal must be allowed to do with it; with any, USE CATALOG and USE SCHEMA as well.
    /// - Returns: The table.
    /// - Throws: `.notFound` with the nearest names that the principal may see; `.permissionDenied` naming the privilege
    ///   that is missing, if he may see the table.
    package func table(
        _ name: QualifiedName, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> TableEntry {
        let changes = try await metastore.changeToken()
        let needed = privileges.isEmpty ? privileges : privileges.union([.useCatalog, .useSchema])
        if let known = cache.table(name, changes) {
            let key = AccessCache.AccessKey(principal: principal, tableID: known.id)
            if let access = cache.access(key, changes), access.privileges.isSuperset(of: needed) {
                return known
            }
        }
        let (entry, access) = try await read { rows in
            let entry = try rows.requireTable(name)
            let access = try rows.access(to: entry.securable)
            if !access.privileges.isSuperset(of: needed) { try rows.require(needed, on: entry.securable) }
            return (entry, access)
        }
        let key = AccessCache.AccessKey(principal: principal, tableID: entry.id)
        cache.add(name, entry, key, access, changes)
        return entry
    }
}
