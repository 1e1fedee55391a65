import Base
import Crypto
import Foundation
import Identity
import Synchronization

/// An identity provider in memory: signs what it is told to, and counts who asks for its keys.
final class FakeProvider: Sendable {
    static let issuer = "https://login.example.org/"
    static let audience = "tarn"

    struct Key: Sendable {
        let id: String
        let isEdwards: Bool
        let elliptic = P256.Signing.PrivateKey()
        let edwards = Curve25519.Signing.PrivateKey()

        var algorithm: String { isEdwards ? "EdDSA" : "ES256" }

        func sign(_ bytes: [UInt8]) throws -> [UInt8] {
            isEdwards
                ? Array(try edwards.signature(for: bytes))
                : Array(try elliptic.signature(for: bytes).rawRepresentation)
        }

        var json: JSONValue {
            let point = Array(elliptic.publicKey.rawRepresentation)
            return isEdwards
                ? .object([
                    "kty": .string("OKP"), "crv": .string("Ed25519"), "kid": .string(id),
                    "use": .string("sig"),
                    "alg": .string("EdDSA"),
                    "x": .string(base64URL(Array(edwards.publicKey.rawRepresentation))),
                ])
                : .object([
                    "kty": .string("EC"), "crv": .string("P-256"), "kid": .string(id), "use": .string("sig"),
                    "x": .string(base64URL(Array(point[..<32]))),
                    "y": .string(base64URL(Array(point[32...]))),
                ])
        }
    }

    private struct State {
        var keys: [Key] = []
        var extra: [JSONValue] = []
        var requests = 0
        var isDown = false
    }
    private let state = Mutex(State())

    init(_ keys: [Key] = [Key(id: "one", isEdwards: false)]) { state.withLock { $0.keys = keys } }

    var requests: Int { state.withLock { $0.requests } }
    func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
    func rotate(to keys: [Key]) { state.withLock { $0.keys = keys } }
    func add(_ key: JSONValue) { state.withLock { $0.extra.append(key) } }

    func fetch() throws -> [UInt8] {
        try state.withLock { state in
            state.requests += 1
            if state.isDown { throw TarnError(.storage, "down") }
            return JSONValue.object(["keys": .array(state.keys.map(\.json) + state.extra)]).jsonBytes
        }
    }

    func verifier(_ time: any TimeSource, _ change: (inout OIDCRules) -> Void = { _ in }) -> OIDCVerifier {
        var rules = OIDCRules(issuer: Self.issuer, audience: Self.audience)
        change(&rules)
        return OIDCVerifier(rules, time: time) { try self.fetch() }
    }

    /// Good claims, to be changed by the test.
    static func claims(_ time: any TimeSource, _ subject: String = "ada") -> JSONObject {
        let now = time.nowMicroseconds() / 1_000_000
        return [
            "iss": .string(issuer), "aud": .string(audience), "sub": .string(subject), "iat": .int(now),
            "exp": .int(now + 300),
        ]
    }

    static func token(
        _ claims: JSONObject, by key: Key, header change: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        var header: JSONObject = [
            "alg": .string(key.algorithm), "typ": .string("JWT"), "kid": .string(key.id),
        ]
        change(&header)
        let text =
            base64URL(JSONValue.object(header).jsonBytes) + "."
            + base64URL(JSONValue.object(claims).jsonBytes)
        return text + "." + base64URL(try key.sign(Array(text.utf8)))
    }
}

func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
        "=", with: "")
}
