import Base
import Metastore

/// The catalog inside one transaction: what is there, as the principal who asks may see it.
struct CatalogRows {
    let db: MetastoreConnection
    /// The absolute path of the folder of all managed tables.
    let warehouse: String
    let principal: Principal

    /// The folder of all managed volumes, beside the warehouse.
    var volumes: String { Self.sibling("volumes", of: warehouse) }
    /// The folder of all models, beside the warehouse.
    var models: String { Self.sibling("models", of: warehouse) }

    static func sibling(_ name: String, of warehouse: String) -> String {
        guard let slash = warehouse.lastIndex(of: "/") else { return name }
        return warehouse[..<slash] + "/" + name
    }

    /// The id of the root of everything.
    static let metastoreID = "metastore"

    // MARK: Reading

    func catalog(_ key: String) throws -> CatalogEntry? {
        try securable(.catalog, key: key, in: Self.metastoreID).map(CatalogEntry.init)
    }

    func schema(_ key: String, in catalogID: String) throws -> SchemaEntry? {
        try securable(.schema, key: key, in: catalogID).map(schema)
    }

    func schema(id: String) throws -> SchemaEntry? {
        try securable(id: id).flatMap { $0.kind == .schema ? $0 : nil }.map(schema)
    }

    func table(_ key: String, in schema: SchemaEntry) throws -> TableEntry? {
        try securable(.table, key: key, in: schema.id).map { try table($0, in: schema) }
    }

    func table(id: String) throws -> TableEntry? {
        guard let found = try securable(id: id), found.kind == .table, let parentID = found.parentID,
            let schema = try schema(id: parentID)
        else { return nil }
        return try table(found, in: schema)
    }

    func schema(_ securable: Securable) throws -> SchemaEntry {
        guard let catalogID = securable.parentID, let catalog = try self.securable(id: catalogID) else {
            throw TarnError(.corruptMetadata, "A schema of the catalog has no catalog.")
        }
        return SchemaEntry(securable, catalog: catalog.name)
    }

    func table(_ securable: Securable, in schema: SchemaEntry) throws -> TableEntry {
        try TableEntry(securable, in: schema, warehouse: warehouse)
    }

    /// The schemas of a catalog in which a table has this key; for hints.
    func schemasHolding(_ tableKey: String, in catalogID: String) throws -> [SchemaEntry] {
        let ids: [String] = try db.column(
            """
            SELECT s.id FROM catalog_securables t JOIN catalog_securables s ON s.id = t.parent_id
            WHERE s.parent_id = ? AND t.kind = 'table' AND t.name_key = ? ORDER BY s.name_key LIMIT 3
            """, [catalogID, tableKey])
        return try ids.compactMap { try schema(id: $0) }
    }
}
