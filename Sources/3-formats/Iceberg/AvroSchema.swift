import Base

/// The type of an Avro value, from the JSON in a container's header.
///
/// Avro specification, "Schema Declaration". Logical types are left to those who know what they ask for.
indirect enum AvroType: Sendable {
    case null, boolean, int, long, float, double, bytes, string
    case fixed(byteCount: Int)
    case enumeration([String])
    case array(AvroType)
    case map(AvroType)
    case union([AvroType])
    case record([AvroField])
}

struct AvroField: Sendable {
    let name: String
    /// Iceberg's id of the field, where the writer gave one.
    let fieldID: Int?
    let type: AvroType
}

/// Reads types; named ones may be used again by their name.
struct AvroTypeReader {
    private var named: [String: AvroType] = [:]

    /// - Throws: `DamagedData` for JSON that is no Avro type.
    static func type(_ json: JSONValue) throws(DamagedData) -> AvroType {
        var reader = AvroTypeReader()
        return try reader.type(json, depth: 0)
    }

    private mutating func type(_ json: JSONValue, depth: Int) throws(DamagedData) -> AvroType {
        if depth > 64 { throw DamagedData("its Avro schema is nested too deep") }
        if let name = json.string { return try simple(name) }
        if let choices = json.array {
            var types: [AvroType] = []
            for choice in choices { types.append(try type(choice, depth: depth + 1)) }
            return .union(types)
        }
        guard let kind = json["type"] else { throw DamagedData("its Avro schema has a type without a name") }
        guard let name = kind.string else { return try type(kind, depth: depth + 1) }
        switch name {
        case "array":
            guard let items = json["items"] else { throw DamagedData("an Avro array has no items") }
            return .array(try type(items, depth: depth + 1))
        case "map":
            guard let values = json["values"] else { throw DamagedData("an Avro map has no values") }
            return .map(try type(values, depth: depth + 1))
        case "fixed":
            guard let size = json["size"]?.int64, (0...1 << 20).contains(size) else {
                throw DamagedData("an Avro fixed has no size")
            }
            return remember(.fixed(byteCount: Int(size)), json)
        case "enum":
            return remember(.enumeration((json["symbols"]?.array ?? []).compactMap(\.string)), json)
        case "record", "error":
            var fields: [AvroField] = []
            for field in json["fields"]?.array ?? [] {
                guard let name = field["name"]?.string, let inner = field["type"] else {
                    throw DamagedData("an Avro field lacks its name or type")
                }
                fields.append(
                    AvroField(
                        name: name, fieldID: field["field-id"]?.int64.flatMap { Int(exactly: $0) },
                        type: try type(inner, depth: depth + 1)))
            }
            return remember(.record(fields), json)
        default: return try simple(name)
        }
    }

    private mutating func remember(_ type: AvroType, _ json: JSONValue) -> AvroType {
        if let name = json["name"]?.string {
            named[name] = type
            if let space = json["namespace"]?.string { named["\(space).\(name)"] = type }
        }
        return type
    }

    private func simple(_ name: String) throws(DamagedData) -> AvroType {
        switch name {
        case "null": return .null
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "float": return .float
        case "double": return .double
        case "bytes": return .bytes
        case "string": return .string
        default:
            if let known = named[name] { return known }
            throw DamagedData("its Avro schema uses the unknown type \(name)")
        }
    }
}
