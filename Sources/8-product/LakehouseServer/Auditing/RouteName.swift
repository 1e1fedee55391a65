import HTTPTypes

/// What the audit log calls a call of a route: `getTable`, `createSchema`, `getOnlineFeatures`.
///
/// The method gives the verb and the last fixed segment the noun, unless that segment is a verb itself.
struct RouteName: Hashable, Sendable {
    let action: String
    /// What the path's last parameter names, if it ends with one: `table`.
    let objectKind: String?
    /// Whether a statement is what the route runs, which has an event of its own.
    let runsStatement: Bool

    private static let verbs: Set<String> = [
        "get", "write", "push", "retrieve", "cancel", "finalize", "materialize", "rename", "search", "commit",
        "logout", "restore", "undelete",
    ]

    init(_ method: HTTPRequest.Method, _ pattern: String) {
        let segments = pattern.split(separator: "/").map(String.init)
        let endsWithParameter = segments.last?.hasPrefix("{") ?? false
        let noun = segments.last { !$0.hasPrefix("{") } ?? "root"
        let words = noun.split(whereSeparator: { $0 == "-" || $0 == "_" || $0 == "." }).map(String.init)
        runsStatement = method == .post && pattern == "/api/2.0/sql/statements"
        objectKind = endsWithParameter ? Self.singular(words).joined(separator: "_").lowercased() : nil
        if let first = words.first, Self.verbs.contains(first.lowercased()) {
            action = Self.camel(words, startsSmall: true)
            return
        }
        let verb: String
        switch method {
        case .get, .head: verb = endsWithParameter || words == Self.singular(words) ? "get" : "list"
        case .post: verb = "create"
        case .put: verb = "replace"
        case .patch: verb = "update"
        case .delete: verb = "delete"
        default: verb = method.rawValue.lowercased()
        }
        action = verb + Self.camel(verb == "list" ? words : Self.singular(words), startsSmall: false)
    }

    private static func singular(_ words: [String]) -> [String] {
        guard var last = words.last else { return words }
        if last.hasSuffix("ies") {
            last = String(last.dropLast(3)) + "y"
        } else if last.hasSuffix("s"), !last.hasSuffix("ss"), last != "metrics" {
            last.removeLast()
        }
        return words.dropLast() + [last]
    }

    private static func camel(_ words: [String], startsSmall: Bool) -> String {
        words.enumerated().map { place, word in
            place == 0 && startsSmall
                ? word.prefix(1).lowercased() + word.dropFirst()
                : word.prefix(1).uppercased() + word.dropFirst()
        }.joined()
    }
}
