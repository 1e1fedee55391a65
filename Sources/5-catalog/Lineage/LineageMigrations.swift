package import Metastore

/// The tables of lineage in the metastore; docs/lineage.md describes them.
package enum LineageMigrations {
    package static let all: [MetastoreMigration] = [
        MetastoreMigration(
            "lineage-1",
            sql: """
                CREATE TABLE lineage_nodes (
                    -- 'table:<catalog id>', or '<kind>:<namespace>|<name>' with bars in the namespace doubled.
                    node_key TEXT NOT NULL PRIMARY KEY,
                    kind TEXT NOT NULL,
                    catalog_id TEXT,
                    namespace TEXT NOT NULL,
                    -- Of a table: its last known name, for when it was dropped.
                    name TEXT NOT NULL,
                    -- Of a job that Tarn made up for statements: the key of what they write.
                    subject_key TEXT,
                    facets TEXT NOT NULL,
                    created_us INTEGER NOT NULL,
                    created_by TEXT NOT NULL,
                    updated_us INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX lineage_nodes_name ON lineage_nodes (namespace, name);

                CREATE TABLE lineage_edges (
                    source_key TEXT NOT NULL,
                    target_key TEXT NOT NULL,
                    -- '' where no job is known.
                    job_key TEXT NOT NULL,
                    first_us INTEGER NOT NULL,
                    last_us INTEGER NOT NULL,
                    times INTEGER NOT NULL,
                    source_version INTEGER,
                    target_version INTEGER,
                    statement_kind TEXT NOT NULL,
                    principal TEXT NOT NULL,
                    PRIMARY KEY (source_key, target_key, job_key)
                ) STRICT;
                CREATE INDEX lineage_edges_target ON lineage_edges (target_key);

                CREATE TABLE lineage_columns (
                    source_key TEXT NOT NULL,
                    -- The column's key: its name in lower case, or its physical name.
                    source_column TEXT NOT NULL,
                    target_key TEXT NOT NULL,
                    target_column TEXT NOT NULL,
                    first_us INTEGER NOT NULL,
                    last_us INTEGER NOT NULL,
                    times INTEGER NOT NULL,
                    PRIMARY KEY (source_key, source_column, target_key, target_column)
                ) STRICT;
                CREATE INDEX lineage_columns_target ON lineage_columns (target_key, target_column);

                CREATE TABLE lineage_job_tables (
                    job_key TEXT NOT NULL,
                    node_key TEXT NOT NULL,
                    -- 'in' or 'out'.
                    direction TEXT NOT NULL,
                    last_us INTEGER NOT NULL,
                    PRIMARY KEY (job_key, direction, node_key)
                ) STRICT;
                CREATE INDEX lineage_job_tables_node ON lineage_job_tables (node_key);

                CREATE TABLE lineage_runs (
                    run_id TEXT NOT NULL PRIMARY KEY,
                    job_key TEXT NOT NULL,
                    -- As OpenLineage's last event said: START, RUNNING, COMPLETE, ABORT, FAIL, OTHER.
                    state TEXT NOT NULL,
                    created_us INTEGER NOT NULL,
                    updated_us INTEGER NOT NULL,
                    started_us INTEGER,
                    ended_us INTEGER,
                    facets TEXT NOT NULL
                ) STRICT;
                CREATE INDEX lineage_runs_job ON lineage_runs (job_key, updated_us);

                CREATE TABLE lineage_events (
                    -- Run, type and time for run events, else a hash: what is sent twice is kept once.
                    event_key TEXT NOT NULL PRIMARY KEY,
                    time_us INTEGER NOT NULL,
                    job_key TEXT,
                    run_id TEXT,
                    event TEXT NOT NULL,
                    principal TEXT NOT NULL
                ) STRICT;
                CREATE INDEX lineage_events_time ON lineage_events (time_us);
                """)
    ]
}
