package import Base
import Metastore

/// The names of the owners of some objects.
package struct OwnerNames: Sendable {
    private let names: [String: String]

    init(_ names: [String: String]) { self.names = names }

    /// The owner's name; what nobody in particular owns is the administrators'.
    package func name(of securable: Securable) -> String {
        securable.ownerID.flatMap { names[$0] } ?? Principal.administrators
    }
}

extension CatalogService {
    /// The names of those who own these objects, in one transaction.
    package func ownerNames(of securables: [Securable]) async throws(TarnError) -> OwnerNames {
        let ids = Set(securables.compactMap(\.ownerID)).sorted()
        if ids.isEmpty { return OwnerNames([:]) }
        return try await read { rows in
            var names: [String: String] = [:]
            for id in ids {
                names[id] = try rows.db.value("SELECT name FROM catalog_principals WHERE id = ?", [id])
            }
            return OwnerNames(names)
        }
    }
}
