internal import Base
internal import TableModel

extension EntityKey {
    /// Appends a value of a request as a key of that type.
    ///
    /// - Returns: `false` for null and for a value that the type cannot take.
    mutating func append(
        _ value: OnlineRequest.Value, as type: DataType, _ body: UnsafeBufferPointer<UInt8>
    ) throws(TarnError) -> Bool {
        let raw = UnsafeBufferPointer(rebasing: body[Int(value.start)..<Int(value.end)])
        switch (type, value.kind) {
        case (.byte, .integer), (.short, .integer), (.integer, .integer), (.long, .integer):
            guard let number = Self.integer(raw) else { return false }
            append(integer: number)
        case (.byte, .number), (.short, .number), (.integer, .number), (.long, .number):
            guard let number = (try? JSONValue.parse(raw))?.int64 else { return false }
            append(integer: number)
        case (.string, .text): append(string: UnsafeBufferPointer(rebasing: raw.dropFirst().dropLast()))
        case (.boolean, .boolean): append(boolean: raw[0] == UInt8(ascii: "t"))
        case (.timestamp, .integer), (.timestampNtz, .integer):
            guard let seconds = Self.integer(raw) else { return false }
            let (microseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
            if overflow { return false }
            append(timestamp: microseconds)
        case (.string, .escapedText), (.date, .text), (.timestamp, .text), (.timestampNtz, .text),
            (.binary, .text), (.binary, .escapedText):
            guard let text = (try? JSONValue.parse(raw))?.string else { return false }
            return append(text: text, as: type)
        default: return false
        }
        return true
    }

    private mutating func append(text: String, as type: DataType) -> Bool {
        var text = text
        switch type {
        case .string: text.withUTF8 { append(string: $0) }
        case .date:
            guard let day = CalendarText.days(text), let value = Int32(exactly: day) else { return false }
            append(date: value)
        case .timestamp, .timestampNtz:
            guard let microseconds = CalendarText.microseconds(text) else { return false }
            append(timestamp: microseconds)
        case .binary:
            guard let bytes = Base64.decode(text) else { return false }
            bytes.withUnsafeBufferPointer { append(binary: $0) }
        default: return false
        }
        return true
    }

    private static func integer(_ raw: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = raw.first == UInt8(ascii: "-")
        var number: Int64 = 0
        for byte in isNegative ? raw.dropFirst() : raw[...] {
            let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
            let (product, tooLong) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) =
                isNegative
                ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if tooLong || overflow { return nil }
            number = sum
        }
        return number
    }
}

/// Base64 (RFC 4648) with or without padding.
enum Base64 {
    static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var word: UInt32 = 0
        var bitCount = 0
        for byte in text.utf8.reversed().drop(while: { $0 == UInt8(ascii: "=") }).reversed() {
            guard let digit = digit(byte) else { return nil }
            word = word << 6 | digit
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                out.append(UInt8(truncatingIfNeeded: word >> UInt32(bitCount)))
            }
        }
        return bitCount < 6 ? out : nil
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) - 48 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
