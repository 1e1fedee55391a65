extension SQLLexer {
    /// The value of a string token with its quotes.
    static func stringValue(_ token: ArraySlice<UInt8>) -> String {
        if token.first == UInt8(ascii: "$") {
            guard let end = token.dropFirst().firstIndex(of: UInt8(ascii: "$")) else { return "" }
            let tagLength = end - token.startIndex + 1
            return String(decoding: token.dropFirst(tagLength).dropLast(tagLength), as: UTF8.self)
        }
        let escapes = token.first != UInt8(ascii: "'")
        var out: [UInt8] = []
        var rest = token.dropFirst(escapes ? 2 : 1).dropLast()[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "'") {
                rest = rest.dropFirst()
                out.append(byte)
            } else if escapes, byte == UInt8(ascii: "\\") {
                appendEscape(&rest, to: &out)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The escapes of `E'...'`: `\n`, octal, `\xFF`, `\u0041`, `\U00000041`; any other character stands for itself.
    private static func appendEscape(_ rest: inout ArraySlice<UInt8>, to out: inout [UInt8]) {
        let digits = take(&rest, limit: 3, radix: 8)
        if !digits.isEmpty {
            out.append(UInt8(truncatingIfNeeded: Int(digits, radix: 8) ?? 0))
            return
        }
        guard let byte = rest.popFirst() else { return }
        switch byte {
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "x"):
            let digits = take(&rest, limit: 2, radix: 16)
            out.append(digits.isEmpty ? byte : UInt8(truncatingIfNeeded: Int(digits, radix: 16) ?? 0))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let digits = take(&rest, limit: byte == UInt8(ascii: "u") ? 4 : 8, radix: 16)
            let scalar = UInt32(digits, radix: 16).flatMap(UnicodeScalar.init) ?? "\u{FFFD}"
            out.append(contentsOf: String(Character(scalar)).utf8)
        default: out.append(byte)
        }
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, limit: Int, radix: Int) -> String {
        var digits = ""
        while digits.count < limit, let byte = rest.first,
            let digit = Character(UnicodeScalar(byte)).hexDigitValue,
            digit < radix
        {
            digits.append(Character(UnicodeScalar(byte)))
            rest = rest.dropFirst()
        }
        return digits
    }
}
