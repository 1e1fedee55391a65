/// Texts of the rarer types: intervals, zoned times, bit strings, bytes, numbers beyond the finite.
extension ValueText {
    /// 40 bits of microseconds, then 24 bits of the offset from UTC, stored as its distance from the largest.
    static func appendZonedTime(_ bits: UInt64, style: Style, to out: inout [UInt8]) {
        appendClock(Int64(bits >> 24), unitsPerSecond: 1_000_000, style: style, to: &out)
        let offset = 16 * 60 * 60 - 1 - Int(bits & 0xFF_FFFF)
        out.append(UInt8(ascii: offset < 0 ? "-" : "+"))
        let size = abs(offset)
        appendDigits(UInt64(size / 3_600), atLeast: 2, to: &out)
        if style == .iso || size % 3_600 != 0 {
            out.append(UInt8(ascii: ":"))
            appendDigits(UInt64(size / 60 % 60), atLeast: 2, to: &out)
        }
        if size % 60 != 0 {
            out.append(UInt8(ascii: ":"))
            appendDigits(UInt64(size % 60), atLeast: 2, to: &out)
        }
    }

    /// `1 year 2 months 3 days 04:05:06.5`, as DuckDB writes it.
    static func appendInterval(months: Int32, days: Int32, micros: Int64, to out: inout [UInt8]) {
        let start = out.count
        func part(_ value: Int32, _ one: StaticString, _ many: StaticString) {
            if value == 0 { return }
            if out.count > start { out.append(UInt8(ascii: " ")) }
            appendInteger(Int64(value), to: &out)
            append(value == 1 || value == -1 ? one : many, to: &out)
        }
        part(months / 12, " year", " years")
        part(months % 12, " month", " months")
        part(days, " day", " days")
        if micros == 0, out.count > start { return }
        if out.count > start { out.append(UInt8(ascii: " ")) }
        if micros < 0 { out.append(UInt8(ascii: "-")) }
        let size = micros.magnitude
        appendDigits(size / 3_600_000_000, atLeast: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        appendDigits(size / 60_000_000 % 60, atLeast: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        appendDigits(size / 1_000_000 % 60, atLeast: 2, to: &out)
        var fraction = size % 1_000_000
        if fraction == 0 { return }
        var width = 6
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        out.append(UInt8(ascii: "."))
        appendDigits(fraction, atLeast: width, to: &out)
    }

    /// A bit string: the first byte tells how many bits at the start of the second are padding.
    static func appendBits(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        guard let padding = bytes.first, bytes.count > 1 else { return }
        for bit in min(Int(padding), 8)..<(bytes.count - 1) * 8 {
            out.append(48 + bytes[1 + bit / 8] >> (7 - bit % 8) & 1)
        }
    }

    static func appendHexadecimal(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        for byte in bytes {
            out.append(hexadecimalDigits[Int(byte >> 4)])
            out.append(hexadecimalDigits[Int(byte & 15)])
        }
    }

    /// A JSON number, or a string for what JSON has no number for.
    static func appendJSON(_ value: Double, to out: inout [UInt8]) {
        if value.isFinite { return appendDouble(value, to: &out) }
        append(value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"", to: &out)
    }

    static func appendJSON(_ value: Float, to out: inout [UInt8]) {
        if value.isFinite { return appendFloat(value, to: &out) }
        appendJSON(Double(value), to: &out)
    }
}
