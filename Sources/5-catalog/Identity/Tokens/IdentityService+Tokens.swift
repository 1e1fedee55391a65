package import Base
package import Catalog
import Metastore

extension IdentityService {
    /// Sessions that ended so long ago are forgotten.
    private static let sessionRetention: Int64 = 24 * 3600 * 1_000_000
    /// No token lives longer than this: a hundred years.
    package static let longestLifetime = Duration.seconds(100 * 365 * 86400)

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - principal: Whose it is; a user or service principal of the catalog.
    ///   - lifetime: `nil` for one that never expires.
    ///   - scopes: What it is for.
    ///   - comment: For people.
    ///   - kind: By hand, or in exchange for other credentials.
    ///   - maker: Who makes it: the principal himself, or an administrator.
    /// - Returns: Its secret, which cannot be had again.
    /// - Throws: `.permissionDenied` for another's token, `.invalidInput` for a lifetime out of range.
    package func createToken(
        for principal: Principal, lifetime: Duration?, scopes: TokenScopes = .all, comment: String? = nil,
        kind: TokenEntry.Kind = .personal, by maker: Principal = .system
    ) async throws(TarnError) -> NewToken {
        if !maker.isAdministrator, maker.id != principal.id {
            throw TarnError(.permissionDenied, "Only administrators make tokens for others.")
        }
        if principal.isSystem {
            throw TarnError(
                .invalidInput, "The local owner has no tokens; name a user or a service principal.")
        }
        if let lifetime, lifetime <= .zero || lifetime > Self.longestLifetime {
            throw TarnError(.invalidInput, "A token's lifetime must be above 0 and at most 36500 days.")
        }
        let secret = TokenSecret(random)
        let now = time.nowMicroseconds()
        let entry = TokenEntry(
            id: random.uuid(), principalID: principal.id, principalName: principal.name, kind: kind,
            scopes: scopes, comment: comment, createdMicroseconds: now, createdBy: maker.name,
            expiresMicroseconds: lifetime.map {
                now + $0.components.seconds * 1_000_000 + $0.components.attoseconds / 1_000_000_000_000
            },
            lastUsedMicroseconds: nil, revokedMicroseconds: nil)
        let oldest = now - Self.sessionRetention
        let hash = secret.hash
        try await metastore.write { db in
            try db.execute("DELETE FROM identity_tokens WHERE kind = 'session' AND expires_us < ?", [oldest])
            try TokenRows.insert(entry, hash: hash, db)
        }
        return NewToken(entry: entry, secret: secret)
    }

    /// A page of tokens in the order of their ids.
    ///
    /// - Parameters:
    ///   - principalID: Whose; `nil` for everybody's.
    ///   - id: The last one of the page before.
    ///   - limit: At most so many.
    /// - Returns: An empty page after the last one.
    /// - Throws: What the metastore throws.
    package func tokens(
        of principalID: String? = nil, after id: String = "", limit: Int = 1000
    ) async throws(TarnError) -> [TokenEntry] {
        try await metastore.read { db in
            try TokenRows.list(principalID: principalID, after: id, limit: limit, db)
        }
    }

    /// Ends a session; a token that was made by hand is left as it is.
    package func endSession(_ id: String, by principal: Principal) async throws(TarnError) {
        let entry = try await metastore.read { db in try TokenRows.find(id: id, db) }
        if entry?.kind == .session { try await revokeToken(id, by: principal) }
    }

    /// Ends a token, at once and for every server on the metastore.
    ///
    /// - Parameters:
    ///   - id: As lists show it. Revoking twice changes nothing.
    ///   - principal: Who asks: the token's own principal, or an administrator. For others it is not there.
    /// - Returns: The token as it was.
    /// - Throws: `.notFound`.
    @discardableResult
    package func revokeToken(_ id: String, by principal: Principal = .system) async throws(TarnError)
        -> TokenEntry
    {
        let now = time.nowMicroseconds()
        return try await metastore.write { db in
            guard let entry = try TokenRows.find(id: id, db),
                principal.isAdministrator || entry.principalID == principal.id
            else {
                throw TarnError(
                    .notFound, "There is no token \(id). `tarn token list` shows the ids.",
                    context: [("token", id)])
            }
            try db.execute(
                "UPDATE identity_tokens SET revoked_us = ? WHERE id = ? AND revoked_us IS NULL", [now, id])
            return entry
        }
    }
}
