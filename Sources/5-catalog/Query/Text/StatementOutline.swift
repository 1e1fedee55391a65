internal import Catalog

/// What a statement is about, found from its words alone: for logs, also of statements that fail.
///
/// ```swift
/// let outline = StatementOutline("DELETE FROM orders WHERE id = 7", context: context)
/// outline.action      // "DELETE"
/// outline.objectName  // "main.default.orders"
/// outline.text        // "DELETE FROM orders WHERE id = ?"
/// ```
package struct StatementOutline: Sendable {
    /// In upper case: `SELECT`, `CREATE TABLE`, `GRANT`; `STATEMENT` where the text has no words.
    package var action = "STATEMENT"
    /// Whether it may change something: anything but a query and what shows or sets.
    package var mayChange = false
    package var objectKind: String?
    /// In full, where the statement names it first of all; a query's tables are not found here.
    package var objectName: String?
    /// With `?` in the place of every string and number.
    package var text: String

    package init(_ sql: String, context: QueryContext) {
        guard let tokens = try? SQLText(sql) else {
            // Without its end, a string cannot be told from what follows it.
            text = ""
            return
        }
        text = Self.normalized(tokens)
        guard let first = tokens.word(0) else { return }
        action = first.uppercased()
        mayChange = !Self.reading.contains(first)
        if Self.queries.contains(first) {
            action = first == "with" || first == "from" || first == "values" ? "SELECT" : action
            return
        }
        findObject(tokens, first, context)
    }

    private static let queries: Set<String> = [
        "select", "with", "from", "values", "explain", "summarize", "pivot", "unpivot",
    ]
    private static let reading: Set<String> = queries.union(["show", "describe", "desc", "use", "set"])

    /// Words between the action and the name of what it acts on.
    private static let between: Set<String> = [
        "or", "replace", "if", "not", "exists", "into", "overwrite", "from", "to", "temporary", "deep",
        "shallow",
        "on", "history", "detail", "formatted", "extended", "in", "external", "managed", "all", "metastore",
    ]
    private static let kinds: [String: String] = [
        "catalog": "catalog", "schema": "schema", "database": "schema", "table": "table", "view": "table",
        "function": "function", "volume": "volume", "model": "registered_model", "group": "group",
        "user": "user", "principal": "service_principal", "location": "external_location",
        "credential": "credential", "share": "share",
    ]

    private mutating func findObject(_ tokens: SQLText, _ first: String, _ context: QueryContext) {
        var place = 1
        if first == "grant" || first == "revoke" {
            while place < tokens.tokens.count, tokens.word(place) != "on" { place += 1 }
        }
        var kind: String?
        while let word = tokens.word(place) {
            if let found = Self.kinds[word] {
                kind = found
                if ["create", "drop", "alter", "comment"].contains(first), action == first.uppercased() {
                    action += " " + word.uppercased()
                }
            } else if !Self.between.contains(word) {
                break
            }
            place += 1
        }
        var parts: [String] = []
        while let part = tokens.name(place) {
            parts.append(part)
            guard tokens.isSign(place + 1, ".") else { break }
            place += 2
        }
        guard !parts.isEmpty, !(parts.count == 1 && first == "set") else { return }
        objectKind = kind ?? "table"
        switch objectKind {
        case "table", "function", "volume", "registered_model":
            objectName = context.qualified(parts).description
        case "schema":
            let (catalog, schema) = context.qualifiedSchema(parts)
            objectName = catalog + "." + schema
        default: objectName = parts.joined(separator: ".")
        }
    }

    /// Without comments: nobody knows what they hold.
    private static func normalized(_ text: SQLText) -> String {
        var out = ""
        var end: Int?
        for (index, token) in text.tokens.enumerated() {
            if let end, end < token.range.lowerBound { out += " " }
            out += token.kind == .string || token.kind == .number ? "?" : text.spelling(index)
            end = token.range.upperBound
        }
        return out
    }
}
