import Base
import DeltaLake
import Engine
import TableModel

/// The SELECT that gives a source's rows the table's columns: in order, cast where types differ, NULL where missing.
struct RowProjection {
    let alignment: SchemaAlignment

    /// The columns that rows of these engine types make in a table.
    ///
    /// - Throws: `.schemaMismatch` for a type that no Delta table can hold.
    static func schema(of shape: SourceShape) throws(TarnError) -> TableSchema {
        var fields: [SchemaField] = []
        for (name, type) in zip(shape.names, shape.types) {
            fields.append(SchemaField(name, try tableType(type, column: name)))
        }
        return TableSchema(fields)
    }

    private static func tableType(_ type: EngineType, column: String) throws(TarnError) -> DataType {
        switch type {
        // Sums of whole numbers are 128 bits wide; 38 digits hold all but the outermost of them.
        case .int128: return .decimal(precision: 38, scale: 0)
        // A bare NULL has no type of its own; the engine's own tables take it for an INTEGER.
        case .null: return .integer
        default: break
        }
        if let known = type.dataType { return known }
        throw TarnError(
            .schemaMismatch,
            "Column \(column) has the type \(type.name), which no Delta table can hold. Cast it to another type.",
            context: [("column", column), ("type", type.name)])
    }

    /// Wraps the source.
    ///
    /// - Parameters:
    ///   - source: A SELECT.
    ///   - shape: Its columns, to tell where a cast is needed.
    /// - Returns: A SELECT over it.
    func select(from source: String, _ shape: SourceShape) -> String {
        let types = Dictionary(zip(shape.names, shape.types), uniquingKeysWith: { first, _ in first })
        let items = alignment.columns.map { column -> String in
            let field = column.field
            let name = quoteIdentifier(field.name)
            guard let source = column.source else { return "CAST(NULL AS \(field.type.sqlName)) AS \(name)" }
            let given = quoteIdentifier(source)
            let isSame = types[source] == EngineType(field.type)
            let value = isSame ? given : "CAST(\(given) AS \(field.type.sqlName))"
            return "\(Self.required(value, field)) AS \(name)"
        }
        return "SELECT \(items.joined(separator: ", ")) FROM (\(source)) AS __source"
    }

    /// Required columns of plain types are checked by the written file's null count, which costs nothing; the engine
    /// counts none for nested types, so those are checked row by row.
    private static func required(_ value: String, _ field: SchemaField) -> String {
        guard let violation = nullViolation(of: value, field) else { return value }
        return "CASE WHEN \(violation) THEN error(\(quoteLiteral(nullMessage(field.name)))) ELSE \(value) END"
    }

    static func nullMessage(_ column: String) -> String {
        "NOT NULL constraint violated for column \(column): a row to write has no value there"
    }

    /// SQL that is true where a nested value breaks a NOT NULL; `nil` where none can.
    private static func nullViolation(of value: String, _ field: SchemaField) -> String? {
        guard field.type.isNested else { return nil }
        var parts: [String] = []
        if !field.isNullable { parts.append("\(value) IS NULL") }
        if let inner = innerViolation(of: value, field.type) {
            parts.append("(\(value) IS NOT NULL AND \(inner))")
        }
        return parts.isEmpty ? nil : parts.joined(separator: " OR ")
    }

    private static func innerViolation(of value: String, _ type: DataType) -> String? {
        switch type {
        case .structure(let members):
            let parts = members.compactMap { member -> String? in
                let inner = "struct_extract(\(value), \(quoteLiteral(member.name)))"
                if member.type.isNested { return nullViolation(of: inner, member) }
                return member.isNullable ? nil : "\(inner) IS NULL"
            }
            return parts.isEmpty ? nil : "(\(parts.joined(separator: " OR ")))"
        case .array(let element, let containsNull):
            var tests: [String] = []
            if !containsNull { tests.append("__e IS NULL") }
            if let inner = innerViolation(of: "__e", element) {
                tests.append("(__e IS NOT NULL AND \(inner))")
            }
            if tests.isEmpty { return nil }
            return "len(list_filter(\(value), lambda __e: \(tests.joined(separator: " OR ")))) > 0"
        case .map(_, _, let valueContainsNull):
            if valueContainsNull { return nil }
            return "len(list_filter(map_values(\(value)), lambda __e: __e IS NULL)) > 0"
        default: return nil
        }
    }
}
