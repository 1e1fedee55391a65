package import Metastore

/// The tables of tokens in the metastore; docs/identity.md describes them.
package enum IdentityMigrations {
    package static let all: [MetastoreMigration] = [
        MetastoreMigration(
            "identity-1",
            sql: """
                CREATE TABLE identity_tokens (
                    id TEXT NOT NULL PRIMARY KEY,
                    -- SHA-256 of the token, in hexadecimal; the token itself is kept nowhere.
                    hash TEXT NOT NULL UNIQUE,
                    principal_id TEXT NOT NULL REFERENCES catalog_principals (id) ON DELETE CASCADE,
                    -- 'personal' is made by hand, 'session' was exchanged for other credentials.
                    kind TEXT NOT NULL CHECK (kind IN ('personal', 'session')),
                    -- Words with blanks between them.
                    scopes TEXT NOT NULL,
                    comment TEXT,
                    created_us INTEGER NOT NULL,
                    created_by TEXT NOT NULL,
                    expires_us INTEGER,
                    last_used_us INTEGER,
                    revoked_us INTEGER
                ) STRICT;
                CREATE INDEX identity_tokens_principal ON identity_tokens (principal_id);
                CREATE INDEX identity_tokens_expiry ON identity_tokens (expires_us) WHERE expires_us IS NOT NULL;
                """)
    ]
}
