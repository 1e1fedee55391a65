/// What is wrong with a JSON text, and at which byte.
package struct JSONSyntaxError: Error, Sendable, CustomStringConvertible {
    package let message: String
    /// Zero-based.
    package let byteOffset: Int
    package var description: String { "\(message) at byte \(byteOffset)" }
}

extension JSONValue {
    /// Parses one JSON document (RFC 8259) that must fill all of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - maximumDepth: Deeper nesting is refused, so that hostile input cannot exhaust the stack.
    /// - Returns: The document.
    /// - Throws: `JSONSyntaxError` with the place.
    package static func parse(
        _ bytes: some Sequence<UInt8>, maximumDepth: Int = 256
    ) throws(JSONSyntaxError) -> JSONValue {
        let contiguous = ContiguousArray(bytes)
        var parser = JSONParser(bytes: contiguous, maximumDepth: maximumDepth)
        return try parser.document()
    }

    package static func parse(_ text: String, maximumDepth: Int = 256) throws(JSONSyntaxError) -> JSONValue {
        try parse(text.utf8, maximumDepth: maximumDepth)
    }
}

private struct JSONParser {
    let bytes: ContiguousArray<UInt8>
    let maximumDepth: Int
    var position = 0

    init(bytes: ContiguousArray<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        if position < bytes.count { throw error("Text after the end of the document") }
        return value
    }

    private func error(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(message: message, byteOffset: position)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        if depth > maximumDepth { throw error("Nested deeper than \(maximumDepth) levels") }
        skipSpace()
        guard let byte = current else { throw error("The document ends too early") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error("A value is expected")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for byte in word.utf8 {
            if current != byte { throw error("'\(word)' is expected") }
            position += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        position += 1
        var members: [(String, JSONValue)] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            if current != UInt8(ascii: "\"") { throw error("A member name is expected") }
            let name = try string()
            skipSpace()
            if current != UInt8(ascii: ":") { throw error("':' is expected") }
            position += 1
            members.append((name, try value(depth: depth + 1)))
            if try endOfList(closedBy: UInt8(ascii: "}")) { return .object(JSONObject(members)) }
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        position += 1
        var items: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            items.append(try value(depth: depth + 1))
            if try endOfList(closedBy: UInt8(ascii: "]")) { return .array(items) }
        }
    }

    private mutating func endOfList(closedBy end: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        guard let byte = current else { throw error("The document ends too early") }
        position += 1
        if byte == end { return true }
        if byte == UInt8(ascii: ",") { return false }
        position -= 1
        throw error("',' or '\(Character(UnicodeScalar(end)))' is expected")
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
        if position == start { throw error("A digit is expected") }
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            if byte < 0x20 { throw error("A control character must be escaped") }
            position += 1
        }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var out = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(out[...])
            case UInt8(ascii: "\\"): try escape(into: &out)
            case 0..<0x20: throw error("A control character must be escaped")
            default: out.append(byte)
            }
        }
        throw error("The string has no end")
    }

    private func text(_ slice: some Collection<UInt8>) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw error("Not UTF-8") }
        return text
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw error("The string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code >= 0xD800, code < 0xDC00, current == UInt8(ascii: "\\"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "u")
            {
                let mark = position
                position += 2
                let low = try hexadecimal()
                if low >= 0xDC00, low < 0xE000 {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            // A lone surrogate has no UTF-8 form; the replacement character stands for it.
            let scalar = UnicodeScalar(code) ?? "\u{FFFD}"
            out.append(contentsOf: String(Character(scalar)).utf8)
        default: throw error("Unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw error("Four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
