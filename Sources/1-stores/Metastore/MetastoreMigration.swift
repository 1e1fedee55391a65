/// One step in the life of the metastore's tables.
package struct MetastoreMigration: Sendable {
    /// Unique over all rooms, for ever: "catalog-1", "features-1".
    package let name: String
    package let migrate: @Sendable (MetastoreConnection) throws -> Void

    package init(_ name: String, _ migrate: @escaping @Sendable (MetastoreConnection) throws -> Void) {
        self.name = name
        self.migrate = migrate
    }

    /// A step that is SQL alone, one or more statements, in SQLite's words.
    package init(_ name: String, sql: String) {
        self.init(name) { db in try db.script(sql) }
    }
}
