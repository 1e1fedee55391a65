package import Metastore

/// The feature store's tables in the metastore; docs/feature-store.md describes them.
package enum FeatureMigrations {
    package static let all: [MetastoreMigration] = [
        MetastoreMigration(
            "features-1",
            sql: """
                -- One row. The revision grows with every change, so that others can see that there was one.
                CREATE TABLE feature_registry (
                    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                    revision INTEGER NOT NULL,
                    next_online_id INTEGER NOT NULL
                ) STRICT;
                INSERT INTO feature_registry VALUES (1, 0, 1);

                CREATE TABLE feature_objects (
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    definition TEXT NOT NULL,
                    -- Of views only: keys and features with their types, and the number of their online rows.
                    layout TEXT,
                    online_id INTEGER UNIQUE,
                    created_us INTEGER NOT NULL,
                    updated_us INTEGER NOT NULL,
                    PRIMARY KEY (kind, name)
                ) STRICT;

                -- What each view's online rows cover. A new layout has a new number and starts anew.
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
                """)
    ]
}
