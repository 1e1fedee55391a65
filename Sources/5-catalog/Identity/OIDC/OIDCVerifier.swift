package import Base

/// Checks the JWTs of an OIDC provider.
///
/// ```swift
/// let verifier = OIDCVerifier(rules, time: time) { try await client.get(jwksURL) }
/// let bearer = try await verifier.bearer(of: text)
/// ```
package struct OIDCVerifier: Sendable {
    /// What a JWT that holds says.
    package struct Bearer: Hashable, Sendable {
        package let name: String
        /// `nil` where the rules take no groups from tokens.
        package let groups: [String]?
        package let expiresMicroseconds: Int64
    }

    private let rules: OIDCRules
    private let keys: ProviderKeys
    private let time: any TimeSource

    /// A bearer in more groups than this is nobody's user.
    static let maximumGroups = 1000

    /// - Parameters:
    ///   - rules: Whose tokens are taken.
    ///   - time: The clock.
    ///   - fetch: Gets the JSON of the provider's key set.
    package init(
        _ rules: OIDCRules, time: any TimeSource, fetch: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.rules = rules
        self.time = time
        keys = ProviderKeys(time: time, fetch: fetch)
    }

    /// Who bears the token.
    ///
    /// - Parameter text: At most `IdentityService.longestCredential` bytes.
    /// - Returns: What it says.
    /// - Throws: `.unauthenticated`, whatever is wrong with it; `.storage` if the provider's keys were never to be had.
    package func bearer(of text: String) async throws(TarnError) -> Bearer {
        guard text.utf8.count <= IdentityService.longestCredential, let token = SignedToken(text) else {
            throw IdentityService.refusal
        }
        // What can be seen without a key comes first, so that foreign tokens cost no request to the provider.
        guard token.claims["iss"]?.string == rules.issuer, isForTarn(token), let expiry = expiry(of: token)
        else {
            throw IdentityService.refusal
        }
        guard try await keys.verify(token) else { throw IdentityService.refusal }
        guard let name = token.claims[rules.principalClaim]?.string, !name.isEmpty else {
            throw TarnError(
                .unauthenticated, "The token has no claim '\(rules.principalClaim)' that names its user.")
        }
        // An address that the provider has not verified could be anybody's.
        if rules.principalClaim == "email", token.claims["email_verified"]?.bool == false {
            throw TarnError(.unauthenticated, "The provider has not verified the email address in the token.")
        }
        return Bearer(name: name, groups: try groups(of: token), expiresMicroseconds: expiry)
    }

    private func isForTarn(_ token: SignedToken) -> Bool {
        switch token.claims["aud"] {
        case .string(let audience): audience == rules.audience
        case .array(let audiences): audiences.contains(.string(rules.audience))
        default: false
        }
    }

    /// When it ends; `nil` if it ended, does not say when, or has not begun.
    private func expiry(of token: SignedToken) -> Int64? {
        let now = time.nowMicroseconds()
        guard let end = Self.microseconds(token.claims["exp"]), end > now - rules.leewayMicroseconds else {
            return nil
        }
        for name in ["nbf", "iat"] {
            guard let value = token.claims[name] else { continue }
            guard let begin = Self.microseconds(value), begin <= now + rules.leewayMicroseconds else {
                return nil
            }
        }
        return end
    }

    /// A NumericDate (RFC 7519, section 2): seconds, maybe with a fraction.
    private static func microseconds(_ value: JSONValue?) -> Int64? {
        guard let seconds = value?.double, seconds.isFinite, seconds >= 0, seconds < 1e11 else { return nil }
        return Int64(seconds * 1_000_000)
    }

    private func groups(of token: SignedToken) throws(TarnError) -> [String]? {
        guard let claim = rules.groupsClaim else { return nil }
        let value = token.claims[claim] ?? .array([])
        let items = value.array ?? [value]
        let names = items.compactMap(\.string)
        if names.count < items.count || names.count > Self.maximumGroups {
            throw TarnError(
                .unauthenticated,
                "The token's claim '\(claim)' is no list of at most \(Self.maximumGroups) group names.")
        }
        return names
    }
}
