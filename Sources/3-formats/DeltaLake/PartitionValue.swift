package import TableModel

/// The text of a partition column's value, as the log and folder names hold it.
///
/// Delta protocol, "Partition Value Serialization". Null and the empty string are one: both are null.
package enum PartitionValue {
    /// The text for the log; `nil` for null, for the empty string, and for a value that is not of the type.
    ///
    /// Timestamps are in UTC, `2024-01-31 12:30:00` with a fraction of up to six digits where there is one.
    package static func text(_ value: Scalar, _ type: DataType) -> String? {
        switch (value, type) {
        case (.boolean(let value), _): value ? "true" : "false"
        case (.integer(let value), .float), (.integer(let value), .double):
            text(Double(value), isFloat: false)
        case (.integer(let value), .decimal(_, let scale)):
            DecimalText.parse(String(value), scale: scale).map { DecimalText.text($0.unscaled, scale: scale) }
        case (.integer(let value), _): String(value)
        case (.double(let value), _): text(value, isFloat: type == .float)
        case (.decimal(let unscaled, let scale), _): DecimalText.text(unscaled, scale: scale)
        case (.string(let value), _): value.isEmpty ? nil : value
        case (.binary(let value), _): value.isEmpty ? nil : text(value)
        case (.date(let days), _): CalendarText.date(Int64(days))
        case (.timestamp(let micros), _), (.timestampNtz(let micros), _): CalendarText.timestamp(micros)
        case (.null, _): nil
        }
    }

    /// As Java prints it (`1.0`, `NaN`, `Infinity`), since readers parse it so.
    private static func text(_ value: Double, isFloat: Bool) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return isFloat ? "\(Float(value))" : "\(value)"
    }

    /// Every byte escaped, as the protocol's example has it: `\u0001\u00FF`.
    private static func text(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes {
            text += "\\u00"
            text.unicodeScalars.append(UnicodeScalar(PathEncoding.hexDigits[Int(byte >> 4)]))
            text.unicodeScalars.append(UnicodeScalar(PathEncoding.hexDigits[Int(byte & 15)]))
        }
        return text
    }

    /// The value of a text in the log; `.null` for null and the empty string, `nil` if it is none of the type.
    package static func parse(_ text: String?, _ type: DataType) -> Scalar? {
        guard let text, !text.isEmpty else { return .null }
        switch type {
        case .string: return .string(text)
        case .binary: return .binary(bytes(text))
        case .boolean:
            switch text.lowercased() {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: return nil
            }
        case .byte: return Int8(text).map { .integer(Int64($0)) }
        case .short: return Int16(text).map { .integer(Int64($0)) }
        case .integer: return Int32(text).map { .integer(Int64($0)) }
        case .long: return Int64(text).map { .integer($0) }
        case .float: return Float(text).map { .double(Double($0)) }
        case .double: return Double(text).map { .double($0) }
        case .decimal(_, let scale):
            return DecimalText.parse(text, scale: scale).map { .decimal(unscaled: $0.unscaled, scale: scale) }
        case .date: return CalendarText.days(text).flatMap { Int32(exactly: $0) }.map { .date($0) }
        case .timestamp: return CalendarText.microseconds(text).map { .timestamp($0) }
        case .timestampNtz: return CalendarText.microseconds(text).map { .timestampNtz($0) }
        case .void, .variant, .array, .map, .structure: return nil
        }
    }

    /// Of `\u0001\u00FF`, as Spark and delta-rs write binary, or of any other text its UTF-8.
    private static func bytes(_ text: String) -> [UInt8] {
        let source = Array(text.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < source.count {
            if index + 6 <= source.count, source[index] == UInt8(ascii: "\\"),
                source[index + 1] == UInt8(ascii: "u"), source[index + 2] == UInt8(ascii: "0"),
                source[index + 3] == UInt8(ascii: "0"), let high = PathEncoding.hexValue(source[index + 4]),
                let low = PathEncoding.hexValue(source[index + 5])
            {
                out.append(high << 4 | low)
                index += 6
            } else {
                out.append(source[index])
                index += 1
            }
        }
        return out
    }
}

/// The folder of a partition, `year=2024/city=S%C3%A3o`, as Hive and Spark name it.
package enum PartitionPath {
    /// What stands for null in a folder's name.
    package static let null = "__HIVE_DEFAULT_PARTITION__"

    /// The folder relative to the table, without a slash at the end; empty for a table without partitions.
    ///
    /// The log never depends on it: values are read from `partitionValues` only.
    package static func folder(_ values: PartitionValues) -> String {
        values.map { name, value in
            escape(name) + "=" + (value.map { $0.isEmpty ? null : escape($0) } ?? null)
        }.joined(separator: "/")
    }

    /// Escapes what Spark's `ExternalCatalogUtils.escapePathName` does: control characters and
    /// `"#%'*/:=?\{[]^` and the delete character.
    ///
    /// Spaces and non-ASCII stay.
    package static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x7F || special.contains(byte) {
                out.append(UInt8(ascii: "%"))
                out.append(PathEncoding.hexDigits[Int(byte >> 4)])
                out.append(PathEncoding.hexDigits[Int(byte & 15)])
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let special = Set("\"#%'*/:=?\\{[]^".utf8)
}
