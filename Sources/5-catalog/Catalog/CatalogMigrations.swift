package import Metastore

/// The catalog's tables in the metastore; docs/catalog.md describes them.
package enum CatalogMigrations {
    package static let all: [MetastoreMigration] = [
        MetastoreMigration(
            "catalog-1",
            sql: """
                CREATE TABLE catalog_catalogs (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    name_key TEXT NOT NULL UNIQUE,
                    comment TEXT,
                    properties TEXT NOT NULL,
                    created_us INTEGER NOT NULL,
                    updated_us INTEGER NOT NULL
                ) STRICT;

                CREATE TABLE catalog_schemas (
                    id TEXT NOT NULL PRIMARY KEY,
                    catalog_id TEXT NOT NULL REFERENCES catalog_catalogs (id),
                    name TEXT NOT NULL,
                    name_key TEXT NOT NULL,
                    comment TEXT,
                    properties TEXT NOT NULL,
                    created_us INTEGER NOT NULL,
                    updated_us INTEGER NOT NULL,
                    UNIQUE (catalog_id, name_key)
                ) STRICT;

                CREATE TABLE catalog_tables (
                    id TEXT NOT NULL PRIMARY KEY,
                    schema_id TEXT NOT NULL REFERENCES catalog_schemas (id),
                    name TEXT NOT NULL,
                    name_key TEXT NOT NULL,
                    kind TEXT NOT NULL CHECK (kind IN ('managed', 'external')),
                    format TEXT NOT NULL,
                    -- NULL for a managed table: its folder is its id, so that the warehouse may move.
                    location TEXT CHECK ((location IS NULL) = (kind = 'managed')),
                    comment TEXT,
                    properties TEXT NOT NULL,
                    created_us INTEGER NOT NULL,
                    updated_us INTEGER NOT NULL,
                    UNIQUE (schema_id, name_key)
                ) STRICT;
                """)
    ]
}
