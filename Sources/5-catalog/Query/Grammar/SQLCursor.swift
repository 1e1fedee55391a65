internal import Base

/// A place in the tokens of one statement, with the small steps that a hand-written parser is made of.
struct SQLCursor {
    let text: SQLText
    private(set) var index = 0

    init(_ text: SQLText) { self.text = text }

    var isAtEnd: Bool { index >= text.tokens.count }

    /// The byte offset of the next token, or of the end.
    var offset: Int { isAtEnd ? text.extent.upperBound : text.tokens[index].range.lowerBound }

    /// The byte offset after the last token that was taken.
    var endOfLast: Int { index > 0 ? text.tokens[index - 1].range.upperBound : offset }

    /// From the next token to the end of the statement.
    var rest: Range<Int> { offset..<text.extent.upperBound }

    func peek(_ ahead: Int = 0) -> String? { text.word(index + ahead) }

    func peekSign(_ sign: String, ahead: Int = 0) -> Bool { text.isSign(index + ahead, sign) }

    func peekKind(_ ahead: Int = 0) -> SQLToken.Kind? {
        text.tokens.indices.contains(index + ahead) ? text.tokens[index + ahead].kind : nil
    }

    mutating func skip(_ count: Int = 1) { index = min(index + count, text.tokens.count) }

    /// Takes the words if they come next, in that order.
    mutating func accept(_ words: String...) -> Bool {
        for (ahead, word) in words.enumerated() where peek(ahead) != word { return false }
        index += words.count
        return true
    }

    mutating func acceptSign(_ sign: String) -> Bool {
        guard peekSign(sign) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ words: String...) throws {
        for word in words where !accept(word) { throw unexpected(word.uppercased()) }
    }

    mutating func expectSign(_ sign: String) throws {
        if !acceptSign(sign) { throw unexpected("'\(sign)'") }
    }

    mutating func expectEnd() throws {
        if !isAtEnd { throw unexpected("the end of the statement") }
    }

    mutating func name(_ what: String) throws -> String {
        guard let name = text.name(index) else { throw unexpected("the name of a \(what)") }
        if name.isEmpty { throw syntaxError("The name of a \(what) cannot be empty", at: offset) }
        index += 1
        return name
    }

    /// `a`, `a.b` or `a.b.c`.
    mutating func objectName(_ what: String, parts limit: Int = 3) throws -> ObjectName {
        let start = offset
        var parts = [try name(what)]
        while acceptSign(".") { parts.append(try name(what)) }
        if parts.count > limit {
            let most = limit == 1 ? "one part" : "\(limit) parts"
            throw syntaxError("The name of a \(what) has at most \(most)", at: start)
        }
        return ObjectName(parts: parts, range: start..<endOfLast)
    }

    mutating func string(_ what: String) throws -> String {
        guard let value = text.stringValue(index) else { throw unexpected("\(what) in single quotes") }
        index += 1
        return value
    }

    mutating func wholeNumber(_ what: String) throws -> Int {
        guard peekKind() == .number, let value = Int(text.spelling(index)) else { throw unexpected(what) }
        index += 1
        return value
    }

    /// `item, item, ...` in parentheses.
    mutating func list<T>(_ item: (inout SQLCursor) throws -> T) throws -> [T] {
        try expectSign("(")
        var items: [T] = []
        repeat { items.append(try item(&self)) } while acceptSign(",")
        try expectSign(")")
        return items
    }

    func unexpected(_ wanted: String) -> TarnError {
        let found = isAtEnd ? "the end of the statement" : "'\(text.spelling(index))'"
        return syntaxError("\(wanted) is expected, but \(found) was found", at: offset)
    }

    func syntaxError(_ message: String, at offset: Int) -> TarnError {
        sqlError(.invalidInput, message + ".", text, at: offset)
    }
}

/// An error that points into the user's text: the message gets line and column, the context the byte offset too.
func sqlError(
    _ code: TarnError.Code, _ message: String, _ text: SQLText, at offset: Int,
    context: [(String, String)] = [],
    cause: (any Error)? = nil
) -> TarnError {
    let (line, column) = text.place(offset)
    let place = line == 1 ? "column \(column)" : "line \(line), column \(column)"
    return TarnError(
        code, "\(message) (\(place))",
        context: context + [("position", "\(offset)"), ("line", "\(line)"), ("column", "\(column)")],
        cause: cause)
}
