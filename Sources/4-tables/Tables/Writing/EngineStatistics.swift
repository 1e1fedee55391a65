import Base
import DeltaLake
import TableModel

/// The engine's figures of a written file as the log's statistics.
enum EngineStatistics {
    /// What is known of each leaf column of the file.
    ///
    /// Columns within arrays and maps have no statistics in a Delta log. A float column with a NaN has no bounds: the
    /// engine leaves NaN out of them, other readers take it for the largest value.
    static func bounds(of file: WrittenFile, _ schema: TableSchema) -> [ColumnPath: ColumnBounds] {
        var known: [ColumnPath: ColumnBounds] = [:]
        for column in file.columns {
            guard let type = type(at: column.path, in: schema.fields) else { continue }
            var bounds = ColumnBounds(nullCount: column.nullCount)
            if !column.hasNaN {
                bounds.minimum = column.minimum.flatMap { scalar($0, type) }
                bounds.maximum = column.maximum.flatMap { scalar($0, type) }
            }
            known[ColumnPath(column.path)] = bounds
        }
        return known
    }

    private static func type(at path: [String], in fields: [SchemaField]) -> DataType? {
        guard let first = path.first, let field = fields.first(where: { $0.name == first }) else {
            return nil
        }
        if path.count == 1 { return field.type.isNested ? nil : field.type }
        guard case .structure(let members) = field.type else { return nil }
        return type(at: Array(path.dropFirst()), in: members)
    }

    /// A value in the engine's notation; `nil` for types without bounds and for infinite dates.
    static func scalar(_ text: String, _ type: DataType) -> Scalar? {
        switch type {
        case .boolean: return .boolean(text == "1" || text.lowercased() == "true")
        case .byte, .short, .integer, .long: return Int64(text).map { .integer($0) }
        case .float, .double: return Double(text).map { .double($0) }
        case .decimal(_, let scale): return decimal(text, scale: scale)
        case .string: return .string(text)
        case .date: return CalendarText.days(text).map { .date(Int32(clamping: $0)) }
        case .timestamp: return CalendarText.microseconds(text).map { .timestamp($0) }
        case .timestampNtz: return CalendarText.microseconds(text).map { .timestampNtz($0) }
        case .binary, .void, .variant, .array, .map, .structure: return nil
        }
    }

    private static func decimal(_ text: String, scale: Int) -> Scalar? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard fraction.count <= scale, let whole = parts.first else { return nil }
        let digits = whole + fraction + String(repeating: "0", count: scale - fraction.count)
        return Int128(digits).map { .decimal(unscaled: $0, scale: scale) }
    }
}
