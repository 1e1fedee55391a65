extension ByteScanner {
    /// Passes a string whose opening quote was passed; the range excludes the quotes.
    @inline(__always)
    mutating func skipString() throws(ScanFailure) -> (range: Range<Int>, hasEscapes: Bool) {
        let start = position
        var hasEscapes = false
        while position < count {
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return (start..<position - 1, hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else if byte < 0x20 {
                throw failure("a control character must be escaped")
            } else {
                position += 1
            }
        }
        throw failure("a string has no end")
    }

    private mutating func skipEscape() throws(ScanFailure) {
        position += 1
        guard position < count else { throw failure("a string has no end") }
        switch base[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            _ = try hexadecimal()
        default: throw failure("unknown escape in a string")
        }
    }

    /// A string value as text; spaces before it are passed.
    mutating func text() throws(ScanFailure) -> String {
        try expectString()
        let (range, hasEscapes) = try skipString()
        if !hasEscapes { return String(decoding: slice(range), as: UTF8.self) }
        return Self.unescaped(slice(range))
    }

    mutating func expectString() throws(ScanFailure) {
        if !take(UInt8(ascii: "\"")) { throw failure("a string is expected") }
    }

    /// The text of a string's inside whose escapes were checked by `skipString`.
    static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count) { buffer in
            guard var out = buffer.baseAddress else { return 0 }
            let start = out
            var scanner = ByteScanner(bytes)
            while scanner.position < scanner.count {
                let byte = scanner.base[scanner.position]
                if byte == UInt8(ascii: "\\") {
                    guard (try? scanner.copyEscape(to: &out)) != nil else { break }
                } else {
                    out.pointee = byte
                    out += 1
                    scanner.position += 1
                }
            }
            return out - start
        }
    }

    /// Passes a string whose opening quote was passed and writes its text, which is never longer than its source.
    ///
    /// `out` has room for the rest of the source; it is moved behind what was written.
    @inline(__always)
    mutating func copyString(to out: inout UnsafeMutablePointer<UInt8>) throws(ScanFailure) {
        var target = out
        while position < count {
            let byte = base[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                out = target
                return
            }
            if byte == UInt8(ascii: "\\") {
                // `\"` is by far the most frequent: statistics are JSON within JSON.
                if position + 1 < count, base[position + 1] == UInt8(ascii: "\"") {
                    target.pointee = UInt8(ascii: "\"")
                    target += 1
                    position += 2
                } else {
                    try copyEscape(to: &target)
                }
            } else if byte < 0x20 {
                throw failure("a control character must be escaped")
            } else {
                target.pointee = byte
                target += 1
                position += 1
            }
        }
        throw failure("a string has no end")
    }

    private mutating func copyEscape(to out: inout UnsafeMutablePointer<UInt8>) throws(ScanFailure) {
        guard position + 1 < count else { throw failure("a string has no end") }
        let byte = base[position + 1]
        let plain: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = byte
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            position += 2
            let scalar = try unicodeEscape()
            for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                out.pointee = unit
                out += 1
            }
            return
        default: throw failure("unknown escape in a string")
        }
        out.pointee = plain
        out += 1
        position += 2
    }

    /// The scalar after `\u`, of two escapes if they are a surrogate pair.
    ///
    /// A lone surrogate has no UTF-8 form; the replacement character stands for it.
    private mutating func unicodeEscape() throws(ScanFailure) -> UnicodeScalar {
        let high = try hexadecimal()
        if high >= 0xD800, high < 0xDC00, position + 1 < count, base[position] == UInt8(ascii: "\\"),
            base[position + 1] == UInt8(ascii: "u")
        {
            let mark = position
            position += 2
            let low = try hexadecimal()
            if low >= 0xDC00, low < 0xE000 {
                return UnicodeScalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)) ?? "\u{FFFD}"
            }
            position = mark
        }
        return UnicodeScalar(high) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(ScanFailure) -> UInt32 {
        guard position + 4 <= count else { throw failure("four hexadecimal digits are expected") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = base[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw failure("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
