import Metastore

extension CatalogMigrations {
    /// What objects that hold neither tables nor schemas need besides their rows.
    static let objects: [MetastoreMigration] = [
        MetastoreMigration(
            "catalog-objects-1",
            sql: """
                -- What a view or a function reads: it would break if that were dropped.
                CREATE TABLE catalog_dependencies (
                    dependant_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    depends_on_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    PRIMARY KEY (dependant_id, depends_on_id)
                ) STRICT;
                CREATE INDEX catalog_dependencies_on ON catalog_dependencies (depends_on_id);
                """),
        // A secret of this metastore: what seals the tokens that clients carry from page to page.
        MetastoreMigration(
            "catalog-objects-2",
            sql: """
                CREATE TABLE catalog_keys (
                    name TEXT NOT NULL PRIMARY KEY,
                    secret BLOB NOT NULL
                ) STRICT;
                """),
        MetastoreMigration(
            "catalog-objects-3",
            sql: """
                -- Of the table's log: an older version never replaces a newer one. NULL for what a client said.
                ALTER TABLE catalog_columns ADD COLUMN version INTEGER;
                """),
        MetastoreMigration(
            "catalog-objects-4",
            sql: """
                CREATE TABLE catalog_model_versions (
                    id TEXT NOT NULL PRIMARY KEY,
                    model_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    version INTEGER NOT NULL,
                    status TEXT NOT NULL,
                    source TEXT,
                    run_id TEXT,
                    comment TEXT,
                    created_us INTEGER NOT NULL,
                    created_by TEXT,
                    updated_us INTEGER NOT NULL,
                    updated_by TEXT,
                    UNIQUE (model_id, version)
                ) STRICT;
                CREATE TABLE catalog_model_aliases (
                    model_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    alias_key TEXT NOT NULL,
                    alias TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    PRIMARY KEY (model_id, alias_key)
                ) STRICT;

                -- Apart from the credentials themselves, so that no list of objects can show them.
                CREATE TABLE catalog_credential_secrets (
                    credential_id TEXT NOT NULL PRIMARY KEY REFERENCES catalog_securables (id) ON DELETE CASCADE,
                    secrets TEXT NOT NULL
                ) STRICT;
                """),
    ]
}
