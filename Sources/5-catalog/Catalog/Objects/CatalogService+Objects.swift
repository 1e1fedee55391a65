package import Base
import Metastore

extension CatalogService {
    /// An object of any kind by the parts of its name, if the principal may see it.
    ///
    /// - Parameters:
    ///   - kind: Of the object.
    ///   - parts: As many names as `kind.partCount`, from the catalog down; none for the metastore.
    /// - Returns: What all kinds have in common.
    /// - Throws: `.notFound` with the nearest names, `.invalidInput` for another number of parts.
    package func securable(_ kind: SecurableKind, _ parts: [String]) async throws(TarnError) -> Securable {
        try await read { try $0.require(kind, parts) }
    }

    /// The names of an object and of what it lies in, from the catalog down; empty for the metastore.
    package func nameParts(of securable: Securable) async throws(TarnError) -> [String] {
        try await read { try $0.nameParts(of: securable) }
    }

    /// Changes comment and properties of an object of any kind.
    @discardableResult
    package func updateSecurable(
        _ kind: SecurableKind, _ parts: [String], _ changes: EntryChanges
    ) async throws(TarnError) -> Securable {
        let now = time.nowMicroseconds()
        return try await write { rows in
            try rows.change(rows.require(kind, parts), changes, at: now)
            return try rows.require(kind, parts)
        }
    }

    /// The name of who owns an object; the administrators own what nobody else does.
    package func ownerName(of securable: Securable) async throws(TarnError) -> String {
        guard let id = securable.ownerID else { return Principal.administrators }
        return try await read { rows in
            try rows.db.value("SELECT name FROM catalog_principals WHERE id = ?", [id])
                ?? Principal.administrators
        }
    }
}

extension CatalogRows {
    func require(_ kind: SecurableKind, _ parts: [String]) throws -> Securable {
        guard parts.count == kind.partCount else {
            throw TarnError(
                .invalidInput,
                "The name of a \(kind) has \(kind.partCount) parts, and \(parts.count) were given.")
        }
        switch kind {
        case .metastore: return try metastore()
        case .catalog: return try requireCatalog(parts[0]).securable
        case .externalLocation, .credential: return try requireRootObject(kind, parts[0])
        case .schema: return try requireSchema(parts[1], in: parts[0]).securable
        case .table:
            return try requireTable(QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2]))
                .securable
        case .volume, .function, .registeredModel:
            return try requireObject(
                kind, QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2])
            ).object
        }
    }
}
