import Metastore

extension CatalogMigrations {
    /// The tables of the commit coordinator; docs/unity-catalog.md describes them.
    static let commits: [MetastoreMigration] = [
        MetastoreMigration(
            "unity-1",
            sql: """
                -- The tables whose commits the catalog puts in order (Delta's feature catalogManaged).
                CREATE TABLE unity_managed_tables (
                    table_id TEXT NOT NULL PRIMARY KEY REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    -- The newest version that was ratified, and the newest up to which all are in _delta_log.
                    latest_version INTEGER NOT NULL,
                    published_version INTEGER NOT NULL CHECK (published_version <= latest_version)
                ) STRICT;

                -- Ratified commits, each a file in _delta_log/_staged_commits: all that are not published, and the last few
                -- that are, to know a commit that is sent twice.
                CREATE TABLE unity_commits (
                    table_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    version INTEGER NOT NULL,
                    file_name TEXT NOT NULL,
                    file_size INTEGER NOT NULL,
                    file_modified_ms INTEGER NOT NULL,
                    timestamp_ms INTEGER NOT NULL,
                    PRIMARY KEY (table_id, version)
                ) STRICT;

                -- Tables in the making: a client writes their first version, then they get their name.
                CREATE TABLE unity_staging_tables (
                    id TEXT NOT NULL PRIMARY KEY,
                    schema_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    -- NULL for the local owner's.
                    owner_id TEXT,
                    created_us INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX unity_staging_tables_created ON unity_staging_tables (created_us);
                """)
    ]
}
