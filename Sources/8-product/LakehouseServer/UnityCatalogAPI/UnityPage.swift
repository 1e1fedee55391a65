import Base
import Catalog

/// Which part of a list a request wants: `max_results` and `page_token`.
///
/// Without `max_results` a page is as large as may be, since several clients (DuckDB's extension among them) read the
/// first page only.
struct UnityPage: Sendable {
    let limit: Int
    /// Where the page begins; `nil` at the beginning.
    let after: String?
    /// What the list is of: a token is good for this list only.
    private let list: [String]
    private let catalog: CatalogService

    /// - Parameters:
    ///   - call: Its query holds the two.
    ///   - list: The kind of the list and what it lies in.
    /// - Throws: `.invalidInput` for a number below 0 and for a token that this list did not give.
    init(_ call: UnityCall, of list: String...) async throws(TarnError) {
        self.list = list.map { NameRules.key(of: $0) }
        catalog = call.catalog
        var limit = CatalogService.largestPage
        if let text = call.query("max_results") {
            guard let number = Int(text), number >= 0 else {
                throw TarnError(
                    .invalidInput, "The query parameter 'max_results' must be a whole number of 0 or more.")
            }
            if number > 0 { limit = min(number, limit) }
        }
        self.limit = limit
        if let token = call.query("page_token") {
            after = try await catalog.place(of: token, in: self.list)
        } else {
            after = nil
        }
    }

    /// `{"tables": [...], "next_page_token": "..."}`; no token on the last page.
    func answer(_ name: String, _ entries: [JSONValue], next: String?) async throws(TarnError) -> JSONValue {
        var answer: JSONObject = [name: .array(entries)]
        if let token = try await catalog.pageToken(next, in: list) {
            answer["next_page_token"] = .string(token)
        }
        return .object(answer)
    }
}
