import Base
import Catalog
import HTTPTypes
import Lakehouse

/// `GET /api/2.1/tarn/search?query=&kind=&max_results=&page_token=`: names, tags, comments and columns.
struct SearchAPI {
    let lake: Lakehouse

    private static let defaultLimit = 20

    func makeRoutes() -> [Route] {
        [
            Route(.get, "/api/2.1/tarn/search", errors: .databricks) { [lake] in
                .json(try await Self.search($0, lake))
            }
        ]
    }

    /// `{"results": [{"kind", "full_name", "name", "id", "comment", "certification", "matched_in", "columns"}],
    /// "next_page_token"}`; a page can be short with a next one.
    private static func search(_ request: ServerRequest, _ lake: Lakehouse) async throws -> JSONValue {
        guard let text = request.query("query"), !text.isEmpty else {
            throw TarnError(.invalidInput, "The query parameter 'query' is missing.")
        }
        var kinds: Set<SecurableKind> = []
        for word in (request.query("kind") ?? "").split(separator: ",") {
            guard let kind = SecurableKind(rawValue: word.lowercased()) else {
                let known = SecurableKind.allCases.map(\.rawValue)
                throw TarnError(
                    .invalidInput,
                    "The query parameter 'kind' must be of \(known.joined(separator: ", ")).\(didYouMean(word.lowercased(), among: known))"
                )
            }
            kinds.insert(kind)
        }
        var limit = defaultLimit
        if let wanted = request.query("max_results"), !wanted.isEmpty {
            guard let number = Int(wanted), number >= 0 else {
                throw TarnError(
                    .invalidInput, "The query parameter 'max_results' must be a whole number of 0 or more.")
            }
            if number > 0 { limit = number }
        }
        let catalog = try await lake.catalog.acting(as: request.principal)
        let list = ["search", text] + kinds.map(\.rawValue).sorted()
        let place = try await catalog.place(of: request.query("page_token"), in: list)
        let page = try await catalog.search(text, kinds: kinds, limit: limit, after: place)
        var answer: JSONObject = ["results": .array(page.entries.map(json))]
        if let token = try await catalog.pageToken(page.next, in: list) {
            answer["next_page_token"] = .string(token)
        }
        return .object(answer)
    }

    private static func json(_ hit: SearchHit) -> JSONValue {
        var json: JSONObject = [
            "kind": .string(hit.securable.kind.rawValue),
            "full_name": .string(hit.nameParts.joined(separator: ".")),
            "name": .string(hit.securable.name), "id": .string(hit.securable.id),
            "matched_in": .array(hit.places.map { .string($0.rawValue) }),
        ]
        if let comment = hit.securable.comment { json["comment"] = .string(comment) }
        if let mark = hit.certification { json["certification"] = .string(mark.rawValue) }
        if !hit.columns.isEmpty { json["columns"] = .array(hit.columns.map { .string($0) }) }
        return .object(json)
    }
}
