package import Base
import Catalog
import Metastore

/// Tokens in exchange for other credentials.
extension IdentityService {
    /// A session for the bearer of a JWT (RFC 8693).
    ///
    /// - Parameters:
    ///   - subjectToken: The provider's JWT; a token of Tarn's gives no other.
    ///   - lifetime: Of the session.
    /// - Returns: The session's token.
    /// - Throws: `.unauthenticated`.
    package func exchange(
        subjectToken: String, lifetime: Duration
    ) async throws(TarnError) -> NewToken {
        guard SignedToken.looksLikeOne(subjectToken) else { throw Self.refusal }
        let caller = try await caller(showing: subjectToken)
        return try await createToken(
            for: caller.principal, lifetime: lifetime, comment: "exchanged for a JWT", kind: .session,
            by: caller.principal)
    }

    /// A session for a program that shows its id and a secret (RFC 6749, section 4.4).
    ///
    /// - Parameters:
    ///   - clientID: A service principal's or user's name.
    ///   - secret: A token of his; the session is for what the token is for, and ends no later.
    ///   - lifetime: Of the session, at most.
    /// - Returns: The session's token.
    /// - Throws: `.unauthenticated` in the same words whichever of the two is wrong.
    package func session(
        clientID: String, secret: String, lifetime: Duration
    ) async throws(TarnError) -> NewToken {
        guard !SignedToken.looksLikeOne(secret) else { throw Self.refusal }
        let caller = try await caller(showing: secret)
        guard NameRules.key(of: clientID) == NameRules.key(of: caller.principal.name) else {
            throw Self.refusal
        }
        var lifetime = lifetime
        if let id = caller.tokenID, let end = try await expiry(ofToken: id) {
            lifetime = min(lifetime, .microseconds(max(1_000_000, end - time.nowMicroseconds())))
        }
        return try await createToken(
            for: caller.principal, lifetime: lifetime, scopes: caller.scopes, comment: "client credentials",
            kind: .session, by: caller.principal)
    }

    private func expiry(ofToken id: String) async throws(TarnError) -> Int64? {
        try await metastore.read { db in try TokenRows.find(id: id, db)?.expiresMicroseconds }
    }
}
