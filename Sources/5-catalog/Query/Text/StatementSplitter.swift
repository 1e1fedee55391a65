extension SQLText {
    /// The statements of a script: from the first token of each to its last, the semicolons left out.
    ///
    /// Semicolons in strings, quoted names and comments do not count; empty statements are dropped.
    package var statements: [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        var end = 0
        for (index, token) in tokens.enumerated() {
            if isSign(index, ";") {
                if let start { found.append(start..<end) }
                start = nil
            } else {
                start = start ?? token.range.lowerBound
                end = token.range.upperBound
            }
        }
        if let start { found.append(start..<end) }
        return found
    }
}

/// The statements of a script as text, for a caller that runs them one by one (`tarn sql -f`, the REPL).
///
/// - Throws: `.invalidInput` if a string, quoted name or comment has no end.
package func splitStatements(_ script: String) throws -> [String] {
    let text = try SQLText(script)
    return text.statements.map(text.string)
}

/// Whether a text that is being typed ends a statement: it has a semicolon after its last token, and no open string,
/// quoted name or comment.
package func endsStatement(_ text: String) -> Bool {
    guard let lexed = try? SQLText(text), !lexed.tokens.isEmpty else { return false }
    return lexed.isSign(lexed.tokens.count - 1, ";")
}
