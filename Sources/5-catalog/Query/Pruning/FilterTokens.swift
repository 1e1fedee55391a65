/// A piece of a filter as DuckDB prints it.
enum FilterToken: Hashable {
    case word(String)
    case number(String)
    /// Quotes taken off.
    case string(String)
    case sign(String)

    var isSign: Bool { if case .sign = self { true } else { false } }

    var spelling: String {
        switch self {
        case .word(let text), .number(let text), .string(let text), .sign(let text): text
        }
    }
}

/// The tokens of a scan's filters; a line break outside of quotes parts one filter from the next.
struct FilterTokens {
    var tokens: [FilterToken]

    init(_ tokens: [FilterToken]) { self.tokens = tokens }

    /// `nil` if a quote has no end.
    init?(_ text: String) {
        tokens = []
        let bytes = Array(text.utf8)
        var position = 0
        func take(while condition: (UInt8) -> Bool) -> String {
            let start = position
            while position < bytes.count, condition(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        while position < bytes.count {
            let byte = bytes[position]
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0
            if byte == UInt8(ascii: " ") {
                position += 1
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                guard let value = Self.quoted(bytes, &position) else { return nil }
                tokens.append(byte == UInt8(ascii: "'") ? .string(value) : .word(value))
            } else if Self.isDigit(byte) || (byte == UInt8(ascii: "-") && Self.isDigit(next)) {
                position += 1
                var previous = byte
                let rest = take { byte in
                    defer { previous = byte }
                    let afterExponent = previous | 0x20 == UInt8(ascii: "e")
                    return Self.isWord(byte) || byte == UInt8(ascii: ".")
                        || afterExponent && (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
                }
                tokens.append(.number(String(UnicodeScalar(byte)) + rest))
            } else if Self.isWord(byte) {
                tokens.append(.word(take(while: Self.isWord)))
            } else {
                let two = String(decoding: [byte, next], as: UTF8.self)
                let isPair = ["!=", "<>", "<=", ">=", "::"].contains(two)
                tokens.append(.sign(isPair ? two : String(UnicodeScalar(byte))))
                position += isPair ? 2 : 1
            }
        }
    }

    var lines: [[FilterToken]] {
        tokens.split(separator: .sign("\n")).map(Array.init)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }

    private static func quoted(_ bytes: [UInt8], _ position: inout Int) -> String? {
        let quote = bytes[position]
        position += 1
        var out: [UInt8] = []
        while position < bytes.count {
            if bytes[position] == quote {
                position += 1
                guard position < bytes.count, bytes[position] == quote else {
                    return String(decoding: out, as: UTF8.self)
                }
            }
            out.append(bytes[position])
            position += 1
        }
        return nil
    }
}
