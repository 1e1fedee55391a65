import Base
import Foundation

/// A JWT taken apart, before anything in it is believed (RFC 7515, section 7.1; RFC 7519).
struct SignedToken {
    let algorithm: String
    let keyID: String?
    let claims: JSONObject
    /// What the signature is over: header and payload as they were sent.
    let signedBytes: [UInt8]
    let signature: [UInt8]

    /// Whether a text has the form of a JWT, so that it is no token of Tarn's with a typing error.
    static func looksLikeOne(_ text: String) -> Bool {
        text.hasPrefix("eyJ") && text.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2
    }

    /// - Returns: `nil` if it is no JWT, or one that asks for more than is understood.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Self.decoded(parts[2]), !signature.isEmpty,
            let algorithm = header["alg"]?.string
        else { return nil }
        // Extensions that must be understood, and are not (RFC 7515, section 4.1.11).
        if header["crit"] != nil { return nil }
        if let type = header["typ"]?.string?.lowercased(), type != "jwt", type != "at+jwt" { return nil }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
        self.claims = claims
        self.signature = signature
        signedBytes = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// Base64 for URLs, without padding (RFC 7515, section 2).
    private static func decoded(_ text: Substring) -> [UInt8]? {
        guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain + padding).map(Array.init)
    }

    /// A member that is there twice would be read one way here and another way elsewhere.
    private static func object(_ text: Substring) -> JSONObject? {
        guard let bytes = decoded(text), let object = try? JSONValue.parse(bytes, maximumDepth: 16).object,
            Set(object.names).count == object.names.count
        else { return nil }
        return object
    }
}
