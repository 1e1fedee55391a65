package import Metastore

/// What the metastore knows of the audit log: that chains exist, and how far they reach, so that a chain cannot vanish
/// or lose its end unseen.
package enum AuditMigrations {
    package static let all: [MetastoreMigration] = [
        MetastoreMigration(
            "audit-1",
            sql: """
                CREATE TABLE audit_chains (
                    id TEXT NOT NULL PRIMARY KEY,
                    started_us INTEGER NOT NULL,
                    -- The newest line that was durable when this was written; 0 and the first hash at the start.
                    head_sequence INTEGER NOT NULL,
                    head_hash TEXT NOT NULL,
                    head_us INTEGER NOT NULL
                ) STRICT;

                -- Where the table of events lies, if its folder is not the home's own.
                CREATE TABLE audit_places (
                    name TEXT NOT NULL PRIMARY KEY,
                    location TEXT NOT NULL
                ) STRICT;
                """)
    ]
}
