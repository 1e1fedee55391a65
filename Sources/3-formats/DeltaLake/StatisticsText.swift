import Base
package import TableModel

/// Writes the statistics of a data file, the JSON text of `add.stats`.
///
/// ```swift
/// let columns = StatisticsText.columns(schema, partitionColumns: ["day"], properties)
/// let text = StatisticsText.bytes(rowCount: 10, columns: columns) { bounds[$0] }
/// ```
///
/// Delta protocol, "Per-file Statistics".
package enum StatisticsText {
    /// Texts longer than this are cut off, in characters.
    package static let prefixLength = 32

    /// The leaf columns that statistics are written of, in the schema's order.
    ///
    /// `delta.dataSkippingStatsColumns` names them (a structure stands for all its members), or else they are the
    /// first `delta.dataSkippingNumIndexedCols`. Partition columns have none: their values are in the log anyway.
    package static func columns(
        _ schema: TableSchema, partitionColumns: [String], _ properties: TableProperties
    ) -> [(path: ColumnPath, type: DataType)] {
        let partitions = Set(partitionColumns.map { $0.lowercased() })
        var leaves: [(path: ColumnPath, type: DataType)] = []
        SchemaRules.visit(schema.fields.filter { !partitions.contains($0.name.lowercased()) }, at: []) {
            if case .structure = $1.type { return }
            leaves.append((ColumnPath($0), $1.type))
        }
        if let wanted = properties.statisticsColumns {
            let names = wanted.map { $0.replacing("`", with: "").lowercased() }
            return leaves.filter { leaf in
                let name = leaf.path.parts.joined(separator: ".").lowercased()
                return names.contains { name == $0 || name.hasPrefix($0 + ".") }
            }
        }
        let limit = properties.indexedColumnCount
        return limit < 0 ? leaves : Array(leaves.prefix(limit))
    }

    /// The JSON text.
    ///
    /// - Parameters:
    ///   - rowCount: Rows in the file.
    ///   - columns: As `columns` gives them.
    ///   - bounds: What is known of a column: exact bounds, which are made wider here where the text cannot hold them.
    ///     Leave out the maximum of a column that holds NaN, since NaN counts as the largest value.
    /// - Returns: UTF-8.
    package static func bytes(
        rowCount: Int64, columns: [(path: ColumnPath, type: DataType)],
        bounds: (ColumnPath) -> ColumnBounds?
    ) -> [UInt8] {
        var (minimums, maximums, nullCounts) = (Tree(), Tree(), Tree())
        for (path, type) in columns {
            guard let known = bounds(path) else { continue }
            // An empty file or one of nulls only has no bounds; half a pair would help nobody.
            if let low = known.minimum.flatMap({ text($0, type, isMaximum: false) }) {
                minimums.insert(low, at: path.parts[...])
            }
            if let high = known.maximum.flatMap({ text($0, type, isMaximum: true) }) {
                maximums.insert(high, at: path.parts[...])
            }
            if let nulls = known.nullCount { nullCounts.insert(.int(nulls), at: path.parts[...]) }
        }
        let object: JSONObject = [
            "numRecords": .int(rowCount), "minValues": minimums.json, "maxValues": maximums.json,
            "nullCount": nullCounts.json,
        ]
        return JSONValue.object(object).jsonBytes
    }

    /// `nil` for a value that JSON or the protocol has no form for.
    private static func text(_ value: Scalar, _ type: DataType, isMaximum: Bool) -> JSONValue? {
        switch (value, type) {
        case (.integer(let value), .float), (.integer(let value), .double): .number("\(Double(value))")
        case (.integer(let value), _): .int(value)
        case (.double(let value), .float): value.isFinite ? .number("\(Float(value))") : nil
        case (.double(let value), _): value.isFinite ? .number("\(value)") : nil
        case (.decimal(let unscaled, let scale), _): .number(DecimalText.text(unscaled, scale: scale))
        case (.string(let value), _): .string(isMaximum ? upperBound(value) : lowerBound(value))
        case (.date(let days), _): .string(CalendarText.date(Int64(days)))
        case (.timestamp(let micros), _): milliseconds(micros, isMaximum).map { .string($0 + "Z") }
        case (.timestampNtz(let micros), _): milliseconds(micros, isMaximum).map { .string($0) }
        case (.boolean, _), (.binary, _), (.null, _): nil
        }
    }

    /// The text holds milliseconds only.
    ///
    /// Rounding a maximum up keeps it a bound even for readers that trust it.
    private static func milliseconds(_ micros: Int64, _ isMaximum: Bool) -> String? {
        let (rounded, overflow) = isMaximum ? micros.addingReportingOverflow(999) : (micros, false)
        if overflow { return nil }
        let seconds = rounded.floorDivided(by: 1_000_000)
        let rest = rounded &- seconds &* 1_000_000
        let fraction = String(rest / 1000)
        return CalendarText.timestamp(seconds * 1_000_000, separator: "T") + "."
            + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
    }

    /// The first characters: never after the whole text.
    static func lowerBound(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(prefixLength)))
    }

    /// A text of about `prefixLength` characters that does not come before the whole one in byte order.
    static func upperBound(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        if scalars.count <= prefixLength { return text }
        var length = prefixLength
        // Nothing comes after U+10FFFF, so it cannot be topped, only kept.
        while length < scalars.count, scalars[length] == "\u{10FFFF}" { length += 1 }
        var bound = String.UnicodeScalarView(scalars.prefix(length))
        if length < scalars.count { bound.append(scalars[length] < "\u{7F}" ? "\u{7F}" : "\u{10FFFF}") }
        return String(bound)
    }

    /// Values by path, for nested objects in the order of insertion.
    private struct Tree {
        private var members: [(name: String, value: JSONValue?, child: Tree)] = []
        private var places: [String: Int] = [:]

        mutating func insert(_ value: JSONValue, at path: ArraySlice<String>) {
            guard let name = path.first else { return }
            let index: Int
            if let known = places[name] {
                index = known
            } else {
                index = members.count
                places[name] = index
                members.append((name, nil, Tree()))
            }
            if path.count == 1 {
                members[index].value = value
            } else {
                members[index].child.insert(value, at: path.dropFirst())
            }
        }

        var json: JSONValue {
            .object(JSONObject(members.map { ($0.name, $0.value ?? $0.child.json) }))
        }
    }
}
