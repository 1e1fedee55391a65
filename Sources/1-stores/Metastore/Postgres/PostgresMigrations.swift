import Base

/// The tables of the store itself, and which migrations have run.
enum PostgresMigrations {
    /// Makes the schema and the store's own tables, inside a writer's transaction.
    static func prepare(_ db: MetastoreConnection, _ connection: PostgresConnection, schema: String) throws {
        // IF NOT EXISTS asks for the right to make schemas even where there is nothing to make.
        let isThere: Int? = try db.value("SELECT 1 FROM pg_namespace WHERE nspname = ?", [schema])
        if isThere == nil { _ = try connection.query("CREATE SCHEMA \"\(schema)\"") }
        try db.script(
            """
            CREATE TABLE IF NOT EXISTS metastore_migrations (name TEXT NOT NULL PRIMARY KEY);
            -- One row: the number of the last write, and a random number that only that write has.
            CREATE TABLE IF NOT EXISTS metastore_state (
                id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL, nonce BIGINT NOT NULL
            );
            INSERT INTO metastore_state VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING;
            -- The random numbers of the last writes, so that a writer that lost its connection finds its own.
            CREATE TABLE IF NOT EXISTS metastore_commits (
                slot BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, nonce BIGINT NOT NULL
            );
            """)
    }

    static func applied(_ connection: PostgresConnection) throws -> [String] {
        let result = try connection.query("SELECT name FROM metastore_migrations")
        let names = result.columnNames()
        return try (0..<result.rowCount).map { try result.row($0, names)(0) }
    }

    /// - Throws: `.unsupported` when others than the known ones have run.
    static func missing(_ known: [String], _ applied: [String]) throws -> Set<String> {
        if !Set(applied).isSubset(of: known) { throw MetastoreFailure.madeByNewerVersion }
        return Set(known).subtracting(applied)
    }
}
