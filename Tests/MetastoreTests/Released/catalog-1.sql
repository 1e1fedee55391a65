-- The metastore written by hand from the migrations catalog-1 and features-1 of df8a4cc (catalog-1, features-1), with a bit of everything in it.
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES ('catalog-1'), ('features-1');
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
    location TEXT CHECK ((location IS NULL) = (kind = 'managed')),
    comment TEXT,
    properties TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    UNIQUE (schema_id, name_key)
) STRICT;
CREATE TABLE feature_registry (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    next_online_id INTEGER NOT NULL
) STRICT;
CREATE TABLE feature_objects (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    layout TEXT,
    online_id INTEGER UNIQUE,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
CREATE TABLE feature_materializations (
    online_id INTEGER NOT NULL PRIMARY KEY,
    view TEXT NOT NULL,
    end_us INTEGER NOT NULL,
    source_table_id TEXT NOT NULL,
    source_version INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;
CREATE TABLE feature_training_sets (
    table_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    PRIMARY KEY (table_id, version)
) STRICT;
INSERT INTO catalog_catalogs VALUES
    ('c1', 'main', 'main', NULL, '{}', 1, 1), ('c2', 'Verkäufe', 'verkäufe', 'it''s "ours"', '{"a":"1"}', 2, 3);
INSERT INTO catalog_schemas VALUES
    ('s1', 'c1', 'default', 'default', NULL, '{}', 4, 4), ('s2', 'c2', 'Übersicht', 'übersicht', 'c', '{"b":"2"}', 5, 6);
INSERT INTO catalog_tables VALUES
    ('t1', 's1', 'Orders', 'orders', 'managed', 'delta', NULL, 'all of them', '{"k":"v"}', 7, 8),
    ('t2', 's2', 'a.b "c"', 'a.b "c"', 'external', 'delta', '/data/a b', NULL, '{}', 9, 9);
INSERT INTO feature_registry VALUES (1, 5, 3);
INSERT INTO feature_objects VALUES
    ('entity', 'driver', 1, '{"name":"driver"}', NULL, NULL, 10, 10),
    ('featureView', 'trips', 2, '{"name":"trips"}', '{"keys":[]}', 2, 11, 12);
INSERT INTO feature_materializations VALUES (2, 'trips', 13, 't1', 4, 1000, 14);
INSERT INTO feature_training_sets VALUES ('t1', 3, 'main.default.set', '{"r":1}', 15);
