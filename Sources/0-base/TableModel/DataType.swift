package import Base

/// A column's type, in Delta Lake's terms; Iceberg's types map onto the same set.
///
/// Delta protocol, "Schema Serialization Format".
package indirect enum DataType: Hashable, Sendable {
    case boolean
    /// 8-bit signed.
    case byte
    /// 16-bit signed.
    case short
    /// 32-bit signed.
    case integer
    /// 64-bit signed.
    case long
    case float
    case double
    /// Precision 1...38, scale 0...precision.
    case decimal(precision: Int, scale: Int)
    /// UTF-8 text.
    case string
    case binary
    /// Days since 1970-01-01.
    case date
    /// An instant: microseconds since 1970-01-01T00:00:00Z.
    case timestamp
    /// A wall-clock time without a zone, in microseconds.
    case timestampNtz
    /// A column that has never held a value: null in every row, absent from the data files.
    case void
    /// A value of any shape with its type in it, like JSON but exact.
    case variant
    case array(element: DataType, containsNull: Bool)
    case map(key: DataType, value: DataType, valueContainsNull: Bool)
    case structure([SchemaField])

    /// Whether the type holds other types.
    package var isNested: Bool {
        switch self {
        case .array, .map, .structure: true
        default: false
        }
    }

    package var isNumeric: Bool {
        switch self {
        case .byte, .short, .integer, .long, .float, .double, .decimal: true
        default: false
        }
    }
}

/// One column, or one member of a structure.
package struct SchemaField: Hashable, Sendable {
    /// As written; names compare without regard to case.
    package var name: String
    package var type: DataType
    package var isNullable: Bool
    /// Free-form facts about the column: comment, invariants, mapping ids.
    package var metadata: JSONObject

    package init(_ name: String, _ type: DataType, isNullable: Bool = true, metadata: JSONObject = [:]) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.metadata = metadata
    }
}

/// The columns of a table in order.
package struct TableSchema: Hashable, Sendable {
    package var fields: [SchemaField]

    package init(_ fields: [SchemaField] = []) { self.fields = fields }

    package var names: [String] { fields.map(\.name) }

    /// The column of that name, case ignored.
    package subscript(name: String) -> SchemaField? {
        let lowered = name.lowercased()
        return fields.first { $0.name.lowercased() == lowered }
    }

    package func index(of name: String) -> Int? {
        let lowered = name.lowercased()
        return fields.firstIndex { $0.name.lowercased() == lowered }
    }
}

extension DataType {
    /// The type in DuckDB's and Spark's shared SQL spelling, for example `DECIMAL(10,2)` or `STRUCT(a BIGINT)`.
    package var sqlName: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .byte: "TINYINT"
        case .short: "SMALLINT"
        case .integer: "INTEGER"
        case .long: "BIGINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .string: "VARCHAR"
        case .binary: "BLOB"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP WITH TIME ZONE"
        case .timestampNtz: "TIMESTAMP"
        // SQL has no type for it; DuckDB gives an untyped NULL column this one.
        case .void: "INTEGER"
        case .variant: "VARIANT"
        case .array(let element, _): "\(element.sqlName)[]"
        case .map(let key, let value, _): "MAP(\(key.sqlName), \(value.sqlName))"
        case .structure(let fields):
            "STRUCT("
                + fields.map { "\(quoteIdentifier($0.name)) \($0.type.sqlName)" }.joined(separator: ", ")
                + ")"
        }
    }
}

/// A SQL identifier in double quotes.
package func quoteIdentifier(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
}

/// A SQL string literal in single quotes.
package func quoteLiteral(_ text: String) -> String {
    "'" + text.replacing("'", with: "''") + "'"
}
