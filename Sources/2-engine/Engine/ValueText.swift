/// Writes numbers, days and times as ASCII bytes at the end of a buffer, without a `String` on the way.
enum ValueText {
    static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func appendInteger(_ value: Int64, to out: inout [UInt8]) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        appendDigits(value.magnitude, atLeast: 1, to: &out)
    }

    static func appendInteger(_ value: Int128, to out: inout [UInt8]) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        appendDigits(value.magnitude, atLeast: 1, to: &out)
    }

    /// The digits of `value`, filled with zeros on the left to `width`.
    static func appendDigits(_ value: UInt64, atLeast width: Int, to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var rest = value
            var start = 20
            repeat {
                start -= 1
                buffer[start] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            } while rest != 0
            while 20 - start < width {
                start -= 1
                buffer[start] = UInt8(ascii: "0")
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[start...]))
        }
    }

    /// Two digits, the most frequent piece of dates and times: 0 to 99.
    @inline(__always)
    static func appendPair(_ value: Int, to out: inout [UInt8]) {
        out.append(UInt8(truncatingIfNeeded: 48 &+ value / 10))
        out.append(UInt8(truncatingIfNeeded: 48 &+ value % 10))
    }

    /// 128-bit division is slow, so the number is cut into pieces of 18 digits first.
    static func appendDigits(_ value: UInt128, atLeast width: Int, to out: inout [UInt8]) {
        let piece: UInt128 = 1_000_000_000_000_000_000
        if value < piece {
            if width > 18 { out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width - 18)) }
            appendDigits(UInt64(value), atLeast: min(width, 18), to: &out)
            return
        }
        let (high, low) = value.quotientAndRemainder(dividingBy: piece)
        appendDigits(high, atLeast: max(1, width - 18), to: &out)
        appendDigits(UInt64(low), atLeast: 18, to: &out)
    }

    /// `unscaled` with the decimal point moved `scale` places to the left: `-0.05`, `12.00`, `7`.
    static func appendDecimal(_ unscaled: Int128, scale: Int, to out: inout [UInt8]) {
        if unscaled < 0 { out.append(UInt8(ascii: "-")) }
        appendDigits(unscaled.magnitude, atLeast: scale + 1, to: &out)
        if scale > 0 { out.insert(UInt8(ascii: "."), at: out.count - scale) }
    }

    static func appendDecimal(_ unscaled: Int64, scale: Int, to out: inout [UInt8]) {
        if unscaled < 0 { out.append(UInt8(ascii: "-")) }
        appendDigits(unscaled.magnitude, atLeast: scale + 1, to: &out)
        if scale > 0 { out.insert(UInt8(ascii: "."), at: out.count - scale) }
    }

    /// The shortest text that reads back as the same number: `0.1`, `1e+16`, `5.0`; `nan`, `inf`, `-inf`.
    static func appendDouble(_ value: Double, to out: inout [UInt8]) {
        out.append(contentsOf: value.description.utf8)
    }

    static func appendFloat(_ value: Float, to out: inout [UInt8]) {
        out.append(contentsOf: value.description.utf8)
    }

    /// A day of the proleptic Gregorian calendar.
    struct Day {
        var year: Int
        var month: Int
        var day: Int

        /// - Parameter days: Since 1970-01-01.
        init(days: Int) {
            // Years are counted from March, so that the leap day is a year's last; 400 years have 146,097 days.
            let shifted = days + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let monthFromMarch = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
            month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }
    }

    /// How far a text follows ISO 8601 or DuckDB's own spelling.
    enum Style { case iso, duckdb }

    static func appendDate(days: Int32, style: Style, to out: inout [UInt8]) {
        if days == .max { return append("infinity", to: &out) }
        if days == -.max { return append("-infinity", to: &out) }
        appendDay(Day(days: Int(days)), style: style, to: &out)
    }

    private static func appendDay(_ day: Day, style: Style, to out: inout [UInt8]) {
        var year = day.year
        if style == .duckdb {
            if year <= 0 { year = 1 - year }
        } else if year < 0 {
            out.append(UInt8(ascii: "-"))
            year = -year
        } else if year > 9_999 {
            out.append(UInt8(ascii: "+"))
        }
        if year <= 9_999 {
            appendPair(year / 100, to: &out)
            appendPair(year % 100, to: &out)
        } else {
            appendDigits(UInt64(year), atLeast: 4, to: &out)
        }
        out.append(UInt8(ascii: "-"))
        appendPair(day.month, to: &out)
        out.append(UInt8(ascii: "-"))
        appendPair(day.day, to: &out)
        if style == .duckdb, day.year <= 0 { append(" (BC)", to: &out) }
    }

    /// A point in time counted in parts of a second (1, 1,000, 1,000,000 or 1,000,000,000 of them) since 1970.
    ///
    /// `zone` is written at the end, for example `+00` or `Z`.
    static func appendTimestamp(
        _ value: Int64, unitsPerSecond: Int64, style: Style, zone: StaticString = "", to out: inout [UInt8]
    ) {
        if value == .max { return append("infinity", to: &out) }
        if value == -.max { return append("-infinity", to: &out) }
        let unitsPerDay = 86_400 * unitsPerSecond
        var days = value / unitsPerDay
        var rest = value % unitsPerDay
        if rest < 0 {
            rest += unitsPerDay
            days -= 1
        }
        let day = Day(days: Int(days))
        appendDay(day, style: style, to: &out)
        out.append(UInt8(ascii: style == .iso ? "T" : " "))
        appendClock(rest, unitsPerSecond: unitsPerSecond, style: style, to: &out)
        append(zone, to: &out)
    }

    /// `HH:MM:SS` and the fraction: all digits in ISO style, without zeros at the end in DuckDB's.
    static func appendClock(_ value: Int64, unitsPerSecond: Int64, style: Style, to out: inout [UInt8]) {
        let seconds = value / unitsPerSecond
        var fraction = value % unitsPerSecond
        appendPair(Int(seconds / 3_600), to: &out)
        out.append(UInt8(ascii: ":"))
        appendPair(Int(seconds / 60 % 60), to: &out)
        out.append(UInt8(ascii: ":"))
        appendPair(Int(seconds % 60), to: &out)
        var width =
            unitsPerSecond == 1_000_000_000
            ? 9 : unitsPerSecond == 1_000_000 ? 6 : unitsPerSecond == 1_000 ? 3 : 0
        if width == 0 || (style == .duckdb && fraction == 0) { return }
        if style == .iso, width == 6 {
            out.append(UInt8(ascii: "."))
            appendPair(Int(fraction / 10_000), to: &out)
            appendPair(Int(fraction / 100 % 100), to: &out)
            return appendPair(Int(fraction % 100), to: &out)
        }
        if style == .duckdb {
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
        }
        out.append(UInt8(ascii: "."))
        appendDigits(UInt64(fraction), atLeast: width, to: &out)
    }

    static let hexadecimalDigits: [UInt8] = Array("0123456789abcdef".utf8)
    static let upperHexadecimalDigits: [UInt8] = Array("0123456789ABCDEF".utf8)

    static func appendUUID(_ bits: UInt128, to out: inout [UInt8]) {
        for nibble in 0..<32 {
            if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { out.append(UInt8(ascii: "-")) }
            out.append(hexadecimalDigits[Int(bits >> (124 - 4 * nibble) & 15)])
        }
    }
}
