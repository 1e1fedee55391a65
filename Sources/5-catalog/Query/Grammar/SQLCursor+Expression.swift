internal import Base
internal import TableModel

extension SQLCursor {
    /// Steps over an expression: up to a comma, a closing bracket or a stop word on its own level.
    ///
    /// DuckDB's parser reads what is inside; here only brackets and `CASE ... END` count. `NULL` and `NOT` may also
    /// begin an expression, so there they stop nothing.
    ///
    /// - Parameters:
    ///   - what: For the error where there is none.
    ///   - stops: In lower case.
    /// - Returns: From its first token to its last.
    /// - Throws: `.invalidInput` where there is no expression.
    mutating func expression(_ what: String, until stops: Set<String> = []) throws -> Range<Int> {
        let start = offset
        let first = index
        var (depth, cases) = (0, 0)
        while !isAtEnd {
            let isMember = index > first && text.isSign(index - 1, ".")
            if let word = peek(), !isMember {
                let isDistinctFrom = word == "from" && text.word(index - 1) == "distinct"
                let begins = index == first && (word == "null" || word == "not")
                if depth == 0, cases == 0, !begins, stops.contains(word), !isDistinctFrom { break }
                if word == "case" { cases += 1 }
                if word == "end", cases > 0 { cases -= 1 }
            } else if peekKind() == .sign {
                let sign = text.spelling(index)
                if depth == 0, [",", ")", "]", "}"].contains(sign) { break }
                if ["(", "[", "{"].contains(sign) { depth += 1 }
                if [")", "]", "}"].contains(sign) { depth -= 1 }
            }
            skip()
        }
        if index == first { throw unexpected(what) }
        return start..<endOfLast
    }

    /// Steps over brackets; the range is what stands inside.
    mutating func parenthesised() throws -> Range<Int> {
        try expectSign("(")
        let start = offset
        var end = start
        var depth = 0
        while !isAtEnd {
            if peekSign("(") { depth += 1 }
            if peekSign(")") {
                if depth == 0 { break }
                depth -= 1
            }
            skip()
            end = endOfLast
        }
        try expectSign(")")
        return start..<end
    }

    /// A column, or a member of a structure: `a` or `a.b.c`.
    mutating func columnPath(_ what: String = "column") throws -> ColumnPath {
        ColumnPath(try objectName(what, parts: 64).parts)
    }

    /// A table by its name, by `delta.'/folder'` in backquotes, or by its folder in single quotes.
    mutating func tableReference() throws -> ObjectName {
        guard peekKind() == .string else { return try objectName("table") }
        let start = offset
        let path = try string("a folder")
        return ObjectName(parts: ["delta", path], range: start..<endOfLast)
    }

    /// `[AS] name`, unless one of the words comes that go on with the statement.
    mutating func alias(before words: Set<String>) throws -> String? {
        if accept("as") { return try name("table") }
        guard peekKind() == .word || peekKind() == .quotedName else { return nil }
        if let word = peek(), words.contains(word) { return nil }
        return try name("table")
    }

    /// `VERSION AS OF n`, `TIMESTAMP AS OF t`, also with `AT (VERSION => n)`; `nil` if none comes next.
    mutating func travel(until stops: Set<String> = []) throws -> TravelClause? {
        let start = offset
        let ahead = peek() == "for" ? 1 : 0
        if let unit = Self.unit(peek(ahead)), peek(ahead + 1) == "as", peek(ahead + 2) == "of" {
            skip(ahead + 3)
            let value = try expression(unit == .version ? "a version" : "a time", until: stops)
            return TravelClause(unit: unit, range: start..<endOfLast, value: value)
        }
        if peek() == "at", peekSign("(", ahead: 1), let unit = Self.unit(peek(2)), peekSign("=>", ahead: 3) {
            skip(4)
            let value = try expression(unit == .version ? "a version" : "a time")
            try expectSign(")")
            return TravelClause(unit: unit, range: start..<endOfLast, value: value)
        }
        return nil
    }

    private static func unit(_ word: String?) -> TravelClause.Unit? {
        switch word {
        case "version": .version
        case "timestamp": .timestamp
        default: nil
        }
    }
}
