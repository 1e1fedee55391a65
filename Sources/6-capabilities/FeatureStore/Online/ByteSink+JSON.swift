import Base

/// Values of features as Feast's server writes them into JSON.
extension ByteSink {
    /// A JSON string with its quotes, from UTF-8.
    mutating func append(jsonString bytes: UnsafeBufferPointer<UInt8>) {
        reserve(bytes.count + 2)
        append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            append(UnsafeBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
            append(escaped: byte)
        }
        append(UnsafeBufferPointer(rebasing: bytes[start...]))
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u00")
            append(byte >> 4 == 0 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = byte & 15
            append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }

    /// The shortest decimal text that reads back as the same number; infinities and NaN as protobuf's JSON has them.
    mutating func append(double value: Double) {
        if !value.isFinite {
            append(value.isNaN ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"")
            return
        }
        if appendShortDecimal(value) { return }
        append(text: value.description)
    }

    mutating func append(float value: Float) {
        if !value.isFinite { return append(double: Double(value)) }
        append(text: value.description)
    }

    /// Numbers with up to four decimals, several times faster than the general way.
    ///
    /// `digits` and the power of ten are exact as doubles and their quotient is rounded once, as a parser of the text
    /// would round it: equal quotients mean that the text reads back as the same number.
    private mutating func appendShortDecimal(_ value: Double) -> Bool {
        let magnitude = value.magnitude
        if magnitude >= 1e9 || (value == 0 && value.sign == .minus) { return false }
        var power: Double = 1
        for decimals in 0...4 {
            let digits = (magnitude * power).rounded()
            if digits / power == magnitude {
                append(digits: UInt64(digits), decimals: decimals, isNegative: value < 0)
                return true
            }
            power *= 10
        }
        return false
    }

    private mutating func append(digits: UInt64, decimals: Int, isNegative: Bool) {
        if isNegative { append(UInt8(ascii: "-")) }
        var power: UInt64 = 1
        for _ in 0..<decimals { power *= 10 }
        append(digits: digits / power, width: 0)
        append(UInt8(ascii: "."))
        append(digits: digits % power, width: max(1, decimals))
    }

    /// All digits of a decimal, for example `-12.50`.
    mutating func append(decimal unscaled: Int128, scale: Int) {
        if unscaled < 0 { append(UInt8(ascii: "-")) }
        let digits = String(unscaled.magnitude)
        if scale == 0 { return append(text: digits) }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        append(text: String(padded.dropLast(scale)))
        append(UInt8(ascii: "."))
        append(text: String(padded.suffix(scale)))
    }

    /// Seconds since 1970, as Feast gives out timestamps; with a fraction where there is one.
    mutating func append(seconds microseconds: Int64) {
        let fraction = microseconds.magnitude % 1_000_000
        if microseconds < 0 { append(UInt8(ascii: "-")) }
        append(digits: microseconds.magnitude / 1_000_000, width: 0)
        if fraction == 0 { return }
        append(UInt8(ascii: "."))
        append(digits: fraction, width: 6)
    }

    /// `2024-01-31T08:00:00Z` with quotes; with 3 or 6 decimals where there are any.
    mutating func append(isoTime microseconds: Int64) {
        let second = microseconds.floorDivided(by: 1_000_000)
        let fraction = UInt64(microseconds - second * 1_000_000)
        let day = second.floorDivided(by: 86_400)
        let time = UInt64(second - day * 86_400)
        append(UInt8(ascii: "\""))
        append(date: day)
        append(UInt8(ascii: "T"))
        append(digits: time / 3600, width: 2)
        append(UInt8(ascii: ":"))
        append(digits: time / 60 % 60, width: 2)
        append(UInt8(ascii: ":"))
        append(digits: time % 60, width: 2)
        if fraction != 0 {
            append(UInt8(ascii: "."))
            if fraction % 1000 == 0 {
                append(digits: fraction / 1000, width: 3)
            } else {
                append(digits: fraction, width: 6)
            }
        }
        append("Z\"")
    }

    /// `2024-01-31` from days since 1970, in the proleptic Gregorian calendar; no quotes.
    mutating func append(date day: Int64) {
        // Years start in March here, so that the leap day is the last of its year; eras have 400 years.
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        if year < 0 { append(UInt8(ascii: "-")) }
        append(digits: year.magnitude, width: 4)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(month), width: 2)
        append(UInt8(ascii: "-"))
        append(digits: UInt64(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), width: 2)
    }

    /// RFC 4648 with padding, in quotes.
    mutating func append(base64 bytes: UnsafeBufferPointer<UInt8>) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        append(UInt8(ascii: "\""))
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - start
            let word =
                UInt32(bytes[start]) << 16 | (left > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[start + 2]) : 0)
            for place in 0..<4 {
                let index = Int(word >> (18 - 6 * UInt32(place))) & 63
                append(place <= left ? alphabet.utf8Start[index] : UInt8(ascii: "="))
            }
        }
        append(UInt8(ascii: "\""))
    }
}
