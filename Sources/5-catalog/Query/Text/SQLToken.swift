/// One word, name, literal or sign of a SQL text; blanks and comments are no tokens.
package struct SQLToken: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A keyword or an unquoted name.
        case word
        /// A name in double quotes or backquotes.
        case quotedName
        /// `'...'`, `E'...'` or `$tag$...$tag$`.
        case string
        case number
        /// `?`, `?1`, `$1` or `$name`. `:name` comes as a sign and a word, since it is one only where it is given.
        case parameter
        /// An operator or a bracket; those of several characters that the grammar knows are one token.
        case sign
    }

    package var kind: Kind
    /// Where it stands, in UTF-8 bytes.
    package var range: Range<Int>
}

/// A SQL text with its tokens.
///
/// Offsets everywhere count UTF-8 bytes from the start of the whole text, so that an error in the third statement of
/// a script still points at the right place.
package struct SQLText: Sendable {
    package let bytes: [UInt8]
    package let tokens: [SQLToken]
    /// Where blanks stand that DuckDB's lexer would not take as such (U+00A0, for one).
    package let foreignSpaces: [Range<Int>]

    /// Cuts a text into tokens.
    ///
    /// - Throws: `.invalidInput` with the place of a string, name or comment without an end.
    package init(_ text: String) throws {
        var lexer = SQLLexer(bytes: Array(text.utf8))
        try lexer.run()
        bytes = lexer.bytes
        tokens = lexer.tokens
        foreignSpaces = lexer.foreignSpaces
    }

    private init(bytes: [UInt8], tokens: [SQLToken], foreignSpaces: [Range<Int>]) {
        self.bytes = bytes
        self.tokens = tokens
        self.foreignSpaces = foreignSpaces
    }

    /// The tokens that lie within `range`, over the same bytes and offsets.
    package func part(_ range: Range<Int>) -> SQLText {
        SQLText(
            bytes: bytes,
            tokens: tokens.filter {
                range.lowerBound <= $0.range.lowerBound && $0.range.upperBound <= range.upperBound
            },
            foreignSpaces: foreignSpaces.filter {
                range.lowerBound <= $0.lowerBound && $0.upperBound <= range.upperBound
            })
    }

    /// From the first token to the last; empty at the end of the text if there is none.
    package var extent: Range<Int> {
        guard let first = tokens.first, let last = tokens.last else { return bytes.count..<bytes.count }
        return first.range.lowerBound..<last.range.upperBound
    }

    package func string(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    /// The token as written.
    package func spelling(_ index: Int) -> String {
        tokens.indices.contains(index) ? string(tokens[index].range) : ""
    }

    /// The token in lower case if it is an unquoted word, else `nil`.
    package func word(_ index: Int) -> String? {
        guard tokens.indices.contains(index), tokens[index].kind == .word else { return nil }
        return spelling(index).lowercased()
    }

    package func isSign(_ index: Int, _ sign: String) -> Bool {
        tokens.indices.contains(index) && tokens[index].kind == .sign && spelling(index) == sign
    }

    /// The name that a token stands for: quotes taken off, a word as written; `nil` for other tokens.
    package func name(_ index: Int) -> String? {
        guard tokens.indices.contains(index) else { return nil }
        let token = tokens[index]
        switch token.kind {
        case .word: return spelling(index)
        case .quotedName:
            let inner = string(token.range.lowerBound + 1..<token.range.upperBound - 1)
            let quote = String(UnicodeScalar(bytes[token.range.lowerBound]))
            return inner.replacing(quote + quote, with: quote)
        default: return nil
        }
    }

    /// The text that a string token stands for; `nil` for other tokens.
    package func stringValue(_ index: Int) -> String? {
        guard tokens.indices.contains(index), tokens[index].kind == .string else { return nil }
        return SQLLexer.stringValue(bytes[tokens[index].range])
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    package func place(_ offset: Int) -> (line: Int, column: Int) {
        let before = bytes[0..<max(0, min(offset, bytes.count))]
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 0x0A } + 1
        return (line, String(decoding: before[start...], as: UTF8.self).count + 1)
    }
}
