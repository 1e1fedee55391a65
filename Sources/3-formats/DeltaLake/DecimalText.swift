/// Decimals as text and back, without a detour over floating point.
enum DecimalText {
    /// `-1.50` for -150 at scale 2.
    static func text(_ unscaled: Int128, scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        if scale > 0 {
            if digits.utf8.count <= scale {
                digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits
            }
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale))
        }
        return unscaled < 0 ? "-" + digits : digits
    }

    /// The number as `unscaled` at exactly this scale, cut off towards zero where it has more digits.
    struct Parsed: Equatable {
        var unscaled: Int128
        /// Whether digits other than 0 were cut off.
        var isCut: Bool
        /// Digits from the first that is not 0.
        var significantDigits: Int
        var hasExponent: Bool
    }

    /// `nil` if the text is no number or does not fit 128 bits.
    static func parse(_ text: some StringProtocol, scale: Int) -> Parsed? {
        var (mantissa, pointPosition): (Int128, Int?) = (0, nil)
        var (digits, significant, position) = (0, 0, 0)
        var exponent = 0
        let bytes = Array(text.utf8)
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative || bytes.first == UInt8(ascii: "+") { position = 1 }
        var hasExponent = false
        scan: while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x30...0x39:
                let (scaled, tooBig) = mantissa.multipliedReportingOverflow(by: 10)
                let (sum, overflow) = scaled.addingReportingOverflow(Int128(byte - 0x30))
                if tooBig || overflow { return nil }
                mantissa = sum
                digits += 1
                if mantissa != 0 { significant += 1 }
                if pointPosition != nil { exponent -= 1 }
            case UInt8(ascii: ".") where pointPosition == nil: pointPosition = position
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                let rest = String(decoding: bytes[(position + 1)...], as: UTF8.self)
                guard let power = Int(rest), (-1000...1000).contains(power) else { return nil }
                exponent += power
                hasExponent = true
                break scan
            default: return nil
            }
            position += 1
        }
        guard digits > 0, let result = shift(mantissa, by: exponent + scale) else { return nil }
        return Parsed(
            unscaled: isNegative ? -result.value : result.value, isCut: result.isCut,
            significantDigits: significant, hasExponent: hasExponent)
    }

    private static func shift(_ value: Int128, by power: Int) -> (value: Int128, isCut: Bool)? {
        var (value, isCut) = (value, false)
        for _ in 0..<abs(power) where value != 0 {
            if power > 0 {
                let (next, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { return nil }
                value = next
            } else {
                if value % 10 != 0 { isCut = true }
                value /= 10
            }
        }
        return (value, isCut)
    }
}
