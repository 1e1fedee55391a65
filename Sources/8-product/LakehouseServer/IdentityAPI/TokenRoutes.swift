import Base
import Catalog
import Foundation
import HTTPTypes
import Identity
import Lakehouse

/// Tokens over HTTP: Unity Catalog's exchange and logout, OAuth's client credentials, and one's own tokens in
/// Databricks' words.
struct TokenRoutes: Sendable {
    let identity: @Sendable () async throws -> IdentityService
    let sessionSeconds: Int

    private static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
    private static let subjectTypes = [
        "urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt", accessToken,
    ]

    func makeRoutes() -> [Route] {
        let control = "/api/1.0/unity-control/auth"
        return [
            Route(.post, control + "/tokens", errors: .unity, access: .open) { try await exchange($0) },
            Route(.post, control + "/logout", errors: .unity, isReading: true) { try await logout($0) },
            Route(.post, "/oidc/v1/token", errors: .oauth, access: .open) { try await clientCredentials($0) },
            Route(.post, "/api/2.0/token/create", errors: .databricks) { try await create($0) },
            Route(.get, "/api/2.0/token/list", errors: .databricks) { try await list($0) },
            Route(.post, "/api/2.0/token/delete", errors: .databricks) { try await delete($0) },
        ]
    }

    /// A JWT of the identity provider for a session's token (RFC 8693).
    private func exchange(_ request: ServerRequest) async throws -> ServerResponse {
        let form = try FormBody(request)
        guard form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange" else {
            throw TarnError(
                .invalidInput, "'grant_type' must be urn:ietf:params:oauth:grant-type:token-exchange.")
        }
        if let type = form["requested_token_type"], type != Self.accessToken {
            throw TarnError(.invalidInput, "'requested_token_type' must be \(Self.accessToken).")
        }
        guard let type = form["subject_token_type"], Self.subjectTypes.contains(type) else {
            throw TarnError(
                .invalidInput,
                "'subject_token_type' must be one of \(Self.subjectTypes.joined(separator: ", ")).")
        }
        if form["actor_token"] != nil {
            throw TarnError(.unsupported, "Tokens for others ('actor_token') are not given.")
        }
        guard let subject = form["subject_token"], !subject.isEmpty else {
            throw TarnError(.invalidInput, "'subject_token' is missing.")
        }
        let token = try await identity().exchange(subjectToken: subject, lifetime: .seconds(sessionSeconds))
        return answer(token, issuedType: Self.accessToken)
    }

    private func clientCredentials(_ request: ServerRequest) async throws -> ServerResponse {
        let form = try FormBody(request)
        guard form["grant_type"] == "client_credentials" else {
            throw TarnError(.unsupported, "'grant_type' must be client_credentials.")
        }
        var (id, secret) = (form["client_id"], form["client_secret"])
        if let header = request.head.headerFields[.authorization] {
            (id, secret) = try Self.basic(header)
        }
        guard let id, let secret else { throw IdentityService.refusal }
        let token = try await identity().session(
            clientID: id, secret: secret, lifetime: .seconds(sessionSeconds))
        return answer(token, issuedType: nil)
    }

    /// Id and secret, each encoded as in a form (RFC 6749, section 2.3.1).
    private static func basic(_ header: String) throws(TarnError) -> (String?, String?) {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let data = Data(base64Encoded: String(parts[1])),
            let pair = String(validating: data, as: UTF8.self), let colon = pair.firstIndex(of: ":")
        else { throw IdentityService.refusal }
        return (
            String(pair[..<colon]).removingPercentEncoding,
            String(pair[pair.index(after: colon)...]).removingPercentEncoding
        )
    }

    private func answer(_ token: NewToken, issuedType: String?) -> ServerResponse {
        var body: JSONObject = [
            "access_token": .string(token.secret.text), "token_type": .string("Bearer"),
            "expires_in": .int(token.lifetimeSeconds ?? Int64(sessionSeconds)),
        ]
        if let issuedType {
            body["issued_token_type"] = .string(issuedType)
        } else {
            body["scope"] = .string("all-apis")
        }
        var response = ServerResponse.json(.object(body))
        // RFC 6749, section 5.1.
        response.headers.append((.cacheControl, "no-store"))
        return response
    }

    /// Ends the session whose token was shown; a token that was made by hand stays.
    private func logout(_ request: ServerRequest) async throws -> ServerResponse {
        if let id = request.caller.tokenID { try await identity().endSession(id, by: request.principal) }
        return .json(.object([:]))
    }

    // MARK: One's own tokens

    private func create(_ request: ServerRequest) async throws -> ServerResponse {
        let body = try request.json()
        guard body.object != nil else { throw TarnError(.invalidInput, "The request must be a JSON object.") }
        var lifetime: Duration?
        if let value = body["lifetime_seconds"], !value.isNull, value.int64 != -1 {
            guard let seconds = value.int64, seconds > 0, seconds < 1 << 40 else {
                throw TarnError(
                    .invalidInput, "'lifetime_seconds' must be a whole number above 0, or -1 for no end.")
            }
            lifetime = .seconds(seconds)
        }
        let comment = body["comment"]?.string.map { String($0.prefix(1000)) }
        // Never for more than the token that asks for it.
        let token = try await identity().createToken(
            for: request.principal, lifetime: lifetime, scopes: request.caller.scopes, comment: comment,
            by: request.principal)
        return .json(
            .object(["token_value": .string(token.secret.text), "token_info": Self.info(token.entry)]))
    }

    private func list(_ request: ServerRequest) async throws -> ServerResponse {
        var infos: [JSONValue] = []
        var last = ""
        while true {
            let page = try await identity().tokens(of: request.principal.id, after: last)
            infos += page.filter { $0.revokedMicroseconds == nil }.map(Self.info)
            guard let next = page.last?.id else { break }
            last = next
        }
        return .json(.object(["token_infos": .array(infos)]))
    }

    private func delete(_ request: ServerRequest) async throws -> ServerResponse {
        guard let id = try request.json()["token_id"]?.string else {
            throw TarnError(.invalidInput, "'token_id' is missing.")
        }
        try await identity().revokeToken(id, by: request.principal)
        return .json(.object([:]))
    }

    private static func info(_ token: TokenEntry) -> JSONValue {
        .object([
            "token_id": .string(token.id), "creation_time": .int(token.createdMicroseconds / 1000),
            "expiry_time": .int(token.expiresMicroseconds.map { $0 / 1000 } ?? -1),
            "comment": .string(token.comment ?? ""),
        ])
    }
}
