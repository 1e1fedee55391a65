/// What is wrong with the text, and at which byte of it.
struct ScanFailure: Error {
    let message: String
    let offset: Int
}

/// A cursor over JSON text that reads values in place: no tree, no string per field.
///
/// Every read is checked against the end, so damaged text gives a `ScanFailure`. The text must be UTF-8 already.
struct ByteScanner {
    let base: UnsafePointer<UInt8>
    let count: Int
    var position = 0

    /// Deeper nesting is refused, so that hostile text cannot exhaust the stack.
    static let maximumDepth = 200

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // An empty buffer may have no address; nothing is ever read through the stand-in.
        base = bytes.baseAddress ?? ("" as StaticString).utf8Start
        count = bytes.count
    }

    func failure(_ message: String) -> ScanFailure { ScanFailure(message: message, offset: position) }

    func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    // MARK: Structure

    @inline(__always)
    mutating func skipSpace() {
        while position < count {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// Passes `byte` (after spaces) if it is next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < count, base[position] == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(ScanFailure) {
        if !take(byte) {
            throw failure(
                position < count
                    ? "'\(Character(UnicodeScalar(byte)))' is expected" : "the text ends too early")
        }
    }

    /// The next byte that is no space; `nil` at the end.
    @inline(__always)
    mutating func peek() -> UInt8? {
        skipSpace()
        return position < count ? base[position] : nil
    }

    /// Starts an object; `false` for an empty one, which is then passed.
    @inline(__always)
    mutating func beginObject() throws(ScanFailure) -> Bool {
        try expect(UInt8(ascii: "{"))
        return !take(UInt8(ascii: "}"))
    }

    /// After a member: `true` if another follows.
    @inline(__always)
    mutating func nextMember() throws(ScanFailure) -> Bool {
        if take(UInt8(ascii: ",")) { return true }
        try expect(UInt8(ascii: "}"))
        return false
    }

    /// A member's name as written (escapes kept), and the colon passed.
    @inline(__always)
    mutating func memberName() throws(ScanFailure) -> Range<Int> {
        try expect(UInt8(ascii: "\""))
        let name = try skipString().range
        try expect(UInt8(ascii: ":"))
        return name
    }

    mutating func takeNull() throws(ScanFailure) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    private mutating func word(_ word: StaticString) throws(ScanFailure) {
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard position + index < count, base[position + index] == word.utf8Start[index] else {
                throw failure("'\(word)' is expected")
            }
        }
        position += length
    }

    /// Whether the bytes of `range` are `text`.
    @inline(__always)
    func isName(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where base[range.lowerBound + index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    // MARK: Values

    mutating func bool() throws(ScanFailure) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try word("true")
            return true
        case UInt8(ascii: "f"):
            try word("false")
            return false
        default: throw failure("true or false is expected")
        }
    }

    /// A whole number that fits 64 bits.
    mutating func int64() throws(ScanFailure) -> Int64 {
        skipSpace()
        let start = position
        try skipNumber()
        var index = start
        let isNegative = base[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var value: Int64 = 0
        while index < position {
            let digit = base[index] &- 0x30
            // A fraction or an exponent: rare, and only a whole value will do.
            if digit > 9 { return try wholeNumber(start..<position) }
            let (scaled, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = scaled.subtractingReportingOverflow(Int64(digit))
            if tooBig || overflow { throw failure("the number does not fit 64 bits") }
            value = sum
            index += 1
        }
        if isNegative { return value }
        if value == .min { throw failure("the number does not fit 64 bits") }
        return -value
    }

    private func wholeNumber(_ range: Range<Int>) throws(ScanFailure) -> Int64 {
        let text = String(decoding: slice(range), as: UTF8.self)
        guard let value = Double(text), let whole = Int64(exactly: value) else {
            throw failure("a whole number is expected")
        }
        return whole
    }

    /// Passes a number by RFC 8259's grammar.
    mutating func skipNumber() throws(ScanFailure) {
        if position < count, base[position] == UInt8(ascii: "-") { position += 1 }
        if position < count, base[position] == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if position < count, base[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
    }

    @inline(__always)
    private mutating func digits() throws(ScanFailure) {
        let start = position
        while position < count, base[position] &- 0x30 <= 9 { position += 1 }
        if position == start { throw failure("a number is expected") }
    }

    /// Passes any value, checking its grammar; returns where it stands.
    @discardableResult
    mutating func skipValue(depth: Int = 0) throws(ScanFailure) -> Range<Int> {
        guard let byte = peek() else { throw failure("the text ends too early") }
        if depth > Self.maximumDepth { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        let start = position
        switch byte {
        case UInt8(ascii: "\""):
            position += 1
            _ = try skipString()
        case UInt8(ascii: "{"):
            if try beginObject() {
                repeat {
                    _ = try memberName()
                    try skipValue(depth: depth + 1)
                } while try nextMember()
            }
        case UInt8(ascii: "["):
            position += 1
            if !take(UInt8(ascii: "]")) {
                repeat { try skipValue(depth: depth + 1) } while take(UInt8(ascii: ","))
                try expect(UInt8(ascii: "]"))
            }
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try skipNumber()
        }
        return start..<position
    }
}
