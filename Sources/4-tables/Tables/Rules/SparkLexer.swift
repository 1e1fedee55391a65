import Base

/// A piece of an expression in Spark's SQL.
enum SparkToken: Hashable, Sendable {
    /// A name or keyword as written.
    case word(String)
    /// A name in backticks, without them.
    case quoted(String)
    /// A text literal's value.
    case string(String)
    /// With its suffix, if it has one.
    case number(String)
    case symbol(String)
}

/// Cuts an expression in Spark's SQL into tokens.
///
/// Unlike in the engine's SQL, text in double quotes is a literal, names stand in backticks, and a backslash escapes.
struct SparkLexer {
    private let characters: [Character]
    private var index = 0
    private static let symbols = [
        "<=>", "<=", ">=", "<>", "!=", "==", "||", "::", "->", "=>", "(", ")", "[", "]", ",", ".", "+", "-",
        "*", "/", "%", "<", ">", "=", "!", "&", "|", "^", "~", ":", "?",
    ]

    private init(_ text: String) { characters = Array(text) }

    /// - Throws: `.invalidInput` for text that does not end or a character that no expression holds.
    static func tokens(_ text: String) throws(TarnError) -> [SparkToken] {
        var lexer = SparkLexer(text)
        var tokens: [SparkToken] = []
        while let token = try lexer.next() { tokens.append(token) }
        return tokens
    }

    private func peek(_ offset: Int = 0) -> Character? {
        index + offset < characters.count ? characters[index + offset] : nil
    }

    private mutating func next() throws(TarnError) -> SparkToken? {
        while let character = peek(), character.isWhitespace { index += 1 }
        guard let first = peek() else { return nil }
        switch first {
        case "'", "\"": return .string(try quoted(by: first, escapes: true))
        case "`": return .quoted(try quoted(by: first, escapes: false))
        case _ where first.isLetter || first == "_": return .word(word())
        case _ where isDigit(first) || first == "." && isDigit(peek(1)): return .number(number())
        default: break
        }
        for symbol in Self.symbols where matches(symbol) {
            index += symbol.count
            return .symbol(symbol)
        }
        throw TarnError(
            .invalidInput, "The expression holds the character \(first), which has no meaning there.")
    }

    private func isDigit(_ character: Character?) -> Bool {
        character?.isASCII == true && character?.isNumber == true
    }

    private func matches(_ symbol: String) -> Bool {
        symbol.enumerated().allSatisfy { peek($0.offset) == $0.element }
    }

    private mutating func word() -> String {
        var text = ""
        while let character = peek(), character.isLetter || character.isNumber || character == "_" {
            text.append(character)
            index += 1
        }
        return text
    }

    /// Digits, a fraction, an exponent, and one of the suffixes L, S, Y, F, D, BD.
    private mutating func number() -> String {
        var text = ""
        while let character = peek() {
            let isExponentSign =
                (character == "+" || character == "-") && (text.last == "e" || text.last == "E")
            guard character.isLetter || isDigit(character) || character == "." || isExponentSign else {
                break
            }
            text.append(character)
            index += 1
        }
        return text
    }

    private mutating func quoted(by quote: Character, escapes: Bool) throws(TarnError) -> String {
        var text = ""
        index += 1
        while let character = peek() {
            index += 1
            if character == quote {
                guard peek() == quote else { return text }
                text.append(quote)
                index += 1
            } else if escapes, character == "\\", let escaped = peek() {
                index += 1
                text += Self.unescaped(escaped)
            } else {
                text.append(character)
            }
        }
        throw TarnError(
            .invalidInput, "The expression holds a text or name whose closing \(quote) is missing.")
    }

    private static func unescaped(_ character: Character) -> String {
        switch character {
        case "n": "\n"
        case "t": "\t"
        case "r": "\r"
        case "0": "\0"
        // LIKE has its own use for these.
        case "%", "_": "\\" + String(character)
        default: String(character)
        }
    }
}
