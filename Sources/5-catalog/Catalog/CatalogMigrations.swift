package import Metastore

/// The catalog's tables in the metastore; docs/catalog.md describes them.
package enum CatalogMigrations {
    package static let all: [MetastoreMigration] =
        [
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
                    """),
            // Every kind of object in one table, so that grants, tags and policies hang on one kind of id.
            MetastoreMigration("catalog-2", sql: governance),
            MetastoreMigration(
                "catalog-3",
                sql: """
                    INSERT INTO catalog_securables
                    SELECT id, 'catalog', 'metastore', name, name_key, NULL, comment, properties, NULL, '{}',
                        created_us, NULL, updated_us, NULL FROM catalog_catalogs;
                    INSERT INTO catalog_securables
                    SELECT id, 'schema', catalog_id, name, name_key, NULL, comment, properties, NULL, '{}',
                        created_us, NULL, updated_us, NULL FROM catalog_schemas;
                    INSERT INTO catalog_securables
                    SELECT id, 'table', schema_id, name, name_key, NULL, comment, properties, location,
                        '{"kind":"' || kind || '","format":"' || format || '"}', created_us, NULL, updated_us, NULL
                    FROM catalog_tables;
                    DROP TABLE catalog_tables;
                    DROP TABLE catalog_schemas;
                    DROP TABLE catalog_catalogs;
                    """),
        ] + objects + commits + [SearchIndex.migration, SearchIndex.terms]

    private static let governance = """
        CREATE TABLE catalog_principals (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('user', 'group', 'service_principal')),
            name TEXT NOT NULL,
            -- Users, groups and service principals share their names.
            name_key TEXT NOT NULL UNIQUE,
            display_name TEXT,
            -- What the identity provider calls it.
            external_id TEXT,
            active INTEGER NOT NULL,
            created_us INTEGER NOT NULL,
            updated_us INTEGER NOT NULL
        ) STRICT;
        INSERT INTO catalog_principals VALUES ('admins', 'group', 'admins', 'admins', NULL, NULL, 1, 0, 0);
        INSERT INTO catalog_principals VALUES ('account users', 'group', 'account users', 'account users', NULL, NULL, 1, 0, 0);

        CREATE TABLE catalog_members (
            group_id TEXT NOT NULL REFERENCES catalog_principals (id) ON DELETE CASCADE,
            member_id TEXT NOT NULL REFERENCES catalog_principals (id) ON DELETE CASCADE,
            PRIMARY KEY (group_id, member_id)
        ) STRICT;
        CREATE INDEX catalog_members_of ON catalog_members (member_id);

        CREATE TABLE catalog_securables (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            parent_id TEXT REFERENCES catalog_securables (id),
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            owner_id TEXT REFERENCES catalog_principals (id),
            comment TEXT,
            properties TEXT NOT NULL,
            -- NULL for a managed table: its folder is its id, so that the warehouse may move.
            location TEXT,
            detail TEXT NOT NULL,
            created_us INTEGER NOT NULL,
            created_by TEXT,
            updated_us INTEGER NOT NULL,
            updated_by TEXT,
            UNIQUE (parent_id, kind, name_key)
        ) STRICT;
        CREATE INDEX catalog_securables_location ON catalog_securables (location) WHERE location IS NOT NULL;
        CREATE INDEX catalog_securables_owner ON catalog_securables (owner_id) WHERE owner_id IS NOT NULL;
        INSERT INTO catalog_securables
        VALUES ('metastore', 'metastore', NULL, 'metastore', 'metastore', NULL, NULL, '{}', NULL, '{}', 0, NULL, 0, NULL);

        -- The columns of a table as its log last had them, for those who ask the catalog only: a JSON array.
        CREATE TABLE catalog_columns (
            table_id TEXT NOT NULL PRIMARY KEY REFERENCES catalog_securables (id) ON DELETE CASCADE,
            columns TEXT NOT NULL
        ) STRICT;

        CREATE TABLE catalog_grants (
            securable_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
            principal_id TEXT NOT NULL REFERENCES catalog_principals (id) ON DELETE CASCADE,
            privilege TEXT NOT NULL,
            granted_by TEXT,
            created_us INTEGER NOT NULL,
            PRIMARY KEY (securable_id, principal_id, privilege)
        ) STRICT;
        CREATE INDEX catalog_grants_to ON catalog_grants (principal_id);

        -- column_key is empty for the object itself, else the column's physical name, or its name in lower case where the
        -- table has no column mapping: it stays through renames and holds for older versions.
        CREATE TABLE catalog_tags (
            securable_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
            column_key TEXT NOT NULL,
            tag_key TEXT NOT NULL,
            tag_value TEXT NOT NULL,
            created_by TEXT,
            created_us INTEGER NOT NULL,
            PRIMARY KEY (securable_id, column_key, tag_key)
        ) STRICT;
        CREATE INDEX catalog_tags_key ON catalog_tags (tag_key, tag_value);

        -- A row filter has an empty column_key; a column mask has its column's.
        CREATE TABLE catalog_policies (
            table_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
            column_key TEXT NOT NULL,
            function_id TEXT NOT NULL REFERENCES catalog_securables (id),
            -- A JSON array: for each argument {"column": key} or {"constant": "SQL literal"}.
            arguments TEXT NOT NULL,
            created_by TEXT,
            created_us INTEGER NOT NULL,
            PRIMARY KEY (table_id, column_key)
        ) STRICT;
        CREATE INDEX catalog_policies_function ON catalog_policies (function_id);

        -- Policies for whatever carries a tag, below a catalog, a schema or a table.
        CREATE TABLE catalog_tag_policies (
            id TEXT NOT NULL PRIMARY KEY,
            scope_id TEXT NOT NULL REFERENCES catalog_securables (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('row_filter', 'column_mask')),
            function_id TEXT NOT NULL REFERENCES catalog_securables (id),
            -- JSON: tag key and value to match, whom it holds for, who is exempt.
            definition TEXT NOT NULL,
            created_by TEXT,
            created_us INTEGER NOT NULL,
            UNIQUE (scope_id, name_key)
        ) STRICT;
        CREATE INDEX catalog_tag_policies_function ON catalog_tag_policies (function_id);
        """
}
