import Base
import Foundation
import HTTPTypes
import Identity

/// Who may call a route.
enum RouteAccess: Sendable {
    /// Anybody: `/health`, and those that take credentials in their body.
    case open
    /// Whoever shows a token whose scopes hold the route's surface; everybody where the server needs none.
    case principal
}

/// Finds out who sent a request.
struct RequestAuthentication: Sendable {
    /// Whether a request without a token is refused; else it acts as the local owner.
    let isRequired: Bool
    let identity: @Sendable () async throws -> IdentityService

    /// Who sent it.
    ///
    /// - Throws: `.unauthenticated` without a valid token where one is needed; a token that does not hold is refused also
    ///   where none is needed.
    func caller(_ head: HTTPRequest) async throws -> Caller {
        guard let text = head.headerFields[.authorization] else {
            if !isRequired { return .owner }
            throw TarnError(
                .unauthenticated,
                "This server needs a token: send the header 'Authorization: Bearer TOKEN' "
                    + "(tarn token create makes one).")
        }
        guard let credential = Self.credential(in: text) else { throw IdentityService.refusal }
        return try await identity().caller(showing: credential)
    }

    /// The token of `Bearer TOKEN`, or the password of `Basic`, for clients that know nothing else.
    static func credential(in text: String) -> String? {
        guard let blank = text.firstIndex(of: " ") else { return nil }
        let rest = text[text.index(after: blank)...].trimmingCharacters(in: .whitespaces)
        switch text[..<blank].lowercased() {
        case "bearer": return rest.isEmpty ? nil : rest
        case "basic":
            guard rest.utf8.count <= 2 * IdentityService.longestCredential,
                let data = Data(base64Encoded: rest),
                let pair = String(validating: data, as: UTF8.self), let colon = pair.firstIndex(of: ":")
            else { return nil }
            return String(pair[pair.index(after: colon)...])
        default: return nil
        }
    }

    /// What a client needs to know to try again.
    static func challenge(hadToken: Bool) -> String {
        "Bearer realm=\"tarn\"" + (hadToken ? ", error=\"invalid_token\"" : "")
    }
}
