import Base

/// Names to entries; a name that is not there answers with the nearest ones.
extension CatalogRows {
    /// So many names are compared at most when a name is not found.
    private static let hintLimit = 10_000

    func requireCatalog(_ name: String) throws -> CatalogEntry {
        if let entry = try catalog(NameRules.key(of: name)), try sees(entry.securable) { return entry }
        let known = try securables(.catalog, in: Self.metastoreID, after: "", limit: Self.hintLimit)
            .filter { try sees($0) }.map(\.name)
        throw TarnError(
            .notFound, "Catalog \(quoted(name)) does not exist.\(didYouMean(name, among: known))",
            context: [("catalog", name)])
    }

    func requireSchema(_ name: String, in catalogName: String) throws -> SchemaEntry {
        let parent = try requireCatalog(catalogName)
        if let entry = try schema(NameRules.key(of: name), in: parent.id), try sees(entry.securable) {
            return entry
        }
        let known = try securables(.schema, in: parent.id, after: "", limit: Self.hintLimit)
            .filter { try sees($0) }.map(\.name)
        throw TarnError(
            .notFound,
            "Schema \(quoted(parent.name)).\(quoted(name)) does not exist.\(didYouMean(name, among: known))",
            context: [("schema", "\(quoted(parent.name)).\(quoted(name))")])
    }

    func requireTable(_ name: QualifiedName) throws -> TableEntry {
        let parent = try requireSchema(name.schema, in: name.catalog)
        if let entry = try table(NameRules.key(of: name.name), in: parent), try sees(entry.securable) {
            return entry
        }
        let full = QualifiedName(catalog: parent.catalog, schema: parent.name, name: name.name)
        let near = nearestNames(
            to: name.name,
            among: try securables(.table, in: parent.id, after: "", limit: Self.hintLimit)
                .filter { try sees($0) }.map(\.name))
        var candidates = near.map {
            QualifiedName(catalog: parent.catalog, schema: parent.name, name: $0).description
        }
        if candidates.isEmpty {
            candidates = try schemasHolding(NameRules.key(of: name.name), in: parent.catalogID)
                .filter { try sees($0.securable) && sees($0, table: NameRules.key(of: name.name)) }
                .map { QualifiedName(catalog: parent.catalog, schema: $0.name, name: name.name).description }
        }
        let hint = candidates.isEmpty ? "" : " Did you mean \(candidates.joined(separator: " or "))?"
        throw TarnError(
            .notFound, "Table \(full) does not exist.\(hint)", context: [("table", full.description)])
    }

    /// `nil` for what is not there, or not for this principal, where that is no error (`IF EXISTS`).
    func unlessAbsent<T>(_ isNoError: Bool, _ find: () throws -> T) throws -> T? {
        do { return try find() } catch let error as TarnError where isNoError && error.code == .notFound {
            return nil
        }
    }

    func refuseTakenCatalog(_ name: String, except id: String? = nil) throws {
        if let other = try catalog(NameRules.key(of: name)), other.id != id {
            throw Self.taken("Catalog \(quoted(other.name))", .catalog)
        }
    }

    func refuseTakenSchema(_ name: String, in catalogID: String, except id: String? = nil) throws {
        if let other = try schema(NameRules.key(of: name), in: catalogID), other.id != id {
            throw Self.taken("Schema \(other.fullName)", .schema)
        }
    }

    func refuseTakenTable(_ name: String, in schema: SchemaEntry, except id: String? = nil) throws {
        if let other = try table(NameRules.key(of: name), in: schema), other.id != id {
            throw Self.taken("Table \(other.name)", .table)
        }
    }

    private func sees(_ schema: SchemaEntry, table key: String) throws -> Bool {
        guard let table = try securable(.table, key: key, in: schema.id) else { return false }
        return try sees(table)
    }

    private static func taken(_ what: String, _ kind: SecurableKind) -> TarnError {
        TarnError(
            .alreadyExists, "\(what) exists already. Choose another name, or drop that \(kind) first.",
            context: [(kind.rawValue, what)])
    }

    private func quoted(_ name: String) -> String { QualifiedName.quotedIfNeeded(name) }
}
