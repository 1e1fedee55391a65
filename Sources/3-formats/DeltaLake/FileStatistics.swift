package import TableModel

/// What a file's statistics say of some columns.
///
/// Read from the JSON text each time it is asked: most files' statistics are never looked at. Text that is damaged or
/// of another shape than expected counts as not known, since nothing but speed depends on it.
/// Delta protocol, "Per-file Statistics".
package struct FileStatistics: Sendable {
    package let rowCount: Int64?
    private let bounds: [ColumnPath: ColumnBounds]

    /// - Parameters:
    ///   - text: The JSON text of `stats`.
    ///   - schema: Gives the columns' types; others are passed over.
    package init(_ text: [UInt8], schema: TableSchema) {
        var columns: [StatisticsColumn] = []
        SchemaRules.visit(schema.fields, at: []) { path, field in
            if !field.type.isNested { columns.append(StatisticsColumn(ColumnPath(path), field.type)) }
        }
        var found = Array(repeating: ColumnBounds(), count: columns.count)
        let reader = StatisticsReader(columns)
        rowCount = text.withUnsafeBufferPointer { reader.read($0, into: &found) }
        var bounds: [ColumnPath: ColumnBounds] = [:]
        for (column, known) in zip(columns, found) where known != ColumnBounds() {
            bounds[column.path] = known
        }
        self.bounds = bounds
    }

    /// What is known of a column, spelled as in the schema.
    package func bounds(_ column: ColumnPath) -> ColumnBounds? { bounds[column] }
}

/// A column whose statistics are wanted.
struct StatisticsColumn: Sendable {
    let path: ColumnPath
    let parts: [[UInt8]]
    let type: DataType

    init(_ path: ColumnPath, _ type: DataType) {
        self.path = path
        self.type = type
        parts = path.parts.map { Array($0.utf8) }
    }
}

/// Picks the wanted columns out of a statistics text in one pass.
struct StatisticsReader: Sendable {
    let columns: [StatisticsColumn]

    init(_ columns: [StatisticsColumn]) { self.columns = columns }

    private enum Part { case minimum, maximum, nullCount }

    /// Fills `bounds`, one for each column, and returns the number of rows, `nil` if it is not known.
    func read(_ text: UnsafeBufferPointer<UInt8>, into bounds: inout [ColumnBounds]) -> Int64? {
        var scanner = ByteScanner(text)
        var rowCount: Int64?
        do throws(ScanFailure) {
            try scanner.members { scanner, name throws(ScanFailure) in
                if scanner.isName(name, "numRecords") {
                    rowCount = try scanner.int64()
                } else if scanner.isName(name, "minValues") {
                    try object(&scanner, depth: 0, columns.indices, .minimum, &bounds)
                } else if scanner.isName(name, "maxValues") {
                    try object(&scanner, depth: 0, columns.indices, .maximum, &bounds)
                } else if scanner.isName(name, "nullCount") {
                    try object(&scanner, depth: 0, columns.indices, .nullCount, &bounds)
                } else {
                    try scanner.skipValue()
                }
            }
        } catch {
            // Half of a text is no knowledge at all.
            for index in bounds.indices { bounds[index] = ColumnBounds() }
            return nil
        }
        if let rowCount, rowCount < 0 { return nil }
        return rowCount
    }

    /// Only the number of rows.
    static func rowCount(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var none: [ColumnBounds] = []
        return StatisticsReader([]).read(text, into: &none)
    }

    private func object(
        _ scanner: inout ByteScanner, depth: Int, _ candidates: some Collection<Int>, _ part: Part,
        _ bounds: inout [ColumnBounds]
    ) throws(ScanFailure) {
        guard scanner.peek() == UInt8(ascii: "{"), !candidates.isEmpty, depth <= ByteScanner.maximumDepth
        else {
            try scanner.skipValue()
            return
        }
        try scanner.members { scanner, name throws(ScanFailure) in
            var deeper: [Int] = []
            var found: Int?
            for index in candidates where matches(scanner, name, columns[index].parts[depth]) {
                if columns[index].parts.count == depth + 1 { found = index } else { deeper.append(index) }
            }
            if let found {
                try value(&scanner, columns[found].type, part, &bounds[found])
            } else if deeper.isEmpty {
                try scanner.skipValue()
            } else {
                try object(&scanner, depth: depth + 1, deeper, part, &bounds)
            }
        }
    }

    private func matches(_ scanner: ByteScanner, _ name: Range<Int>, _ part: [UInt8]) -> Bool {
        let written = scanner.slice(name)
        if written.count == part.count {
            // Byte by byte over the buffer: this runs for every member of every file's statistics.
            return part.withUnsafeBufferPointer { part in
                var index = 0
                while index < part.count, part[index] == written[index] { index += 1 }
                return index == part.count
            }
        }
        guard written.count > part.count, written.contains(UInt8(ascii: "\\")) else { return false }
        return scanner.nameText(name).utf8.elementsEqual(part)
    }

    private func value(
        _ scanner: inout ByteScanner, _ type: DataType, _ part: Part, _ bounds: inout ColumnBounds
    ) throws(ScanFailure) {
        let first = scanner.peek()
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            try scanner.skipValue()
            return
        }
        if part == .nullCount {
            let range = try scanner.skipValue()
            bounds.nullCount = Int64(String(decoding: scanner.slice(range), as: UTF8.self)).flatMap {
                $0 >= 0 ? $0 : nil
            }
            return
        }
        let isText = first == UInt8(ascii: "\"")
        let text = try scanner.scalarText()
        let isMaximum = part == .maximum
        let scalar = StatisticsValue.parse(text, isText: isText, type, isMaximum: isMaximum)
        if isMaximum {
            bounds.maximum = scalar
            StatisticsValue.separateLongTexts(&bounds)
        } else {
            bounds.minimum = scalar
            StatisticsValue.separateLongTexts(&bounds)
        }
    }
}

/// One bound: text to value, made wider where writers are known to lose digits.
enum StatisticsValue {
    /// A bound that is surely not narrower than what the writer meant; `nil` if it is none of the type.
    static func parse(_ text: String, isText: Bool, _ type: DataType, isMaximum: Bool) -> Scalar? {
        switch type {
        case .boolean:
            return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case .byte, .short, .integer, .long: return Int64(text).map { .integer($0) }
        case .float:
            // A float's digits, or those of the double it widens to: both round to the same float.
            return Float(text).flatMap { $0.isNaN ? nil : .double(Double($0)) }
        case .double: return Double(text).flatMap { $0.isNaN ? nil : .double($0) }
        case .decimal(_, let scale): return decimal(text, scale: scale, isMaximum: isMaximum)
        case .string: return isText ? .string(text) : nil
        case .date: return CalendarText.days(text).flatMap { Int32(exactly: $0) }.map { .date($0) }
        case .timestamp: return instant(text, isMaximum: isMaximum).map { .timestamp($0) }
        case .timestampNtz: return instant(text, isMaximum: isMaximum).map { .timestampNtz($0) }
        // Writers disagree on how binary is written, so it proves nothing.
        case .binary, .void, .variant, .array, .map, .structure: return nil
        }
    }

    /// The protocol has milliseconds, cut off: the true maximum may be up to a millisecond later, and a minimum before
    /// 1970 up to one earlier where the writer cut towards zero.
    private static func instant(_ text: String, isMaximum: Bool) -> Int64? {
        guard let micros = CalendarText.microseconds(text) else { return nil }
        if micros % 1000 != 0 { return micros }
        let widened =
            isMaximum
            ? micros.addingReportingOverflow(999)
            : micros.subtractingReportingOverflow(micros < 0 ? 999 : 0)
        return widened.overflow ? nil : widened.partialValue
    }

    /// delta-rs writes decimals as doubles: beyond 15 digits the bound may be off by the last bit.
    private static func decimal(_ text: String, scale: Int, isMaximum: Bool) -> Scalar? {
        guard let parsed = DecimalText.parse(text, scale: scale) else { return nil }
        var margin: Int128 = parsed.isCut ? 1 : 0
        if parsed.hasExponent || parsed.significantDigits > 15 {
            margin += Int128(parsed.unscaled.magnitude >> 52) + 1
        }
        let (sum, overflow) =
            isMaximum
            ? parsed.unscaled.addingReportingOverflow(margin)
            : parsed.unscaled.subtractingReportingOverflow(margin)
        return overflow ? nil : .decimal(unscaled: sum, scale: scale)
    }

    /// Two equal bounds of a long text may both be cut off: they must not prove that all values are this one.
    static func separateLongTexts(_ bounds: inout ColumnBounds) {
        if case .string(let low)? = bounds.minimum, case .string(let high)? = bounds.maximum, low == high,
            low.unicodeScalars.count >= 32
        {
            bounds.maximum = .string(high + "\u{10FFFF}")
        }
    }
}
