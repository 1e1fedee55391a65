/// Whose JWTs are taken, and what they say about their bearer.
package struct OIDCRules: Hashable, Sendable {
    /// What `iss` must be, to the letter.
    package var issuer: String
    /// What `aud` must be, or hold.
    package var audience: String
    /// The claim that names the principal.
    package var principalClaim: String
    /// The claim that lists the bearer's groups by name; `nil` takes none from the token.
    package var groupsClaim: String?
    /// How far the provider's clock may be from Tarn's, in microseconds.
    package var leewayMicroseconds: Int64

    package init(
        issuer: String, audience: String, principalClaim: String = "sub", groupsClaim: String? = nil,
        leewayMicroseconds: Int64 = 60_000_000
    ) {
        self.issuer = issuer
        self.audience = audience
        self.principalClaim = principalClaim
        self.groupsClaim = groupsClaim
        self.leewayMicroseconds = leewayMicroseconds
    }
}
