package import Base

/// What a grant, a tag or an ownership is about: an object of a kind by its full name.
package struct SecurableReference: Hashable, Sendable, CustomStringConvertible {
    package let kind: SecurableKind
    /// From the catalog down; empty for the metastore.
    package let parts: [String]

    /// - Throws: `.invalidInput` unless there are as many parts as full names of the kind have.
    package init(_ kind: SecurableKind, parts: [String]) throws(TarnError) {
        if parts.count != kind.partCount || parts.contains(where: \.isEmpty) {
            let name = parts.map(QualifiedName.quotedIfNeeded).joined(separator: ".")
            let forms = ["", "name", "catalog.schema", "catalog.schema.name"]
            throw TarnError(
                .invalidInput,
                "\"\(name)\" is no full name of a \(kind). Write \(forms[min(kind.partCount, 3)]).",
                context: [("name", name)])
        }
        self.kind = kind
        self.parts = parts
    }

    /// - Parameters:
    ///   - kind: Of the object.
    ///   - fullName: Parts with dots between them, quoted where needed; whatever it is, for the metastore.
    /// - Throws: `.invalidInput` for a name with too few or too many parts.
    package init(_ kind: SecurableKind, fullName: String) throws(TarnError) {
        try self.init(kind, parts: kind == .metastore ? [] : try QualifiedName.parts(of: fullName))
    }

    package init(table name: QualifiedName) {
        kind = .table
        parts = [name.catalog, name.schema, name.name]
    }

    package static let metastore = SecurableReference(kind: .metastore)

    private init(kind: SecurableKind) {
        self.kind = kind
        parts = []
    }

    /// Quoted where needed; `metastore` for the metastore.
    package var fullName: String {
        kind == .metastore
            ? "metastore" : parts.map(QualifiedName.quotedIfNeeded).joined(separator: ".")
    }

    package var description: String { kind == .metastore ? fullName : "\(kind) \(fullName)" }
}

extension CatalogRows {
    /// The object of a kind and a full name, if the principal who asks may see it and all that it lies in.
    ///
    /// - Throws: `.notFound`, in the same words whether there is none or none for him.
    func securable(_ reference: SecurableReference) throws -> Securable {
        let parts = reference.parts
        switch reference.kind {
        case .metastore: return try metastore()
        case .catalog: return try requireCatalog(parts[0]).securable
        case .schema: return try requireSchema(parts[1], in: parts[0]).securable
        case .table:
            return try requireTable(QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2]))
                .securable
        case .volume, .function, .registeredModel:
            let name = QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2])
            return try requireObject(reference.kind, name).object
        case .externalLocation, .credential: return try requireRootObject(reference.kind, parts[0])
        }
    }
}

extension CatalogService {
    /// The object of a kind and a full name.
    ///
    /// - Parameters:
    ///   - reference: In any case.
    ///   - privileges: What the principal must be allowed to do with it; USE CATALOG and USE SCHEMA are not implied.
    /// - Returns: The object.
    /// - Throws: `.notFound` with near names, `.permissionDenied` naming the privilege that is missing.
    package func securable(
        _ reference: SecurableReference, requiring privileges: PrivilegeSet = []
    ) async throws(TarnError) -> Securable {
        try await read { rows in
            let found = try rows.securable(reference)
            if !privileges.isEmpty { try rows.require(privileges, on: found) }
            return found
        }
    }
}
