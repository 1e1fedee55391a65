package import Base
package import TableModel

/// Which types a column can change to while its files stay, and how the schema remembers it.
///
/// Delta protocol, "Type Widening".
package enum TypeWidening {
    package static let changesKey = "delta.typeChanges"
    package static let property = "delta.enableTypeWidening"

    /// Whether every reader of the feature takes old files' values for the new type.
    package static func isSupported(_ from: DataType, _ to: DataType) -> Bool {
        switch (from, to) {
        case (.byte, .short), (.byte, .integer), (.byte, .long), (.short, .integer), (.short, .long),
            (.integer, .long), (.float, .double), (.byte, .double), (.short, .double), (.integer, .double),
            (.date, .timestampNtz):
            true
        case (.decimal(let p, let s), .decimal(let q, let t)): t >= s && q - p >= t - s
        case (.byte, .decimal(let q, let t)), (.short, .decimal(let q, let t)),
            (.integer, .decimal(let q, let t)):
            q - t >= 10
        case (.long, .decimal(let q, let t)): q - t >= 20
        default: false
        }
    }

    /// A column with another type.
    ///
    /// Arrays, maps and structures are compared member by member; only plain types change.
    ///
    /// - Parameters:
    ///   - field: The column, or a member of a structure.
    ///   - type: What it is to be.
    ///   - isEnabled: Whether the table allows widening; a `void` column may change in any case.
    ///   - path: Its name with those of its parents, for messages.
    /// - Returns: The column, its changes added to `delta.typeChanges`.
    /// - Throws: `.failedPrecondition` where widening is off, `.invalidInput` for a change that is no widening.
    package static func widened(
        _ field: SchemaField, to type: DataType, isEnabled: Bool, path: [String]
    ) throws(TarnError) -> SchemaField {
        var changes: [JSONValue] = []
        var result = field
        result.type = try widened(field.type, to: type, isEnabled, path, [], &changes)
        if !changes.isEmpty {
            let known = field.metadata[changesKey]?.array ?? []
            result.metadata[changesKey] = .array(known + changes)
        }
        return result
    }

    private static func widened(
        _ from: DataType, to: DataType, _ isEnabled: Bool, _ path: [String], _ fieldPath: [String],
        _ changes: inout [JSONValue]
    ) throws(TarnError) -> DataType {
        switch (from, to) {
        case (.structure(let old), .structure(let new)):
            return .structure(try members(old, new, isEnabled, path))
        case (.array(let a, let containsNull), .array(let b, _)):
            let element = try widened(
                a, to: b, isEnabled, path + ["element"], fieldPath + ["element"], &changes)
            return .array(element: element, containsNull: containsNull)
        case (.map(let key, let value, let containsNull), .map(let newKey, let newValue, _)):
            return .map(
                key: try widened(key, to: newKey, isEnabled, path + ["key"], fieldPath + ["key"], &changes),
                value: try widened(
                    value, to: newValue, isEnabled, path + ["value"], fieldPath + ["value"], &changes),
                valueContainsNull: containsNull)
        default: break
        }
        if from == to { return from }
        // Nothing in the files can contradict it.
        if from == .void, fieldPath.isEmpty { return to }
        try check(from, to, isEnabled, path.joined(separator: "."))
        var change: JSONObject = ["fromType": json(from), "toType": json(to)]
        if !fieldPath.isEmpty { change["fieldPath"] = .string(fieldPath.joined(separator: ".")) }
        changes.append(.object(change))
        return to
    }

    /// The columns as wide as some rows need them, where widening stays within one kind of number.
    ///
    /// - Parameters:
    ///   - schema: The table's columns; the table allows widening.
    ///   - incoming: The rows' columns.
    /// - Returns: The table's columns, each of its type or a wider one.
    /// - Throws: Nothing that a table with valid types could cause.
    package static func merged(
        _ schema: TableSchema, with incoming: TableSchema
    ) throws(TarnError) -> TableSchema {
        var fields: [SchemaField] = []
        for field in schema.fields {
            guard let other = incoming[field.name] else {
                fields.append(field)
                continue
            }
            let wanted = widest(field.type, other.type)
            fields.append(try widened(field, to: wanted, isEnabled: true, path: [field.name]))
        }
        return TableSchema(fields)
    }

    private static func widest(_ table: DataType, _ incoming: DataType) -> DataType {
        switch (table, incoming) {
        case (.structure(let members), .structure(let others)):
            return .structure(
                members.map { member in
                    var member = member
                    if let other = TableSchema(others)[member.name] {
                        member.type = widest(member.type, other.type)
                    }
                    return member
                })
        case (.array(let a, let containsNull), .array(let b, _)):
            return .array(element: widest(a, b), containsNull: containsNull)
        case (.map(let key, let value, let containsNull), .map(let otherKey, let otherValue, _)):
            return .map(
                key: widest(key, otherKey), value: widest(value, otherValue), valueContainsNull: containsNull)
        case (.byte, .double), (.short, .double), (.integer, .double), (.date, _): return table
        case (.byte, .decimal), (.short, .decimal), (.integer, .decimal), (.long, .decimal): return table
        default: return isSupported(table, incoming) ? incoming : table
        }
    }

    private static func members(
        _ old: [SchemaField], _ new: [SchemaField], _ isEnabled: Bool, _ path: [String]
    ) throws(TarnError) -> [SchemaField] {
        var result: [SchemaField] = []
        for field in old {
            guard let wanted = TableSchema(new)[field.name] else {
                throw other(path, "the member \(field.name) is missing; drop it by its own statement")
            }
            result.append(
                try widened(field, to: wanted.type, isEnabled: isEnabled, path: path + [field.name]))
        }
        if let added = new.first(where: { TableSchema(old)[$0.name] == nil }) {
            throw other(path, "the member \(added.name) is new; add it by its own statement")
        }
        return result
    }

    private static func other(_ path: [String], _ what: String) -> TarnError {
        TarnError(
            .invalidInput, "The type of column \(path.joined(separator: ".")) cannot change so: \(what).",
            context: [("column", path.joined(separator: "."))])
    }

    private static func check(
        _ from: DataType, _ to: DataType, _ isEnabled: Bool, _ column: String
    ) throws(TarnError) {
        let change = "from \(from.deltaName) to \(to.deltaName)"
        if !isSupported(from, to) {
            throw TarnError(
                .invalidInput,
                """
                The type of column \(column) cannot change \(change): only a wider type of the same kind takes \
                every value that is in the files. Add a new column and fill it instead.
                """,
                context: [("column", column)])
        }
        if !isEnabled {
            throw TarnError(
                .failedPrecondition,
                """
                The type of column \(column) can change \(change) only where the table property \(property) is \
                true. Set it first; readers must then know the table feature typeWidening.
                """,
                context: [("column", column), ("property", property)])
        }
    }

    private static func json(_ type: DataType) -> JSONValue {
        (try? JSONValue.parse(SchemaCodec.json(type))) ?? .string(type.deltaName)
    }
}
