import Base
import Foundation
import JWTKit

/// The public keys of a provider (RFC 7517), each with the algorithms that it may be used with.
///
/// Only signatures by key pairs: a secret (`oct`) is never taken, so no public key can be used as one.
struct KeySet: Sendable {
    struct Key: Sendable {
        let id: String?
        let verifiers: [String: any JWTAlgorithm]
    }

    let keys: [Key]

    /// More keys than this are no provider's.
    static let maximumKeys = 100
    /// Bytes of a whole set.
    static let maximumBytes = 1 << 20

    /// Reads a set; keys that are for something else, or of an unknown kind, are left out (RFC 7517, section 5).
    ///
    /// - Throws: `.invalidInput` if it is no set of keys, or has none that can be used.
    init(json: [UInt8]) async throws(TarnError) {
        guard json.count <= Self.maximumBytes,
            let items = (try? JSONValue.parse(json, maximumDepth: 16))?["keys"]?.array,
            items.count <= Self.maximumKeys
        else { throw TarnError(.invalidInput, "The identity provider's keys are no JSON Web Key Set.") }
        var keys: [Key] = []
        for item in items {
            if let key = await Self.key(item) { keys.append(key) }
        }
        if keys.isEmpty {
            throw TarnError(
                .invalidInput,
                "The identity provider's key set holds no key for RS256, PS256, ES256 or EdDSA signatures.")
        }
        self.keys = keys
    }

    /// What checks a signature by the algorithm and key that a token names.
    ///
    /// - Returns: `nil` if no key, or without a key id more than one, fits.
    func verifier(algorithm: String, keyID: String?) -> (any JWTAlgorithm)? {
        let fitting = keys.filter { keyID == nil || $0.id == keyID }.compactMap { $0.verifiers[algorithm] }
        return fitting.count == 1 ? fitting.first : nil
    }

    private static func key(_ item: JSONValue) async -> Key? {
        guard let object = item.object else { return nil }
        if let use = object["use"]?.string, use != "sig" { return nil }
        if let operations = object["key_ops"]?.array, !operations.contains(.string("verify")) { return nil }
        var verifiers: [String: any JWTAlgorithm] = [:]
        for name in algorithms(object) {
            // A key without a private part, and with exactly this algorithm.
            var public_ = object
            for part in ["d", "p", "q", "dp", "dq", "qi", "oth"] { public_[part] = nil }
            public_["alg"] = .string(name)
            public_["kid"] = .string("key")
            guard let jwk = try? JWK(json: JSONValue.object(public_).jsonText) else { continue }
            let collection = JWTKeyCollection()
            do {
                try await collection.add(jwk: jwk)
                verifiers[name] = try await collection.getKey(for: "key", alg: name)
            } catch { continue }
        }
        return verifiers.isEmpty ? nil : Key(id: object["kid"]?.string, verifiers: verifiers)
    }

    /// The algorithms that a key of this kind can be for; one only where the key says which.
    private static func algorithms(_ object: JSONObject) -> [String] {
        let possible: [String] =
            switch (object["kty"]?.string, object["crv"]?.string) {
            case ("RSA", _): ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
            case ("EC", "P-256"): ["ES256"]
            case ("EC", "P-384"): ["ES384"]
            case ("EC", "P-521"): ["ES512"]
            case ("OKP", "Ed25519"): ["EdDSA"]
            default: []
            }
        guard let named = object["alg"]?.string else { return possible }
        return possible.filter { $0 == named }
    }
}
