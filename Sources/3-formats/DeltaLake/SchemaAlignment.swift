package import Base
package import TableModel

/// How the columns of rows to be written become the table's columns.
///
/// Delta's schema enforcement: columns are matched by name, case ignored; a column that the rows lack is null; one
/// that the table lacks is an error, or is added (`.merge`).
package struct SchemaAlignment: Sendable {
    package enum Mode: Sendable {
        /// The rows must fit the table.
        case enforce
        /// New columns, and new members of structures, are added at the end.
        case merge
    }

    /// Which conversions are allowed without being asked for.
    package enum Casting: Sendable {
        /// Only those that lose nothing: `integer` to `long`, `float` to `double`, a wider decimal.
        case lossless
        /// As in an INSERT statement: any plain type to any other; values that do not fit fail as they are written.
        case assignment
    }

    package struct Column: Sendable {
        /// As the table will have it.
        package let field: SchemaField
        /// The incoming column's name as the rows spell it; `nil` is null in every row.
        package let source: String?
        /// Whether the value must be cast to the field's type.
        package let needsCast: Bool
    }

    /// Every column of the table after the write, in its order.
    package let columns: [Column]
    /// The table's schema after the write.
    package let schema: TableSchema
    /// Whether that differs from before.
    package let changesSchema: Bool

    /// Matches rows to a table.
    ///
    /// - Parameters:
    ///   - incoming: The columns of the rows.
    ///   - table: The table's columns.
    ///   - mode: What happens to columns that the table lacks.
    ///   - casting: Which type differences are bridged.
    ///   - filled: Columns, in lower case, that get a value even where the rows have none.
    /// - Throws: `.schemaMismatch` listing all columns that do not fit.
    package init(
        _ incoming: TableSchema, to table: TableSchema, mode: Mode = .enforce, casting: Casting = .assignment,
        filled: Set<String> = []
    ) throws(TarnError) {
        try Self.checkDuplicates(incoming)
        var problems = Problems()
        let merged = Self.merge(
            table.fields, incoming.fields, path: [], mode: mode, casting: casting, &problems)
        for field in table.fields
        where incoming[field.name] == nil && !field.isNullable && !filled.contains(field.name.lowercased()) {
            problems.missing.append(field.name)
        }
        if let error = problems.error(table) { throw error }
        schema = TableSchema(merged)
        changesSchema = merged != table.fields
        columns = merged.map { field in
            guard let source = incoming[field.name] else {
                return Column(field: field, source: nil, needsCast: true)
            }
            return Column(
                field: field, source: source.name, needsCast: !Self.isSame(source.type, field.type))
        }
    }

    private static func checkDuplicates(_ schema: TableSchema) throws(TarnError) {
        var seen: Set<String> = []
        for field in schema.fields where !seen.insert(field.name.lowercased()).inserted {
            throw TarnError(
                .schemaMismatch, "The rows to write have the column \(field.name) twice.",
                context: [("column", field.name)])
        }
    }

    /// What does not fit, all of it, so that one error tells everything.
    private struct Problems {
        var unknown: [String] = []
        var missing: [String] = []
        var mismatched: [String] = []

        func error(_ table: TableSchema) -> TarnError? {
            var parts: [String] = []
            if !unknown.isEmpty {
                let hint = unknown.count == 1 ? didYouMean(unknown[0], among: table.names) : ""
                parts.append("the table has no column \(unknown.joined(separator: ", "))." + hint)
            }
            if !missing.isEmpty {
                parts.append("\(missing.joined(separator: ", ")) must not be null, but the rows lack it.")
            }
            parts += mismatched
            if parts.isEmpty { return nil }
            let advice =
                unknown.isEmpty ? "" : " Merge the schemas to add new columns, or leave them out."
            return TarnError(
                .schemaMismatch,
                "The rows do not fit the table: \(parts.joined(separator: " Also, "))\(advice)",
                context: (unknown + missing).map { ("column", $0) })
        }
    }

    private static func merge(
        _ table: [SchemaField], _ incoming: [SchemaField], path: [String], mode: Mode, casting: Casting,
        _ problems: inout Problems
    ) -> [SchemaField] {
        var merged = table
        let places = Dictionary(
            table.enumerated().map { ($0.element.name.lowercased(), $0.offset) },
            uniquingKeysWith: { a, _ in a })
        for field in incoming {
            let full = path + [field.name]
            guard let index = places[field.name.lowercased()] else {
                if mode == .enforce {
                    problems.unknown.append(full.joined(separator: "."))
                } else {
                    // Rows that are there already have no value for it.
                    merged.append(
                        SchemaField(field.name, field.type, isNullable: true, metadata: field.metadata))
                }
                continue
            }
            merged[index].type = merge(
                merged[index].type, field.type, path: full, mode: mode, casting: casting, &problems)
        }
        return merged
    }

    private static func merge(
        _ table: DataType, _ incoming: DataType, path: [String], mode: Mode, casting: Casting,
        _ problems: inout Problems
    ) -> DataType {
        switch (table, incoming) {
        case (.structure(let a), .structure(let b)):
            return .structure(merge(a, b, path: path, mode: mode, casting: casting, &problems))
        case (.array(let a, let containsNull), .array(let b, _)):
            let element = merge(
                a, b, path: path + ["element"], mode: mode, casting: casting, &problems)
            return .array(element: element, containsNull: containsNull)
        case (.map(let key, let value, let containsNull), .map(let otherKey, let otherValue, _)):
            return .map(
                key: merge(key, otherKey, path: path + ["key"], mode: mode, casting: casting, &problems),
                value: merge(
                    value, otherValue, path: path + ["value"], mode: mode, casting: casting, &problems),
                valueContainsNull: containsNull)
        // A column that never held a value takes any type.
        case (.void, _) where mode == .merge: return incoming
        default:
            if !canCast(incoming, to: table, casting) {
                problems.mismatched.append(
                    """
                    column \(path.joined(separator: ".")) has the type \(table.deltaName), but the rows have the \
                    type \(incoming.deltaName).
                    """)
            }
            return table
        }
    }

    private static func canCast(_ from: DataType, to: DataType, _ casting: Casting) -> Bool {
        if from == to || from == .void { return true }
        // It holds whatever there is.
        if to == .variant { return casting == .assignment }
        if from.isNested || to.isNested || to == .void { return false }
        return casting == .assignment || isLossless(from, to)
    }

    /// Whether every value of one type is a value of the other.
    package static func isLossless(_ from: DataType, _ to: DataType) -> Bool {
        if let a = wholeDigits(from) {
            if let b = wholeDigits(to) { return a <= b }
            if case .decimal(let precision, let scale) = to { return precision - scale >= a }
            // 24 and 53 bits of mantissa hold whole numbers of 16 and 32 bits.
            return to == .double && a <= 10 || to == .float && a <= 5
        }
        switch (from, to) {
        case (.float, .double): return true
        case (.decimal(let p, let s), .decimal(let q, let t)): return t >= s && q - t >= p - s
        default: return from == to
        }
    }

    /// How many digits a whole-number type can need.
    private static func wholeDigits(_ type: DataType) -> Int? {
        switch type {
        case .byte: 3
        case .short: 5
        case .integer: 10
        case .long: 19
        default: nil
        }
    }

    /// Equal but for nullability, metadata and the case of names: no cast changes anything then.
    private static func isSame(_ a: DataType, _ b: DataType) -> Bool {
        switch (a, b) {
        case (.structure(let x), .structure(let y)):
            x.count == y.count && zip(x, y).allSatisfy { $0.name == $1.name && isSame($0.type, $1.type) }
        case (.array(let x, _), .array(let y, _)): isSame(x, y)
        case (.map(let k, let v, _), .map(let l, let w, _)): isSame(k, l) && isSame(v, w)
        default: a == b
        }
    }
}
