internal import Base

/// Cuts SQL into tokens by the rules of DuckDB's own lexer (PostgreSQL's, in the main).
///
/// It need not agree with DuckDB in every corner: what it finds decides where a statement ends and where names stand,
/// and the text that comes out is parsed by DuckDB once more before it runs.
struct SQLLexer {
    let bytes: [UInt8]
    private(set) var tokens: [SQLToken] = []
    private(set) var foreignSpaces: [Range<Int>] = []
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private func byte(_ offset: Int = 0) -> UInt8 {
        let index = position + offset
        return index < bytes.count ? bytes[index] : 0
    }

    mutating func run() throws {
        tokens.reserveCapacity(bytes.count / 4 + 8)
        while position < bytes.count {
            if try skipBlank() { continue }
            let start = position
            let kind = try token()
            tokens.append(SQLToken(kind: kind, range: start..<position))
        }
    }

    /// Steps over one blank or comment.
    private mutating func skipBlank() throws -> Bool {
        switch byte() {
        case 0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D:
            position += 1
            return true
        case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-"):
            while position < bytes.count, byte() != 0x0A { position += 1 }
            return true
        case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
            try skipBlockComment()
            return true
        case 0xC2, 0xE2, 0xE3:
            guard let length = foreignSpaceLength() else { return false }
            foreignSpaces.append(position..<position + length)
            position += length
            return true
        default: return false
        }
    }

    /// U+00A0, U+2000...U+200B, U+202F, U+205F, U+2060, U+3000.
    private func foreignSpaceLength() -> Int? {
        if byte() == 0xC2 { return byte(1) == 0xA0 ? 2 : nil }
        guard byte() == 0xE2 || byte() == 0xE3 else { return nil }
        let (second, third) = (byte(1), byte(2))
        if byte() == 0xE3 { return second == 0x80 && third == 0x80 ? 3 : nil }
        if second == 0x80 { return (0x80...0x8B).contains(third) || third == 0xAF ? 3 : nil }
        if second == 0x81 { return third == 0x9F || third == 0xA0 ? 3 : nil }
        return nil
    }

    /// Block comments nest.
    private mutating func skipBlockComment() throws {
        let start = position
        var depth = 0
        repeat {
            if position >= bytes.count { throw unended("comment", at: start) }
            if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0
    }

    private mutating func token() throws -> SQLToken.Kind {
        let first = byte()
        switch first {
        case UInt8(ascii: "'"):
            try skipQuoted("string", escapes: false)
            return .string
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            try skipQuoted("quoted name", escapes: false)
            return .quotedName
        case UInt8(ascii: "E") where byte(1) == UInt8(ascii: "'"),
            UInt8(ascii: "e") where byte(1) == UInt8(ascii: "'"):
            position += 1
            try skipQuoted("string", escapes: true)
            return .string
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            skipNumber()
            return .number
        case UInt8(ascii: ".") where Self.isDigit(byte(1)):
            skipNumber()
            return .number
        case UInt8(ascii: "?"):
            position += 1
            while Self.isDigit(byte()) { position += 1 }
            return .parameter
        case UInt8(ascii: "$"): return try dollar()
        default:
            if Self.startsName(first) {
                while Self.continuesName(byte()), foreignSpaceLength() == nil { position += 1 }
                return .word
            }
            position += signLength()
            return .sign
        }
    }

    private mutating func skipQuoted(_ what: String, escapes: Bool) throws {
        let start = position
        let quote = byte()
        position += 1
        while position < bytes.count {
            if byte() == quote {
                position += 1
                if byte() != quote { return }
                position += 1
            } else {
                position += escapes && byte() == UInt8(ascii: "\\") ? 2 : 1
            }
        }
        position = bytes.count
        throw unended(what, at: start)
    }

    /// `$1`, `$name`, `$$text$$` or `$tag$text$tag$`.
    private mutating func dollar() throws -> SQLToken.Kind {
        let start = position
        position += 1
        if Self.isDigit(byte()) {
            while Self.isDigit(byte()) { position += 1 }
            return .parameter
        }
        while Self.continuesName(byte()), byte() != UInt8(ascii: "$") { position += 1 }
        guard byte() == UInt8(ascii: "$") else { return position > start + 1 ? .parameter : .sign }
        position += 1
        let tag = bytes[start..<position]
        while position < bytes.count {
            if byte() == UInt8(ascii: "$"), bytes[position...].starts(with: tag) {
                position += tag.count
                return .string
            }
            position += 1
        }
        throw unended("string", at: start)
    }

    private mutating func skipNumber() {
        while Self.continuesName(byte()) || byte() == UInt8(ascii: ".") {
            let isExponent = byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E")
            position += 1
            if isExponent, byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+"), Self.isDigit(byte(1)) {
                position += 1
            }
        }
    }

    private func signLength() -> Int {
        switch (byte(), byte(1)) {
        case (UInt8(ascii: ":"), UInt8(ascii: ":")), (UInt8(ascii: ":"), UInt8(ascii: "=")),
            (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "<"), UInt8(ascii: "=")),
            (UInt8(ascii: ">"), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: ">")),
            (UInt8(ascii: "!"), UInt8(ascii: "=")), (UInt8(ascii: "|"), UInt8(ascii: "|")),
            (UInt8(ascii: "-"), UInt8(ascii: ">")):
            2
        default: 1
        }
    }

    private func unended(_ what: String, at start: Int) -> TarnError {
        TarnError(
            .invalidInput,
            "The \(what) that starts at byte \(start) of the SQL text has no end: its closing quote or mark is missing.",
            context: [("position", "\(start)")])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    static func startsName(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == UInt8(ascii: "_") || byte >= 0x80
    }
    private static func continuesName(_ byte: UInt8) -> Bool {
        startsName(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
    }
}
