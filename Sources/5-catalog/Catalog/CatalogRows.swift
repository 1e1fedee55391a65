import Base
import GRDB

/// The catalog's SQL: rows in and out of the metastore, no rules.
struct CatalogRows {
    let db: Database
    /// The absolute path of the folder of all managed tables.
    let warehouse: String

    // MARK: Reading

    func catalog(_ key: String) throws -> CatalogEntry? {
        try Row.fetchOne(db, sql: "SELECT * FROM catalog_catalogs WHERE name_key = ?", arguments: [key])
            .map(catalog)
    }

    func schema(_ key: String, in catalogID: String) throws -> SchemaEntry? {
        try Row.fetchOne(
            db, sql: Self.schemas + " WHERE s.catalog_id = ? AND s.name_key = ?", arguments: [catalogID, key]
        ).map(schema)
    }

    func schema(id: String) throws -> SchemaEntry? {
        try Row.fetchOne(db, sql: Self.schemas + " WHERE s.id = ?", arguments: [id]).map(schema)
    }

    func table(_ key: String, in schemaID: String) throws -> TableEntry? {
        try Row.fetchOne(
            db, sql: Self.tables + " WHERE t.schema_id = ? AND t.name_key = ?", arguments: [schemaID, key]
        ).map(table)
    }

    func table(id: String) throws -> TableEntry? {
        try Row.fetchOne(db, sql: Self.tables + " WHERE t.id = ?", arguments: [id]).map(table)
    }

    /// Up to `limit` entries after a name's key.
    func catalogs(after key: String, limit: Int) throws -> [CatalogEntry] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM catalog_catalogs WHERE name_key > ? ORDER BY name_key LIMIT ?",
            arguments: [key, limit]
        ).map(catalog)
    }

    func schemas(in catalogID: String, after key: String, limit: Int) throws -> [SchemaEntry] {
        try Row.fetchAll(
            db, sql: Self.schemas + " WHERE s.catalog_id = ? AND s.name_key > ? ORDER BY s.name_key LIMIT ?",
            arguments: [catalogID, key, limit]
        ).map(schema)
    }

    func tables(in schemaID: String, after key: String, limit: Int) throws -> [TableEntry] {
        try Row.fetchAll(
            db, sql: Self.tables + " WHERE t.schema_id = ? AND t.name_key > ? ORDER BY t.name_key LIMIT ?",
            arguments: [schemaID, key, limit]
        ).map(table)
    }

    /// The schemas of a catalog in which a table has this key; for hints.
    func schemasHolding(_ tableKey: String, in catalogID: String) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT s.name FROM catalog_tables t JOIN catalog_schemas s ON s.id = t.schema_id
                WHERE s.catalog_id = ? AND t.name_key = ? ORDER BY s.name_key LIMIT 3
                """, arguments: [catalogID, tableKey])
    }

    func isEmpty(catalogID: String) throws -> Bool {
        try !Self.exists(db, "SELECT 1 FROM catalog_schemas WHERE catalog_id = ? LIMIT 1", catalogID)
    }

    func isEmpty(schemaID: String) throws -> Bool {
        try !Self.exists(db, "SELECT 1 FROM catalog_tables WHERE schema_id = ? LIMIT 1", schemaID)
    }

    private static func exists(_ db: Database, _ sql: String, _ id: String) throws -> Bool {
        try Int.fetchOne(db, sql: sql, arguments: [id]) != nil
    }

    // MARK: Writing

    func insert(_ entry: CatalogEntry) throws {
        try db.execute(
            sql: "INSERT INTO catalog_catalogs VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.id, entry.name, NameRules.key(of: entry.name), entry.comment,
                Self.text(entry.properties),
                entry.createdMicroseconds, entry.updatedMicroseconds,
            ])
    }

    func insert(_ entry: SchemaEntry) throws {
        try db.execute(
            sql: "INSERT INTO catalog_schemas VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.id, entry.catalogID, entry.name, NameRules.key(of: entry.name), entry.comment,
                Self.text(entry.properties), entry.createdMicroseconds, entry.updatedMicroseconds,
            ])
    }

    func insert(_ entry: TableEntry) throws {
        try db.execute(
            sql: "INSERT INTO catalog_tables VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.id, entry.schemaID, entry.name.name, NameRules.key(of: entry.name.name),
                entry.kind.rawValue,
                entry.format.rawValue, entry.kind == .managed ? nil : entry.location, entry.comment,
                Self.text(entry.properties), entry.createdMicroseconds, entry.updatedMicroseconds,
            ])
    }

    /// Sets comment and properties of the row with that id.
    func update(
        _ kind: SecurableKind, id: String, comment: String?, properties: [String: String], at time: Int64
    ) throws {
        try db.execute(
            sql: "UPDATE \(Self.relation(kind)) SET comment = ?, properties = ?, updated_us = ? WHERE id = ?",
            arguments: [comment, Self.text(properties), time, id])
    }

    func rename(_ kind: SecurableKind, id: String, to name: String, at time: Int64) throws {
        try db.execute(
            sql: "UPDATE \(Self.relation(kind)) SET name = ?, name_key = ?, updated_us = ? WHERE id = ?",
            arguments: [name, NameRules.key(of: name), time, id])
    }

    /// Names a table anew and moves it, in one step: halfway it could meet another table's name.
    func rename(tableID: String, to name: String, in schemaID: String, at time: Int64) throws {
        try db.execute(
            sql:
                "UPDATE catalog_tables SET schema_id = ?, name = ?, name_key = ?, updated_us = ? WHERE id = ?",
            arguments: [schemaID, name, NameRules.key(of: name), time, tableID])
    }

    func delete(_ kind: SecurableKind, id: String) throws {
        try db.execute(sql: "DELETE FROM \(Self.relation(kind)) WHERE id = ?", arguments: [id])
    }

    private static func relation(_ kind: SecurableKind) -> String {
        switch kind {
        case .catalog: "catalog_catalogs"
        case .schema: "catalog_schemas"
        case .table: "catalog_tables"
        }
    }

    // MARK: Rows and values

    private static let schemas = """
        SELECT s.*, c.name AS catalog_name FROM catalog_schemas s
        JOIN catalog_catalogs c ON c.id = s.catalog_id
        """

    private static let tables = """
        SELECT t.*, s.name AS schema_name, c.name AS catalog_name FROM catalog_tables t
        JOIN catalog_schemas s ON s.id = t.schema_id JOIN catalog_catalogs c ON c.id = s.catalog_id
        """

    private func catalog(_ row: Row) throws -> CatalogEntry {
        CatalogEntry(
            id: row["id"], name: row["name"], comment: row["comment"], properties: try properties(row),
            createdMicroseconds: row["created_us"], updatedMicroseconds: row["updated_us"])
    }

    private func schema(_ row: Row) throws -> SchemaEntry {
        SchemaEntry(
            id: row["id"], catalogID: row["catalog_id"], catalog: row["catalog_name"], name: row["name"],
            comment: row["comment"], properties: try properties(row), createdMicroseconds: row["created_us"],
            updatedMicroseconds: row["updated_us"])
    }

    private func table(_ row: Row) throws -> TableEntry {
        let name = QualifiedName(catalog: row["catalog_name"], schema: row["schema_name"], name: row["name"])
        let id: String = row["id"]
        guard let kind = TableEntry.Kind(rawValue: row["kind"]),
            let format = TableEntry.Format(rawValue: row["format"])
        else {
            throw TarnError(
                .unsupported, "Table \(name) is of a kind or format that this version of Tarn does not know.")
        }
        let location: String? = row["location"]
        return TableEntry(
            id: id, schemaID: row["schema_id"], name: name, kind: kind, format: format,
            location: location ?? warehouse + "/" + id, comment: row["comment"],
            properties: try properties(row),
            createdMicroseconds: row["created_us"], updatedMicroseconds: row["updated_us"])
    }

    private static func text(_ properties: [String: String]) -> String {
        let members = properties.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        var bytes: [UInt8] = []
        JSONValue.object(JSONObject(members)).write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func properties(_ row: Row) throws -> [String: String] {
        let text: String = row["properties"]
        var properties: [String: String] = [:]
        let members = try? JSONValue.parse(text).object?.members
        guard let members else {
            throw TarnError(.corruptMetadata, "The properties of a catalog entry are damaged.")
        }
        for (name, value) in members { properties[name] = value.string }
        return properties
    }
}
