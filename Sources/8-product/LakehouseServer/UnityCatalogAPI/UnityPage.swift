import Base
import Catalog
import Foundation

/// Which part of a list a request wants: `max_results` and `page_token`.
///
/// Without `max_results` a page is as large as may be, since several clients (DuckDB's extension among them) read the
/// first page only.
struct UnityPage: Sendable {
    let limit: Int
    /// Where the page begins; `nil` at the beginning.
    let after: String?
    /// What the list is of: a token is good for this list only.
    private let list: String

    /// - Parameters:
    ///   - call: Its query holds the two.
    ///   - list: The kind of the list and what it lies in.
    /// - Throws: `.invalidInput` for a number below 0 and for a token that this list did not give.
    init(_ call: UnityCall, of list: String...) throws(TarnError) {
        self.list = list.map { NameRules.key(of: $0) }.joined(separator: "\u{0}")
        var limit = CatalogService.largestPage
        if let text = call.query("max_results") {
            guard let number = Int(text), number >= 0 else {
                throw TarnError(
                    .invalidInput, "The query parameter 'max_results' must be a whole number of 0 or more.")
            }
            if number > 0 { limit = min(number, limit) }
        }
        self.limit = limit
        guard let token = call.query("page_token") else {
            after = nil
            return
        }
        guard let place = Self.place(in: token, of: self.list) else {
            throw TarnError(
                .invalidInput,
                "The query parameter 'page_token' is not from this list. Begin again without it.")
        }
        after = place
    }

    /// The member `next_page_token` where there is more.
    func token(_ next: String?) -> JSONValue? {
        guard let next else { return nil }
        var bytes = Self.mark(list, next)
        bytes.append(contentsOf: next.utf8)
        return .string(
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: ""))
    }

    /// `{"tables": [...], "next_page_token": "..."}`.
    func answer(_ name: String, _ entries: [JSONValue], next: String?) -> JSONValue {
        var answer: JSONObject = [name: .array(entries)]
        answer["next_page_token"] = token(next)
        return .object(answer)
    }

    private static func place(in token: String, of list: String) -> String? {
        if token.utf8.count > 2048 { return nil }
        var text = token.replacing("-", with: "+").replacing("_", with: "/")
        while text.utf8.count % 4 != 0 { text += "=" }
        guard let data = Data(base64Encoded: text), data.count > 8,
            let place = String(validating: data.dropFirst(8), as: UTF8.self),
            Array(data.prefix(8)) == mark(list, place)
        else { return nil }
        return place
    }

    /// Tells a token of this list from others.
    ///
    /// No secret: a place is only where in the names to go on, and what the
    /// principal may not see is left out wherever he goes on.
    private static func mark(_ list: String, _ place: String) -> [UInt8] {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(list.utf8) + [0xFF] + Array(place.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(8 * $0)) }
    }
}
