package import TableModel

/// A column's type as DuckDB has it, with its parameters and children.
package indirect enum EngineType: Hashable, Sendable {
    case boolean
    case int8, int16, int32, int64
    /// `HUGEINT`.
    case int128
    case uint8, uint16, uint32, uint64
    /// `UHUGEINT`.
    case uint128
    case float, double
    case decimal(precision: Int, scale: Int)
    case varchar
    /// Text that holds a JSON document.
    case json
    case blob
    case bit
    case uuid
    case date
    case time, timeNs, timeTz
    /// Seconds, milliseconds, nanoseconds since 1970 on the wall clock.
    case timestampSeconds, timestampMilliseconds, timestampNs
    /// Microseconds since 1970 on the wall clock.
    case timestamp
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestampTz
    case interval
    case enumeration([String])
    case list(EngineType)
    /// A fixed number of elements in every row.
    case array(EngineType, count: Int)
    case structure([EngineField])
    case map(key: EngineType, value: EngineType)
    case union([EngineField])
    /// Whole numbers of any length.
    case bignum
    case variant
    case geometry
    /// The type of a bare `NULL`.
    case null
    case unknown(String)
}

/// A member of a structure or union.
package struct EngineField: Hashable, Sendable {
    package var name: String
    package var type: EngineType
    package init(_ name: String, _ type: EngineType) {
        self.name = name
        self.type = type
    }
}

extension EngineType {
    /// The type as DuckDB writes it, and as `CAST` reads it.
    package var name: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int8: "TINYINT"
        case .int16: "SMALLINT"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .int128: "HUGEINT"
        case .uint8: "UTINYINT"
        case .uint16: "USMALLINT"
        case .uint32: "UINTEGER"
        case .uint64: "UBIGINT"
        case .uint128: "UHUGEINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .varchar: "VARCHAR"
        case .json: "JSON"
        case .blob: "BLOB"
        case .bit: "BIT"
        case .uuid: "UUID"
        case .date: "DATE"
        case .time: "TIME"
        case .timeNs: "TIME_NS"
        case .timeTz: "TIME WITH TIME ZONE"
        case .timestampSeconds: "TIMESTAMP_S"
        case .timestampMilliseconds: "TIMESTAMP_MS"
        case .timestampNs: "TIMESTAMP_NS"
        case .timestamp: "TIMESTAMP"
        case .timestampTz: "TIMESTAMP WITH TIME ZONE"
        case .interval: "INTERVAL"
        case .enumeration(let values): "ENUM(\(values.map(quoteLiteral).joined(separator: ", ")))"
        case .list(let element): "\(element.name)[]"
        case .array(let element, let count): "\(element.name)[\(count)]"
        case .structure(let fields): "STRUCT(\(Self.text(of: fields)))"
        case .map(let key, let value): "MAP(\(key.name), \(value.name))"
        case .union(let fields): "UNION(\(Self.text(of: fields)))"
        case .bignum: "BIGNUM"
        case .variant: "VARIANT"
        case .geometry: "GEOMETRY"
        case .null: "\"NULL\""
        case .unknown(let name): name
        }
    }

    private static func text(of fields: [EngineField]) -> String {
        fields.map { "\(quoteIdentifier($0.name)) \($0.type.name)" }.joined(separator: ", ")
    }

    /// The table type that holds every value of this one exactly; `nil` if a Delta table has none.
    ///
    /// Unsigned numbers and short timestamps widen; enumerations, identifiers and JSON become text.
    package var dataType: DataType? {
        switch self {
        case .boolean: return .boolean
        case .int8: return .byte
        case .int16, .uint8: return .short
        case .int32, .uint16: return .integer
        case .int64, .uint32: return .long
        case .uint64: return .decimal(precision: 20, scale: 0)
        case .float: return .float
        case .double: return .double
        case .decimal(let precision, let scale): return .decimal(precision: precision, scale: scale)
        case .varchar, .json, .uuid, .enumeration: return .string
        case .blob: return .binary
        case .variant: return .variant
        case .date: return .date
        case .timestamp, .timestampSeconds, .timestampMilliseconds: return .timestampNtz
        case .timestampTz: return .timestamp
        case .list(let element), .array(let element, _):
            return element.dataType.map { .array(element: $0, containsNull: true) }
        case .map(let key, let value):
            guard let key = key.dataType, let value = value.dataType else { return nil }
            return .map(key: key, value: value, valueContainsNull: true)
        case .structure(let fields):
            var members: [SchemaField] = []
            for field in fields {
                guard let type = field.type.dataType else { return nil }
                members.append(SchemaField(field.name, type))
            }
            return .structure(members)
        case .int128, .uint128, .bit, .time, .timeNs, .timeTz, .timestampNs, .interval, .union, .bignum,
            .geometry, .null, .unknown:
            return nil
        }
    }

    /// The engine's type for a table's.
    package init(_ type: DataType) {
        self =
            switch type {
            case .boolean: .boolean
            case .byte: .int8
            case .short: .int16
            case .integer: .int32
            case .long: .int64
            case .float: .float
            case .double: .double
            case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
            case .string: .varchar
            case .binary: .blob
            case .date: .date
            case .timestamp: .timestampTz
            case .timestampNtz: .timestamp
            // As DuckDB itself stores a column of untyped NULLs.
            case .void: .int32
            case .variant: .variant
            case .array(let element, _): .list(EngineType(element))
            case .map(let key, let value, _): .map(key: EngineType(key), value: EngineType(value))
            case .structure(let fields): .structure(fields.map { EngineField($0.name, EngineType($0.type)) })
            }
    }
}
