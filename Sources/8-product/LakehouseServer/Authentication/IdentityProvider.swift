import AsyncHTTPClient
import Base
import Foundation
import Identity
import Lakehouse
import NIOCore
import NIOHTTP1

/// The OIDC provider of the settings: its rules, and how its keys are had.
enum IdentityProvider {
    static let timeout = TimeAmount.seconds(5)

    /// - Returns: `nil` if the settings name none.
    /// - Throws: `.invalidInput` for settings that do not go together.
    static func verifier(
        _ settings: LakehouseSettings.Authentication.OIDC, time: any TimeSource
    ) throws(TarnError) -> OIDCVerifier? {
        guard let issuer = settings.issuer else { return nil }
        guard let audience = settings.audience else {
            throw TarnError(
                .invalidInput,
                "auth.oidc.issuer needs auth.oidc.audience: without it the provider's tokens for any other program would hold here."
            )
        }
        var rules = OIDCRules(
            issuer: issuer, audience: audience, principalClaim: settings.principalClaim,
            groupsClaim: settings.groupsClaim)
        rules.leewayMicroseconds = Int64(settings.leewaySeconds) * 1_000_000
        if let place = settings.jwks, !place.contains("://") {
            guard FileManager.default.isReadableFile(atPath: place) else {
                throw TarnError(
                    .invalidInput,
                    "Cannot read the identity provider's keys in \(place) (setting auth.oidc.jwks).")
            }
            return OIDCVerifier(rules, time: time) {
                try await BlockingPool.files.run { Array(try Data(contentsOf: URL(filePath: place))) }
            }
        }
        try check(settings.jwks ?? issuer, settings.jwks == nil ? "auth.oidc.issuer" : "auth.oidc.jwks")
        let jwks = settings.jwks
        return OIDCVerifier(rules, time: time) {
            if let jwks { return try await get(jwks) }
            // OpenID Connect Discovery 1.0, section 4.
            let root = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
            let document = try JSONValue.parse(try await get(root + "/.well-known/openid-configuration"))
            guard document["issuer"]?.string == issuer, let place = document["jwks_uri"]?.string else {
                throw TarnError(.invalidInput, "The identity provider's configuration is another issuer's.")
            }
            try check(place, "jwks_uri")
            return try await get(place)
        }
    }

    /// Keys that come over an open network could be anybody's.
    private static func check(_ place: String, _ name: String) throws(TarnError) {
        let url = URL(string: place)
        if url?.scheme == "https" { return }
        if url?.scheme == "http", let host = url?.host(), ServerSafety.isLoopback(host) { return }
        throw TarnError(
            .invalidInput, "\(name) must be an https URL (http only on this machine), not '\(place)'.")
    }

    private static func get(_ place: String) async throws -> [UInt8] {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: place), timeout: timeout)
        guard response.status == .ok else {
            throw TarnError(.storage, "The identity provider answered with status \(response.status.code).")
        }
        return Array((try await response.body.collect(upTo: 1 << 20)).readableBytesView)
    }
}
