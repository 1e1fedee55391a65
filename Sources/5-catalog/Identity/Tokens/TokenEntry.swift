import Base
import Catalog
import Metastore

/// What is kept about a token, for lists.
package struct TokenEntry: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Made by hand, for as long as its maker said.
        case personal
        /// Exchanged for other credentials, for an hour or so.
        case session
    }

    /// Where it stands in its life.
    package enum State: String, Hashable, Sendable { case active, expired, revoked }

    package let id: String
    package let principalID: String
    /// Its principal's name.
    package let principalName: String
    package let kind: Kind
    package let scopes: TokenScopes
    package let comment: String?
    package let createdMicroseconds: Int64
    package let createdBy: String
    /// `nil` never expires.
    package let expiresMicroseconds: Int64?
    /// At most a minute or two behind.
    package let lastUsedMicroseconds: Int64?
    package let revokedMicroseconds: Int64?

    package func state(at now: Int64) -> State {
        if revokedMicroseconds != nil { return .revoked }
        if let expiresMicroseconds, expiresMicroseconds <= now { return .expired }
        return .active
    }
}

/// A token that was just made, with its secret, which cannot be had again.
package struct NewToken: Sendable {
    package let entry: TokenEntry
    package let secret: TokenSecret

    package var id: String { entry.id }
    package var expiresMicroseconds: Int64? { entry.expiresMicroseconds }
    /// Rounded down; `nil` for one that never ends.
    package var lifetimeSeconds: Int64? {
        entry.expiresMicroseconds.map { ($0 - entry.createdMicroseconds) / 1_000_000 }
    }
}

/// The SQL of `identity_tokens`.
enum TokenRows {
    private static let select = """
        SELECT t.id, t.hash, t.principal_id, p.name, t.kind, t.scopes, t.comment, t.created_us, t.created_by,
            t.expires_us, t.last_used_us, t.revoked_us
        FROM identity_tokens t JOIN catalog_principals p ON p.id = t.principal_id
        """

    static func insert(_ entry: TokenEntry, hash: [UInt8], _ db: MetastoreConnection) throws {
        try db.execute(
            """
            INSERT INTO identity_tokens (id, hash, principal_id, kind, scopes, comment, created_us, created_by, expires_us)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.id, hex(hash), entry.principalID, entry.kind.rawValue,
                entry.scopes.words.joined(separator: " "), entry.comment, entry.createdMicroseconds,
                entry.createdBy, entry.expiresMicroseconds,
            ])
    }

    /// The token of that hash, with the hash as it is kept.
    static func find(hash: [UInt8], _ db: MetastoreConnection) throws -> (hash: String, entry: TokenEntry)? {
        guard let row = try db.row(select + " WHERE t.hash = ?", [hex(hash)]) else { return nil }
        return (try row("hash"), try entry(row))
    }

    static func find(id: String, _ db: MetastoreConnection) throws -> TokenEntry? {
        try db.row(select + " WHERE t.id = ?", [id]).map(entry)
    }

    static func list(
        principalID: String?, after id: String, limit: Int, _ db: MetastoreConnection
    ) throws -> [TokenEntry] {
        let filter = principalID == nil ? "" : " AND t.principal_id = ?"
        let arguments: [any MetastoreArgument] = [id] + (principalID.map { [$0] } ?? []) + [limit]
        return try db.rows(select + " WHERE t.id > ?\(filter) ORDER BY t.id LIMIT ?", arguments).map(entry)
    }

    private static func entry(_ row: MetastoreRow) throws -> TokenEntry {
        let scopes: String = try row("scopes")
        return TokenEntry(
            id: try row("id"), principalID: try row("principal_id"), principalName: try row("name"),
            kind: TokenEntry.Kind(rawValue: try row("kind")) ?? .personal,
            scopes: try TokenScopes(words: scopes.split(separator: " ").map(String.init)),
            comment: try row("comment"), createdMicroseconds: try row("created_us"),
            createdBy: try row("created_by"), expiresMicroseconds: try row("expires_us"),
            lastUsedMicroseconds: try row("last_used_us"), revokedMicroseconds: try row("revoked_us"))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
