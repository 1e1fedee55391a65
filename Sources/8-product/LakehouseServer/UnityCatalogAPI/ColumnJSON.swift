import Base
import DeltaLake
import TableModel

/// Unity Catalog's `ColumnInfo` to and from columns of a schema.
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

        init(_ type: DataType) {
            self =
                switch type {
                case .boolean: .boolean
                case .byte: .byte
                case .short: .short
                case .integer: .int
                case .long: .long
                case .float: .float
                case .double: .double
                case .decimal: .decimal
                case .string: .string
                case .binary: .binary
                case .date: .date
                case .timestamp: .timestamp
                case .timestampNtz: .timestampNtz
                case .void: .null
                case .variant: .variant
                case .array: .array
                case .map: .map
                case .structure: .structure
                }
        }

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

    /// - Parameters:
    ///   - field: The column.
    ///   - position: From 0.
    ///   - partitionIndex: Its place among the partition columns, if it is one.
    /// - Returns: The column as `ColumnInfo`.
    static func json(_ field: SchemaField, position: Int, partitionIndex: Int?) -> JSONObject {
        var precision = 0
        var scale = 0
        if case .decimal(let digits, let decimals) = field.type { (precision, scale) = (digits, decimals) }
        var info: JSONObject = [
            "name": .string(field.name), "type_text": .string(SparkTypeText.text(field.type)),
            "type_json": .string(fieldText(field)), "type_name": .string(TypeName(field.type).rawValue),
            // DuckDB's extension demands both numbers of every column.
            "type_precision": .int(precision), "type_scale": .int(scale), "position": .int(position),
            "nullable": .bool(field.isNullable),
        ]
        if let comment = field.metadata["comment"]?.string { info["comment"] = .string(comment) }
        if let partitionIndex { info["partition_index"] = .int(partitionIndex) }
        return info
    }

    /// The columns of a schema.
    static func json(_ schema: TableSchema, partitionColumns: [String]) -> [JSONObject] {
        let partitions = partitionColumns.map { $0.lowercased() }
        return schema.fields.enumerated().map { position, field in
            json(
                field, position: position,
                partitionIndex: partitions.firstIndex(of: field.name.lowercased()))
        }
    }

    /// Delta's JSON of one field, as Unity Catalog keeps it in `type_json`.
    private static func fieldText(_ field: SchemaField) -> String {
        let schema = SchemaCodec.text(TableSchema([field]))
        // {"type":"struct","fields":[FIELD]}
        guard let json = try? JSONValue.parse(schema), let only = json["fields"]?[0] else { return "" }
        return only.jsonText
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
    private static func field(fromJSON text: String) throws -> SchemaField? {
        let json = (try? JSONValue.parse(text)) ?? .string(text)
        if json["name"] != nil, json["type"] != nil {
            let schema: JSONValue = .object(["type": .string("struct"), "fields": .array([json])])
            return try SchemaCodec.parse(schema.jsonText).fields.first
        }
        return SchemaField("", try SchemaCodec.parseType(json))
    }
}
