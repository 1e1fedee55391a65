package import Base
package import TableModel

/// What makes a schema valid for a Delta table.
///
/// Names: any text but the empty one. Spark refuses ` ,;{}()\n\t=` without column mapping, deltalake and DuckDB take
/// them; Parquet can hold them, so Tarn does too.
package enum SchemaRules {
    /// - Throws: `.invalidInput` naming the column at fault.
    package static func check(_ schema: TableSchema, partitionColumns: [String]) throws(TarnError) {
        if schema.fields.isEmpty {
            throw TarnError(.invalidInput, "A table needs at least one column.")
        }
        try checkNames(schema.fields, within: [])
        try checkPartitionColumns(partitionColumns, of: schema, .invalidInput)
        if partitionColumns.count == schema.fields.count {
            throw TarnError(
                .invalidInput,
                "A table cannot be partitioned by all its columns: at least one must remain for the data files."
            )
        }
    }

    private static func checkNames(_ fields: [SchemaField], within path: [String]) throws(TarnError) {
        var seen: Set<String> = []
        for field in fields {
            let full = (path + [field.name]).joined(separator: ".")
            if field.name.isEmpty {
                throw TarnError(.invalidInput, "A column must have a name: one of \(place(path)) has none.")
            }
            if !seen.insert(field.name.lowercased()).inserted {
                throw TarnError(
                    .invalidInput,
                    "The column \(full) occurs twice: names must differ in more than upper and lower case.",
                    context: [("column", full)])
            }
            try checkType(field.type, at: path + [field.name])
        }
    }

    private static func place(_ path: [String]) -> String {
        path.isEmpty ? "the table's columns" : "the members of \(path.joined(separator: "."))"
    }

    private static func checkType(_ type: DataType, at path: [String]) throws(TarnError) {
        switch type {
        case .structure(let fields): try checkNames(fields, within: path)
        case .array(let element, _): try checkType(element, at: path + ["element"])
        case .map(let key, let value, _):
            try checkType(key, at: path + ["key"])
            try checkType(value, at: path + ["value"])
        case .decimal(let precision, let scale):
            if !(1...38).contains(precision) || !(0...precision).contains(scale) {
                throw TarnError(
                    .invalidInput,
                    """
                    The column \(path.joined(separator: ".")) has the type decimal(\(precision),\(scale)): the \
                    precision must be 1 to 38, the scale 0 to the precision.
                    """)
            }
        default: break
        }
    }

    static func checkPartitionColumns(
        _ columns: [String], of schema: TableSchema, _ code: TarnError.Code
    ) throws(TarnError) {
        var seen: Set<String> = []
        for name in columns {
            guard let field = schema[name] else {
                throw TarnError(
                    code,
                    "The partition column \(name) is not in the schema.\(didYouMean(name, among: schema.names))",
                    context: [("column", name)])
            }
            if !seen.insert(name.lowercased()).inserted {
                throw TarnError(
                    code, "The partition column \(name) is listed twice.", context: [("column", name)])
            }
            if field.type.isNested || field.type == .void {
                throw TarnError(
                    code,
                    "A table cannot be partitioned by \(name): its type \(field.type.deltaName) is not a plain value.",
                    context: [("column", name)])
            }
        }
    }

    static func usesTimestampNtz(_ schema: TableSchema) -> Bool {
        contains(.structure(schema.fields), .timestampNtz)
    }

    private static func contains(_ type: DataType, _ wanted: DataType) -> Bool {
        switch type {
        case .structure(let fields): fields.contains { contains($0.type, wanted) }
        case .array(let element, _): contains(element, wanted)
        case .map(let key, let value, _): contains(key, wanted) || contains(value, wanted)
        default: type == wanted
        }
    }

    /// Calls `body` with every column and every member of a structure, arrays and maps not entered.
    static func visit(
        _ fields: [SchemaField], at path: [String], _ body: ([String], SchemaField) -> Void
    ) {
        for field in fields {
            body(path + [field.name], field)
            if case .structure(let members) = field.type { visit(members, at: path + [field.name], body) }
        }
    }

    /// Columns, and members of structures whose every parent is required too, that may not be null: a writer must
    /// check them.
    package static func requiredColumns(_ schema: TableSchema) -> [ColumnPath] {
        var found: [ColumnPath] = []
        func walk(_ fields: [SchemaField], _ path: [String]) {
            for field in fields where !field.isNullable {
                found.append(ColumnPath(path + [field.name]))
                if case .structure(let members) = field.type { walk(members, path + [field.name]) }
            }
        }
        walk(schema.fields, [])
        return found
    }
}
