internal import Base

/// What DuckDB's parser found in a query, as far as Tarn has to know: the names that come from outside of it.
struct QueryTree: Sendable {
    /// A table name in FROM that no CTE in scope defines.
    ///
    /// Offsets count in the text that was parsed.
    struct Table: Hashable, Sendable {
        /// Catalog, schema and name as far as given: one to three parts.
        var parts: [String]
        var alias: String
        var offset: Int
    }

    /// A call in FROM, such as `delta_scan('path')`.
    struct TableFunction: Hashable, Sendable {
        var name: String
        var alias: String
        var offset: Int
        var arguments: [JSONValue]
    }

    /// A column written with three names or more, which may start with those of a table.
    struct LongColumn: Hashable, Sendable {
        var names: [String]
        var offset: Int
    }

    var tables: [Table] = []
    var tableFunctions: [TableFunction] = []
    var longColumns: [LongColumn] = []
    /// Whether anything in the query can leave rows out before they are joined or grouped.
    var hasFilter = false

    /// Reads the answer of `json_serialize_sql`.
    ///
    /// A syntax error, and what is not allowed, is a `TreeError`.
    init(serialized: String, localFiles: Bool) throws {
        let document: JSONValue
        do {
            document = try JSONValue.parse(serialized, maximumDepth: 3000)
        } catch {
            throw TreeError(.invalidInput, "The query is nested too deeply.", offset: nil)
        }
        if document["error"]?.bool != false { throw TreeError.fromParser(document) }
        guard let statements = document["statements"]?.array, statements.count == 1,
            let node = statements[0]["node"]
        else { throw TreeError(.invalidInput, "Exactly one query is expected.", offset: nil) }
        var walker = TreeWalker(rules: FunctionRules(localFiles: localFiles))
        try walker.visit(node, scope: [])
        self = walker.tree
    }

    init() {}
}

/// An error with its place in the text that was parsed, not yet in the user's.
struct TreeError: Error {
    var code: TarnError.Code
    var message: String
    var offset: Int?

    init(_ code: TarnError.Code, _ message: String, offset: Int?) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    static func fromParser(_ document: JSONValue) -> TreeError {
        let message = document["error_message"]?.string ?? "The query cannot be parsed"
        let offset = document["position"]?.string.flatMap { Int($0) }
        if message.hasPrefix("Only SELECT") {
            return TreeError(
                .unsupported,
                "Only plain queries can be read here: PIVOT needs its values listed with IN, and INSERT, UPDATE or DELETE cannot stand inside a query.",
                offset: nil)
        }
        return TreeError(
            .invalidInput, message.prefix(1).uppercased() + message.dropFirst() + ".", offset: offset)
    }
}
