import Base
import Catalog
import DeltaLake
import TableModel

/// Unity Catalog's `ColumnInfo`, to and from columns.
enum ColumnJSON {
    enum TypeName: String, CaseIterable {
        case boolean = "BOOLEAN"
        case byte = "BYTE"
        case short = "SHORT"
        case int = "INT"
        case long = "LONG"
        case float = "FLOAT"
        case double = "DOUBLE"
        case date = "DATE"
        case timestamp = "TIMESTAMP"
        case timestampNtz = "TIMESTAMP_NTZ"
        case string = "STRING"
        case binary = "BINARY"
        case decimal = "DECIMAL"
        case interval = "INTERVAL"
        case array = "ARRAY"
        case structure = "STRUCT"
        case map = "MAP"
        case variant = "VARIANT"
        case char = "CHAR"
        case null = "NULL"
        case userDefined = "USER_DEFINED_TYPE"
        case table = "TABLE_TYPE"

        /// The type that the word alone means; `nil` where it needs more.
        var plainType: DataType? {
            switch self {
            case .boolean: .boolean
            case .byte: .byte
            case .short: .short
            case .int: .integer
            case .long: .long
            case .float: .float
            case .double: .double
            case .date: .date
            case .timestamp: .timestamp
            case .timestampNtz: .timestampNtz
            case .string, .char: .string
            case .binary: .binary
            case .variant: .variant
            case .null: .void
            case .decimal, .interval, .array, .structure, .map, .userDefined, .table: nil
            }
        }
    }

    /// `ColumnInfo` of a column that the catalog knows.
    static func json(_ column: CatalogColumn) -> JSONObject {
        let (precision, scale) = digits(column.typeText)
        var info: JSONObject = [
            "name": .string(column.name), "type_text": .string(column.typeText),
            "type_json": .string(column.typeJSON), "type_name": .string(column.typeName),
            // DuckDB's extension demands both numbers of every column.
            "type_precision": .int(precision), "type_scale": .int(scale),
            "position": .int(column.position), "nullable": .bool(column.isNullable),
        ]
        if let comment = column.comment { info["comment"] = .string(comment) }
        if let index = column.partitionIndex { info["partition_index"] = .int(index) }
        return info
    }

    /// Both are 0 for what is no decimal.
    private static func digits(_ typeText: String) -> (precision: Int, scale: Int) {
        guard typeText.hasPrefix("decimal("),
            case .decimal(let precision, let scale)? = try? SparkTypeText.parse(typeText)
        else { return (0, 0) }
        return (precision, scale)
    }

    // MARK: Reading

    /// The columns that a request lists, in the order of their positions.
    ///
    /// - Returns: The columns, and the names of the partition columns in the order of their `partition_index`.
    /// - Throws: `.invalidInput` naming the field that is wrong.
    static func columns(
        _ bodies: [UnityBody]
    ) throws(TarnError) -> (fields: [SchemaField], partitionColumns: [String]) {
        var placed: [(position: Int64, field: SchemaField)] = []
        var partitions: [(index: Int64, name: String)] = []
        var seen: Set<String> = []
        for (index, body) in bodies.enumerated() {
            let field = try column(body)
            if !seen.insert(field.name.lowercased()).inserted {
                throw body.wrong("name", "is the name of two columns: \(field.name)")
            }
            placed.append((try body.integer("position") ?? Int64(index), field))
            if let place = try body.integer("partition_index") { partitions.append((place, field.name)) }
        }
        // Stable: columns of one position stay in the order in which they came.
        let order = placed.indices.sorted { (placed[$0].position, $0) < (placed[$1].position, $1) }
        return (
            order.map { placed[$0].field }, partitions.sorted { $0.index < $1.index }.map(\.name)
        )
    }

    private static func column(_ body: UnityBody) throws(TarnError) -> SchemaField {
        let name = try body.required("name")
        var field = try type(body)
        field.name = name
        if let isNullable = try body.flag("nullable") { field.isNullable = isNullable }
        if let comment = try body.comment(), !comment.isEmpty { field.metadata["comment"] = .string(comment) }
        return field
    }

    /// `type_json` is exact, then `type_text`; `type_name` is enough for a plain type.
    private static func type(_ body: UnityBody) throws(TarnError) -> SchemaField {
        let typeName = try body.choice("type_name", of: TypeName.self)
        if let text = try body.text("type_json"), !text.isEmpty {
            if let field = try? field(fromJSON: text) { return field }
            if try body.text("type_text") == nil, typeName?.plainType == nil {
                throw body.wrong("type_json", "is no type of Delta's schema: \(text.prefix(200))")
            }
        }
        if let text = try body.text("type_text"), !text.isEmpty {
            do { return SchemaField("", try SparkTypeText.parse(text)) } catch {
                throw body.wrong("type_text", "is no type. \(error.message)")
            }
        }
        if typeName == .decimal {
            let precision = try body.integer("type_precision") ?? 10
            let scale = try body.integer("type_scale") ?? 0
            guard (1...38).contains(precision), (0...precision).contains(scale) else {
                throw body.wrong("type_precision", "must be from 1 to 38, and type_scale no more than that")
            }
            return SchemaField("", .decimal(precision: Int(precision), scale: Int(scale)))
        }
        if let type = typeName?.plainType { return SchemaField("", type) }
        throw body.wrong("type_text", "is needed to tell the column's type")
    }

    /// A whole field, or its type alone, in Delta's JSON.
    static func field(fromJSON text: String) throws -> SchemaField? {
        let json = (try? JSONValue.parse(text)) ?? .string(text)
        if json["name"] != nil, json["type"] != nil {
            let schema: JSONValue = .object(["type": .string("struct"), "fields": .array([json])])
            return try SchemaCodec.parse(schema.jsonText).fields.first
        }
        return SchemaField("", try SchemaCodec.parseType(json))
    }
}
