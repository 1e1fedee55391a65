package import Base
package import Catalog
package import Metastore
import Synchronization

/// Who asks: tokens to principals.
///
/// ```swift
/// let identity = IdentityService(metastore, catalog: catalog)
/// let token = try await identity.createToken(for: principal, lifetime: .seconds(3600))
/// let caller = try await identity.caller(showing: token.secret.text)
/// ```
///
/// A token that is unknown, expired or revoked, or whose principal is gone or deactivated, fails with the same words after
/// the same work.
package final class IdentityService: Sendable {
    let metastore: Metastore
    let catalog: CatalogService
    let time: any TimeSource
    let random: any RandomSource
    private let known = KnownCallers()
    /// When each token was last used, until it is written down.
    private let uses = Mutex<[String: Int64]>([:])
    private let provider = Mutex<(verifier: OIDCVerifier, makesUsers: Bool)?>(nil)

    /// Longer credentials are refused unread, in bytes.
    package static let longestCredential = 16 << 10

    /// - Parameters:
    ///   - metastore: Opened with `IdentityMigrations.all`.
    ///   - catalog: As the local owner sees it.
    ///   - time: For expiry.
    ///   - random: For secrets: the operating system's outside of tests.
    package init(
        _ metastore: Metastore, catalog: CatalogService, time: any TimeSource = SystemTimeSource(),
        random: any RandomSource = SystemRandomSource()
    ) {
        self.metastore = metastore
        self.catalog = catalog
        self.time = time
        self.random = random
    }

    /// The one answer to every credential that does not hold.
    package static var refusal: TarnError {
        TarnError(
            .unauthenticated,
            "The token is not valid: it is unknown, has expired or was revoked. Ask for a new one (tarn token create)."
        )
    }

    /// Who shows this credential.
    ///
    /// - Parameter credential: As it stands after `Bearer`.
    /// - Returns: His principal, and what the credential is for.
    /// - Throws: `.unauthenticated`, whatever is wrong with it; what the metastore throws.
    package func caller(showing credential: String) async throws(TarnError) -> Caller {
        if credential.utf8.count <= Self.longestCredential, SignedToken.looksLikeOne(credential),
            let found = provider.withLock({ $0 })
        {
            return try await caller(bearing: credential, found.verifier, makesUsers: found.makesUsers)
        }
        guard credential.utf8.count <= Self.longestCredential, let secret = TokenSecret(credential) else {
            throw Self.refusal
        }
        return try await caller(withTokenOf: secret.hash)
    }

    /// Takes the JWTs of an identity provider from now on.
    ///
    /// - Parameters:
    ///   - verifier: Checks them.
    ///   - makesUsers: Whether somebody whom Tarn does not know becomes a user; else he is refused.
    package func take(_ verifier: OIDCVerifier, makesUsers: Bool = false) {
        provider.withLock { $0 = (verifier, makesUsers) }
    }

    private func caller(
        bearing text: String, _ verifier: OIDCVerifier, makesUsers: Bool
    ) async throws(TarnError) -> Caller {
        let bearer = try await verifier.bearer(of: text)
        do {
            return Caller(
                principal: try await catalog.principal(named: bearer.name, inGroups: bearer.groups ?? []),
                scopes: .all, tokenID: nil)
        } catch  where error.code == .notFound {
            // The name is his own, proved by the signature: it gives nothing away.
            guard makesUsers, try await catalog.makeUserIfUnknown(bearer.name) else {
                throw TarnError(
                    .unauthenticated,
                    "The identity provider knows you as \(bearer.name); there is no active user of that name here. "
                        + "Ask an administrator to make one.")
            }
            return Caller(
                principal: try await catalog.principal(named: bearer.name, inGroups: bearer.groups ?? []),
                scopes: .all, tokenID: nil)
        }
    }

    private func caller(withTokenOf hash: [UInt8]) async throws(TarnError) -> Caller {
        let changes = try await metastore.changeToken()
        let now = time.nowMicroseconds()
        let caller: Caller
        if let found = known.caller(hash, at: now, changes) {
            caller = found
        } else {
            let found = try await metastore.read { db in try TokenRows.find(hash: hash, db) }
            guard let found, isEqualInConstantTime(Array(found.hash.utf8), Array(TokenRows.hex(hash).utf8)),
                found.entry.state(at: now) == .active
            else { throw Self.refusal }
            let principal: Principal
            do { principal = try await catalog.principal(id: found.entry.principalID) } catch
                where error.code == .notFound
            {
                throw Self.refusal
            }
            caller = Caller(principal: principal, scopes: found.entry.scopes, tokenID: found.entry.id)
            known.add(caller, hash, until: found.entry.expiresMicroseconds, changes)
        }
        if let id = caller.tokenID { uses.withLock { $0[id] = now } }
        return caller
    }

    /// Writes down when tokens were last used; to be called about once a minute, and in the end.
    package func writeUses() async throws(TarnError) {
        let taken = uses.withLock { uses in
            defer { uses = [:] }
            return uses
        }
        if taken.isEmpty { return }
        try await metastore.write { db in
            for (id, time) in taken.sorted(by: { $0.key < $1.key }) {
                try db.execute(
                    "UPDATE identity_tokens SET last_used_us = ? WHERE id = ? AND (last_used_us IS NULL OR last_used_us < ?)",
                    [time, id, time])
            }
        }
    }
}
