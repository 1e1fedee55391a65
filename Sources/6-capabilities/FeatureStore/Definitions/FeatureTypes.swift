import Base
package import TableModel

/// The names of value types in definitions: Feast's (`Int64`, `FLOAT`, `Array(String)`), and SQL's (`BIGINT`, `DECIMAL(10,2)`).
package enum FeatureTypes {
    private static let primitives: [String: DataType] = [
        "bool": .boolean, "boolean": .boolean,
        "byte": .byte, "tinyint": .byte, "int8": .byte,
        "short": .short, "smallint": .short, "int16": .short,
        "int32": .integer, "int": .integer, "integer": .integer,
        "int64": .long, "bigint": .long, "long": .long,
        "float32": .float, "float": .float, "real": .float,
        "float64": .double, "double": .double,
        "string": .string, "varchar": .string, "text": .string,
        "bytes": .binary, "binary": .binary, "blob": .binary,
        "date": .date,
        "unixtimestamp": .timestamp, "unix_timestamp": .timestamp, "timestamp": .timestamp,
        "timestamptz": .timestamp, "timestamp_ntz": .timestampNtz,
    ]

    /// Names to show when one is not known.
    package static let knownNames = [
        "Bool", "Int32", "Int64", "Float32", "Float64", "String", "Bytes", "UnixTimestamp", "Date",
        "Timestamp",
        "Decimal(10,2)", "Array(Int64)",
    ]

    /// The type of that name, letters' case ignored; `nil` if there is none.
    package static func parse(_ text: String) -> DataType? {
        let name = text.lowercased().filter { $0 != " " }
        if let type = primitives[name] { return type }
        if name.hasSuffix("[]") { return list(parse(String(name.dropLast(2)))) }
        if name.hasSuffix("_list") { return list(parse(String(name.dropLast(5)))) }
        guard name.hasSuffix(")"), let open = name.firstIndex(of: "(") else { return nil }
        let inner = String(name[name.index(after: open)...].dropLast())
        switch name[..<open] {
        case "array", "list", "set": return list(parse(inner))
        case "decimal", "numeric":
            let parts = inner.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let precision = parts[0], let scale = parts[1],
                (1...38).contains(precision),
                (0...precision).contains(scale)
            else { return nil }
            return .decimal(precision: precision, scale: scale)
        default: return nil
        }
    }

    private static func list(_ element: DataType?) -> DataType? {
        element.map { .array(element: $0, containsNull: true) }
    }

    /// Whether values of `actual` can stand where `declared` was written: the same type, or a narrower number.
    ///
    /// A declared `timestamp` takes both kinds of timestamp: Feast has only the one.
    package static func accepts(declared: DataType, actual: DataType) -> Bool {
        switch (declared, actual) {
        case (.timestamp, .timestampNtz), (.timestamp, .date), (.timestampNtz, .timestamp): true
        case (.long, .integer), (.long, .short), (.long, .byte), (.integer, .short), (.integer, .byte),
            (.short, .byte), (.double, .float):
            true
        case (.array(let a, _), .array(let b, _)): accepts(declared: a, actual: b)
        default: declared == actual
        }
    }
}

/// Lengths of time as definitions write them: `7d`, `24h`, `90m`, `30s`, `1d 12h`, `0`.
package enum DurationText {
    private static let units: [(suffix: Character, microseconds: Int64)] = [
        ("w", 604_800_000_000), ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000),
        ("s", 1_000_000),
    ]

    /// The text as microseconds.
    ///
    /// A bare number counts seconds, as Feast's does; `nil` if the text is no length of time or is longer than 64 bits
    /// hold.
    package static func parse(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        if parts.isEmpty { return nil }
        var total: Int64 = 0
        for part in parts {
            var digits = part
            var unit: Int64 = 1_000_000
            if let last = part.last, let found = units.first(where: { $0.suffix == last }) {
                unit = found.microseconds
                digits = part.dropLast()
            } else if parts.count > 1 {
                return nil
            }
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
                let number = Int64(digits)
            else {
                return nil
            }
            let (product, tooLong) = number.multipliedReportingOverflow(by: unit)
            let (sum, overflow) = total.addingReportingOverflow(product)
            if tooLong || overflow { return nil }
            total = sum
        }
        return total
    }

    /// The shortest text that `parse` reads back; whole seconds are all that definitions can hold.
    package static func text(_ microseconds: Int64) -> String {
        if microseconds == 0 { return "0" }
        for (suffix, unit) in units where microseconds % unit == 0 {
            return "\(microseconds / unit)\(suffix)"
        }
        return "\(microseconds / 1_000_000)s"
    }
}
