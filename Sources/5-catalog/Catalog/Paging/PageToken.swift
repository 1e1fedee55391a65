package import Base
import Crypto
import Foundation
import Metastore
import Synchronization

/// The secret of the metastore that seals page tokens; read once.
final class PageTokenKey: Sendable {
    let known = Mutex<SymmetricKey?>(nil)
}

/// Where a list goes on, for clients to carry: opaque, and good for the same list and the same principal only.
///
/// A place can be the name of an object that the principal may not see, so a token is not signed but sealed
/// (AES-GCM, with what was asked as associated data). base64url of nonce (12 bytes), sealed place, tag (16 bytes).
extension CatalogService {
    /// So long a token can get: the place is a name of at most 255 characters or a few.
    private static let longestToken = 8192

    /// The token for a place.
    ///
    /// - Parameters:
    ///   - place: `CatalogPage.next`; `nil` gives no token.
    ///   - query: All that tells this list from another: the kind of list, the parent's id, filters.
    /// - Returns: For `place(of:in:)` of any server of this metastore.
    /// - Throws: What the metastore throws.
    package func pageToken(_ place: String?, in query: [String]) async throws(TarnError) -> String? {
        guard let place else { return nil }
        let key = try await sealingKey()
        do {
            let box = try AES.GCM.seal(Data(place.utf8), using: key, authenticating: associated(query))
            guard let bytes = box.combined else {
                throw TarnError(.internal, "A page token could not be sealed.")
            }
            return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        } catch { throw TarnError(.internal, "A page token could not be sealed.", cause: error) }
    }

    /// The place that a token stands for.
    ///
    /// - Parameters:
    ///   - token: As a client gave it; `nil` and an empty one mean the first page.
    ///   - query: As for `pageToken`.
    /// - Returns: For `after:`; `nil` is the first page.
    /// - Throws: `.invalidInput` for a token that was made up, or that is from another list or for somebody else.
    package func place(of token: String?, in query: [String]) async throws(TarnError) -> String? {
        guard let token, !token.isEmpty else { return nil }
        let key = try await sealingKey()
        if token.utf8.count <= Self.longestToken,
            !token.utf8.contains(where: {
                [UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "=")].contains($0)
            }),
            let bytes = Data(
                base64Encoded: token.replacing("-", with: "+").replacing("_", with: "/")
                    + String(repeating: "=", count: (4 - token.utf8.count % 4) % 4)),
            let box = try? AES.GCM.SealedBox(combined: bytes),
            let place = try? AES.GCM.open(box, using: key, authenticating: associated(query)),
            let text = String(validating: place, as: UTF8.self)
        {
            return text
        }
        throw TarnError(
            .invalidInput,
            "The page token is not one of this list. Ask for the first page without a token, and then pass on each page's own."
        )
    }

    /// Each part with its length before it, so that no two queries look alike.
    private func associated(_ query: [String]) -> Data {
        ([principal.id] + query).reduce(into: Data()) { data, part in
            data.append(Data("\(part.utf8.count):".utf8))
            data.append(Data(part.utf8))
        }
    }

    private func sealingKey() async throws(TarnError) -> SymmetricKey {
        if let known = tokenKey.known.withLock({ $0 }) { return known }
        let kept: [UInt8]? = try await read { try $0.pageKey() }
        let secret: [UInt8]
        if let kept {
            secret = kept
        } else {
            let fresh = SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
            // Another server may have been faster; its key holds.
            secret = try await write { rows in
                try rows.db.execute(
                    "INSERT INTO catalog_keys (name, secret) VALUES ('page', ?) ON CONFLICT (name) DO NOTHING",
                    [fresh])
                return try rows.pageKey() ?? fresh
            }
        }
        let key = SymmetricKey(data: secret)
        tokenKey.known.withLock { $0 = key }
        return key
    }
}

extension CatalogRows {
    func pageKey() throws -> [UInt8]? {
        try db.value("SELECT secret FROM catalog_keys WHERE name = 'page'")
    }
}
