internal import Base
internal import TableModel

/// Parses one statement; what it does not know never reaches the engine.
package struct StatementParser {
    var cursor: SQLCursor

    /// - Parameter text: The tokens of one statement.
    package init(_ text: SQLText) { cursor = SQLCursor(text) }

    /// - Throws: `.invalidInput` with the place, or `.unsupported` naming what is not there.
    package mutating func parse() throws -> Statement {
        let statement = try statement()
        try cursor.expectEnd()
        return statement
    }

    private mutating func statement() throws -> Statement {
        guard let word = cursor.peek() else {
            if cursor.peekSign("(") { return query() }
            throw cursor.unexpected("a statement")
        }
        if let statement = try grantStatement() { return statement }
        switch word {
        case "select", "from", "with", "values", "table", "pivot", "unpivot", "summarize": return query()
        case "explain": return try explain()
        case "create": return try create()
        case "insert": return try insert()
        case "delete": return try delete()
        case "update": return try update()
        case "merge": return try merge()
        case "truncate": return try truncate()
        case "optimize": return try optimize()
        case "vacuum": return try vacuum()
        case "reorg": return try reorg()
        case "restore": return try restore()
        case "convert": return try convert()
        case "comment": return try comment()
        case "drop": return try drop()
        case "show": return try show()
        case "describe", "desc": return try describe()
        case "alter": return try alter()
        case "use":
            cursor.skip()
            _ = cursor.accept("schema") || cursor.accept("catalog") || cursor.accept("database")
            return .use(try cursor.objectName("schema", parts: 2))
        case "copy": return try copy()
        case "set": return try set()
        case "unset":
            cursor.skip()
            try cursor.expect("tag", "on")
            return try tagOn(isSet: false)
        default: throw refusal(word)
        }
    }

    /// The rest of the text, whatever it is.
    mutating func query() -> Statement {
        let range = cursor.rest
        cursor.skip(.max / 2)
        return .query(range)
    }

    private mutating func explain() throws -> Statement {
        cursor.skip()
        if cursor.peek() == "analyze" {
            throw unsupported(
                "EXPLAIN ANALYZE is not supported; EXPLAIN shows the plan and the files scanned")
        }
        guard let word = cursor.peek(), Self.queryStarts.contains(word) else {
            if cursor.peekSign("("), case .query(let range) = query() { return .explain(range) }
            throw cursor.unexpected("a query after EXPLAIN")
        }
        let range = cursor.rest
        cursor.skip(.max / 2)
        return .explain(range)
    }

    static let queryStarts: Set<String> = ["select", "from", "with", "values", "table", "pivot", "unpivot"]

    private mutating func drop() throws -> Statement {
        cursor.skip()
        if cursor.accept("policy") { return try dropPolicy() }
        if cursor.accept("view") { return try dropView() }
        if let statement = try dropObject() { return statement }
        guard let kind = try objectKind() else {
            throw cursor.unexpected("TABLE, SCHEMA, CATALOG or FUNCTION")
        }
        let ifExists = cursor.accept("if", "exists")
        let parts =
            switch kind {
            case .catalog: 1
            case .schema: 2
            case .table: 3
            }
        let name = try cursor.objectName(kind.rawValue, parts: parts)
        let cascade = cursor.accept("cascade")
        if !cascade { _ = cursor.accept("restrict") }
        _ = cursor.accept("purge")
        return .drop(DropStatement(kind: kind, name: name, ifExists: ifExists, cascade: cascade))
    }

    private mutating func objectKind() throws -> DropStatement.Kind? {
        if cursor.accept("table") { return .table }
        if cursor.accept("schema") || cursor.accept("database") { return .schema }
        if cursor.accept("catalog") { return .catalog }
        if let word = cursor.peek(),
            ["index", "type", "macro", "sequence"].contains(word)
        {
            throw unsupported("DROP \(word.uppercased()) is not supported")
        }
        return nil
    }

    private mutating func set() throws -> Statement {
        cursor.skip()
        if cursor.accept("tag", "on") { return try tagOn(isSet: true) }
        _ = cursor.accept("session") || cursor.accept("local")
        let name = try cursor.objectName("setting", parts: 8).parts.joined(separator: ".").lowercased()
        if !cursor.acceptSign("=") { try cursor.expect("to") }
        guard
            let value = cursor.text.stringValue(cursor.index) ?? cursor.text.name(cursor.index)
                ?? (cursor.peekKind() == .number ? cursor.text.spelling(cursor.index) : nil)
        else { throw cursor.unexpected("a value") }
        cursor.skip()
        return .set(name: name, value: value)
    }

    func unsupported(_ message: String) -> TarnError {
        sqlError(.unsupported, message + ".", cursor.text, at: cursor.offset)
    }

    /// Statements that exist elsewhere are refused by name, with what does the job here.
    private func refusal(_ word: String) -> TarnError {
        let reasons: [String: String] = [
            "attach":
                "ATTACH is not allowed; CREATE TABLE ... LOCATION registers a table that exists elsewhere",
            "detach": "DETACH is not allowed",
            "pragma": "PRAGMA is not allowed", "load": "LOAD is not allowed",
            "install": "INSTALL is not allowed",
            "call": "CALL is not supported",
            "execute": "EXECUTE is not supported; pass parameters with the statement",
            "prepare": "PREPARE is not supported; pass parameters with the statement",
            "begin":
                "Transactions of several statements are not supported; every statement commits by itself",
            "commit":
                "Transactions of several statements are not supported; every statement commits by itself",
            "rollback":
                "Transactions of several statements are not supported; every statement commits by itself",
            "analyze": "ANALYZE is not needed; every write takes statistics",
            "msck": "MSCK REPAIR is not needed: the log knows all files of a table",
            "fsck": "FSCK REPAIR is not supported; RESTORE goes back to an older version",
            "export": "EXPORT is not allowed; COPY (query) TO 'file' writes a file",
            "import": "IMPORT is not allowed",
            "checkpoint": "CHECKPOINT is not needed; tables write theirs by themselves",
        ]
        if let reason = reasons[word] { return unsupported(reason) }
        let known =
            Array(reasons.keys) + Self.queryStarts
            + [
                "create", "insert", "delete", "update", "merge", "truncate", "optimize", "vacuum", "reorg",
                "restore", "convert", "comment", "drop", "show", "describe", "alter", "use", "copy", "set",
                "explain", "grant", "revoke",
            ]
        return cursor.syntaxError(
            "No statement starts with '\(word)'.\(didYouMean(word, among: known))", at: cursor.offset)
    }
}
