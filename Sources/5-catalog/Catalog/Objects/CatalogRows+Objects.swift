import Base
import Metastore

/// Names to objects of whatever kind lies in a schema; what the principal may not see is not there for him.
extension CatalogRows {
    /// So many names are compared at most when a name is not found.
    private static let hintLimit = 1_000

    /// An object in a schema with the schema.
    func requireObject(
        _ kind: SecurableKind, _ name: QualifiedName
    ) throws -> (object: Securable, schema: SchemaEntry) {
        let parent = try requireSchema(name.schema, in: name.catalog)
        if let found = try securable(kind, key: NameRules.key(of: name.name), in: parent.id), try sees(found)
        {
            return (found, parent)
        }
        let known = try securables(kind, in: parent.id, after: "", limit: Self.hintLimit)
            .filter { try sees($0) }.map(\.name)
        let near = nearestNames(to: name.name, among: known).map {
            QualifiedName(catalog: parent.catalog, schema: parent.name, name: $0).description
        }
        let full = QualifiedName(catalog: parent.catalog, schema: parent.name, name: name.name).description
        let hint = near.isEmpty ? "" : " Did you mean \(near.joined(separator: " or "))?"
        throw TarnError(
            .notFound, "\(kind.description.capitalizedFirst) \(full) does not exist.\(hint)",
            context: [(kind.rawValue, full)])
    }

    /// An object that lies in the metastore itself: an external location, a credential.
    func requireRootObject(_ kind: SecurableKind, _ name: String) throws -> Securable {
        if let found = try securable(kind, key: NameRules.key(of: name), in: Self.metastoreID),
            try sees(found)
        {
            return found
        }
        let known = try securables(kind, in: Self.metastoreID, after: "", limit: Self.hintLimit)
            .filter { try sees($0) }.map(\.name)
        throw TarnError(
            .notFound,
            "\(kind.description.capitalizedFirst) \(QualifiedName.quotedIfNeeded(name)) does not exist.\(didYouMean(name, among: known))",
            context: [(kind.rawValue, name)])
    }

    func refuseTaken(
        _ kind: SecurableKind, _ name: String, in parentID: String, except id: String? = nil
    ) throws {
        guard let other = try securable(kind, key: NameRules.key(of: name), in: parentID), other.id != id
        else { return }
        throw TarnError(
            .alreadyExists,
            "\(kind.description.capitalizedFirst) \(QualifiedName.quotedIfNeeded(name)) exists already. "
                + "Choose another name, or drop that \(kind) first.")
    }

    /// The schema that an object lies in.
    func parentSchema(of object: Securable) throws -> SchemaEntry {
        guard let parentID = object.parentID, let schema = try schema(id: parentID) else {
            throw TarnError(.corruptMetadata, "A \(object.kind) of the catalog has no schema.")
        }
        return schema
    }

    /// The names of an object and of what it lies in, from the catalog down; empty for the metastore.
    func nameParts(of object: Securable) throws -> [String] {
        try chain(of: object).filter { $0.kind != .metastore }.map(\.name).reversed()
    }

    /// As one writes it, with quotes where they are needed.
    func fullName(of object: Securable) throws -> String {
        object.kind == .metastore
            ? "metastore"
            : try nameParts(of: object).map(QualifiedName.quotedIfNeeded).joined(separator: ".")
    }
}

extension String {
    /// With its first letter in upper case, for the start of a sentence.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
