/// What a write leaves in the metastore to be recognised by: the number that it raised the version to, and a number that
/// no other write has.
struct CommitMark {
    private let version: Int64
    private let nonce: Int64

    /// Marks that are kept.
    ///
    /// A writer that looks for its own only later than so many writes does not learn its fate.
    private static let slots = 1024

    /// Raises the version, inside the write's transaction.
    static func leave(_ connection: PostgresConnection) throws -> CommitMark {
        let nonce = Int64.random(in: .min ... .max)
        let result = try connection.execute(
            """
            WITH raised AS (
                UPDATE metastore_state SET version = version + 1, nonce = ? WHERE id = 1 RETURNING version, nonce
            )
            INSERT INTO metastore_commits (slot, version, nonce)
            SELECT version % \(slots), version, nonce FROM raised WHERE true
            ON CONFLICT (slot) DO UPDATE SET version = excluded.version, nonce = excluded.nonce RETURNING version
            """, PostgresArguments([.integer(nonce)]))
        guard result.rowCount == 1 else { throw MetastoreFailure.damaged }
        return CommitMark(version: try result.row(0, result.columnNames())(0), nonce: nonce)
    }

    /// Whether the write is there; `nil` when too many came after it.
    func isCommitted(_ connection: PostgresConnection) throws -> Bool? {
        let result = try connection.execute(
            "SELECT version, nonce FROM metastore_commits WHERE slot = ?",
            PostgresArguments([.integer(version % Int64(Self.slots))]))
        guard result.rowCount == 1 else { return false }
        let row = result.row(0, result.columnNames())
        let found: (version: Int64, nonce: Int64) = (try row(0), try row(1))
        if found.version > version { return nil }
        return found.version == version && found.nonce == nonce
    }

    /// The token of the last write.
    ///
    /// The random number tells apart what followed after a standby without the last
    /// writes took over: the versions are then given a second time.
    static func latest(_ connection: PostgresConnection) throws -> MetastoreChangeToken {
        let result = try connection.execute(
            "SELECT version, nonce FROM metastore_state WHERE id = 1", PostgresArguments([]))
        guard result.rowCount == 1 else { throw MetastoreFailure.damaged }
        let row = result.row(0, result.columnNames())
        return MetastoreChangeToken(parts: [try row(0), try row(1)])
    }
}
