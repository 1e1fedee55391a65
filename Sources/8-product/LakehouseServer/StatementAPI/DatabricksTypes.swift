import Base
import Engine

/// The engine's types in Databricks' words.
enum DatabricksTypes {
    /// One entry of `manifest.schema.columns`.
    static func column(_ columnName: String, _ type: EngineType, position: Int) -> JSONValue {
        var entry: JSONObject = [
            "name": .string(columnName), "position": .int(position), "type_name": .string(name(type)),
            "type_text": .string(text(type)),
        ]
        if case .decimal(let precision, let scale) = exact(type) {
            entry["type_precision"] = .int(precision)
            entry["type_scale"] = .int(scale)
        }
        return .object(entry)
    }

    /// `type_name`: the kind, without parameters.
    static func name(_ type: EngineType) -> String {
        switch exact(type) {
        case .boolean: "BOOLEAN"
        case .int8: "BYTE"
        case .int16: "SHORT"
        case .int32: "INT"
        case .int64: "LONG"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal: "DECIMAL"
        case .blob: "BINARY"
        case .date: "DATE"
        case .timestampTz: "TIMESTAMP"
        case .timestamp: "TIMESTAMP_NTZ"
        case .interval: "INTERVAL"
        case .list: "ARRAY"
        case .map: "MAP"
        case .structure: "STRUCT"
        case .null: "NULL"
        default: "STRING"
        }
    }

    /// `type_text`: the type as Spark's SQL writes it.
    static func text(_ type: EngineType) -> String {
        switch exact(type) {
        case .int8: "TINYINT"
        case .int16: "SMALLINT"
        case .int64: "BIGINT"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .list(let element): "ARRAY<\(text(element))>"
        case .map(let key, let value): "MAP<\(text(key)), \(text(value))>"
        case .structure(let fields):
            "STRUCT<" + fields.map { "\($0.name): \(text($0.type))" }.joined(separator: ", ") + ">"
        case .null: "VOID"
        default: name(type)
        }
    }

    /// The type of Databricks' set that holds all values of this one.
    private static func exact(_ type: EngineType) -> EngineType {
        switch type {
        case .uint8: .int16
        case .uint16: .int32
        case .uint32: .int64
        case .uint64: .decimal(precision: 20, scale: 0)
        case .int128, .uint128: .decimal(precision: 38, scale: 0)
        case .timestampSeconds, .timestampMilliseconds, .timestampNs: .timestamp
        case .array(let element, _): .list(element)
        default: type
        }
    }
}
