import Base
import CDuckDB

extension EngineType {
    /// Reads a logical type and destroys it.
    init(owning type: duckdb_logical_type?) {
        var type = type
        self.init(type)
        duckdb_destroy_logical_type(&type)
    }

    private init(_ type: duckdb_logical_type?) {
        let id = duckdb_get_type_id(type)
        if let simple = Self.simple.first(where: { $0.id == id })?.type {
            self = simple
            return
        }
        switch id {
        case DUCKDB_TYPE_VARCHAR: self = Self.alias(of: type) == "JSON" ? .json : .varchar
        case DUCKDB_TYPE_DECIMAL:
            self = .decimal(
                precision: Int(duckdb_decimal_width(type)), scale: Int(duckdb_decimal_scale(type)))
        case DUCKDB_TYPE_ENUM:
            self = .enumeration(
                (0..<idx_t(duckdb_enum_dictionary_size(type))).map {
                    Self.takeText(duckdb_enum_dictionary_value(type, $0))
                })
        case DUCKDB_TYPE_LIST: self = .list(EngineType(owning: duckdb_list_type_child_type(type)))
        case DUCKDB_TYPE_ARRAY:
            self = .array(
                EngineType(owning: duckdb_array_type_child_type(type)),
                count: Int(duckdb_array_type_array_size(type)))
        case DUCKDB_TYPE_MAP:
            self = .map(
                key: EngineType(owning: duckdb_map_type_key_type(type)),
                value: EngineType(owning: duckdb_map_type_value_type(type)))
        case DUCKDB_TYPE_STRUCT:
            self = .structure(
                (0..<duckdb_struct_type_child_count(type)).map {
                    EngineField(
                        Self.takeText(duckdb_struct_type_child_name(type, $0)),
                        EngineType(owning: duckdb_struct_type_child_type(type, $0)))
                })
        case DUCKDB_TYPE_UNION:
            self = .union(
                (0..<duckdb_union_type_member_count(type)).map {
                    EngineField(
                        Self.takeText(duckdb_union_type_member_name(type, $0)),
                        EngineType(owning: duckdb_union_type_member_type(type, $0)))
                })
        default: self = .unknown(Self.alias(of: type) ?? "type \(id.rawValue)")
        }
    }

    private static func alias(of type: duckdb_logical_type?) -> String? {
        duckdb_logical_type_get_alias(type).map { takeText($0) }
    }

    private static func takeText(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text else { return "" }
        defer { duckdb_free(text) }
        return String(cString: text)
    }

    private static let simple: [(type: EngineType, id: duckdb_type)] = [
        (.boolean, DUCKDB_TYPE_BOOLEAN), (.int8, DUCKDB_TYPE_TINYINT), (.int16, DUCKDB_TYPE_SMALLINT),
        (.int32, DUCKDB_TYPE_INTEGER), (.int64, DUCKDB_TYPE_BIGINT), (.int128, DUCKDB_TYPE_HUGEINT),
        (.uint8, DUCKDB_TYPE_UTINYINT), (.uint16, DUCKDB_TYPE_USMALLINT), (.uint32, DUCKDB_TYPE_UINTEGER),
        (.uint64, DUCKDB_TYPE_UBIGINT), (.uint128, DUCKDB_TYPE_UHUGEINT), (.float, DUCKDB_TYPE_FLOAT),
        (.double, DUCKDB_TYPE_DOUBLE), (.blob, DUCKDB_TYPE_BLOB), (.bit, DUCKDB_TYPE_BIT),
        (.uuid, DUCKDB_TYPE_UUID), (.date, DUCKDB_TYPE_DATE), (.time, DUCKDB_TYPE_TIME),
        (.timeNs, DUCKDB_TYPE_TIME_NS), (.timeTz, DUCKDB_TYPE_TIME_TZ),
        (.timestampSeconds, DUCKDB_TYPE_TIMESTAMP_S), (.timestampMilliseconds, DUCKDB_TYPE_TIMESTAMP_MS),
        (.timestampNs, DUCKDB_TYPE_TIMESTAMP_NS), (.timestamp, DUCKDB_TYPE_TIMESTAMP),
        (.timestampTz, DUCKDB_TYPE_TIMESTAMP_TZ), (.interval, DUCKDB_TYPE_INTERVAL),
        (.bignum, DUCKDB_TYPE_BIGNUM), (.variant, DUCKDB_TYPE_VARIANT), (.geometry, DUCKDB_TYPE_GEOMETRY),
        (.null, DUCKDB_TYPE_SQLNULL),
    ]

    /// A logical type; the caller destroys it.
    ///
    /// - Throws: `.unsupported` for types that values cannot be made of (unions, variants, enumerations).
    func makeLogicalType() throws(TarnError) -> duckdb_logical_type? {
        if let id = Self.simple.first(where: { $0.type == self })?.id {
            return duckdb_create_logical_type(id)
        }
        switch self {
        case .varchar, .json: return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR)
        case .decimal(let precision, let scale):
            return duckdb_create_decimal_type(UInt8(precision), UInt8(scale))
        case .list(let element):
            var child = try element.makeLogicalType()
            defer { duckdb_destroy_logical_type(&child) }
            return duckdb_create_list_type(child)
        case .array(let element, let count):
            var child = try element.makeLogicalType()
            defer { duckdb_destroy_logical_type(&child) }
            return duckdb_create_array_type(child, idx_t(count))
        case .map(let key, let value):
            var keyType = try key.makeLogicalType()
            defer { duckdb_destroy_logical_type(&keyType) }
            var valueType = try value.makeLogicalType()
            defer { duckdb_destroy_logical_type(&valueType) }
            return duckdb_create_map_type(keyType, valueType)
        case .structure(let fields): return try Self.makeStructure(fields)
        case .enumeration(let values):
            return withCStrings(values) { duckdb_create_enum_type($0, idx_t(values.count)) }
        default:
            throw TarnError(.unsupported, "Values of the type \(name) cannot be handed to the engine.")
        }
    }

    private static func makeStructure(_ fields: [EngineField]) throws(TarnError) -> duckdb_logical_type? {
        var types: [duckdb_logical_type?] = []
        defer { for index in types.indices { duckdb_destroy_logical_type(&types[index]) } }
        for field in fields { types.append(try field.type.makeLogicalType()) }
        return withCStrings(fields.map(\.name)) { duckdb_create_struct_type(&types, $0, idx_t(fields.count)) }
    }
}

/// Lends an array of C strings for the time of `body`.
func withCStrings<T>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> T
) -> T {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers: [UnsafePointer<CChar>?] = starts.map { start in buffer.baseAddress.map { $0 + start } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}
