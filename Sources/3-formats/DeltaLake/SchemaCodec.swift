package import Base
package import TableModel

/// A schema to and from the JSON of `metaData.schemaString`.
///
/// Delta protocol, "Schema Serialization Format". Every field's metadata is kept as it was written.
package enum SchemaCodec {
    /// - Throws: `.corruptMetadata` for JSON that is no schema, `.unsupported` naming a type that Tarn does not know.
    package static func parse(_ text: String) throws(TarnError) -> TableSchema {
        if text.isEmpty { return TableSchema() }
        let json: JSONValue
        do throws(JSONSyntaxError) { json = try JSONValue.parse(text) } catch {
            throw corrupt("it is no JSON (\(error))")
        }
        guard case .structure(let fields) = try type(json, at: []) else {
            throw corrupt("the outermost type is no struct")
        }
        return TableSchema(fields)
    }

    package static func text(_ schema: TableSchema) -> String {
        var out: [UInt8] = []
        write(.structure(schema.fields), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// The type as JSON, for example `"long"` or `{"type":"array",...}`.
    package static func json(_ type: DataType) -> [UInt8] {
        var out: [UInt8] = []
        write(type, to: &out)
        return out
    }

    /// A type from its JSON, for example `"decimal(10,2)"`.
    package static func parseType(_ json: JSONValue) throws(TarnError) -> DataType {
        try type(json, at: [])
    }

    // MARK: Reading

    private static func corrupt(_ what: String, at path: [String] = []) -> TarnError {
        let place = path.isEmpty ? "" : " at column \(path.joined(separator: "."))"
        return TarnError(.corruptMetadata, "The table's schema in the log cannot be read\(place): \(what).")
    }

    private static func type(_ json: JSONValue, at path: [String]) throws(TarnError) -> DataType {
        if let name = json.string { return try primitive(name, at: path) }
        guard let kind = json["type"]?.string else { throw corrupt("a type has no name", at: path) }
        switch kind {
        case "struct":
            guard let fields = json["fields"]?.array else {
                throw corrupt("a struct has no fields", at: path)
            }
            var parsed: [SchemaField] = []
            parsed.reserveCapacity(fields.count)
            for json in fields { parsed.append(try field(json, at: path)) }
            return .structure(parsed)
        case "array":
            guard let element = json["elementType"] else {
                throw corrupt("an array has no elementType", at: path)
            }
            return .array(
                element: try type(element, at: path + ["element"]),
                containsNull: json["containsNull"]?.bool ?? true)
        case "map":
            guard let key = json["keyType"], let value = json["valueType"] else {
                throw corrupt("a map lacks keyType or valueType", at: path)
            }
            return .map(
                key: try type(key, at: path + ["key"]), value: try type(value, at: path + ["value"]),
                valueContainsNull: json["valueContainsNull"]?.bool ?? true)
        default: return try primitive(kind, at: path)
        }
    }

    private static func field(_ json: JSONValue, at path: [String]) throws(TarnError) -> SchemaField {
        guard let name = json["name"]?.string, let typeJSON = json["type"] else {
            throw corrupt("a field lacks its name or type", at: path)
        }
        var metadata = JSONObject()
        if let written = json["metadata"], !written.isNull {
            guard let object = written.object else {
                throw corrupt("its metadata is no object", at: path + [name])
            }
            metadata = object
        }
        // Some writers put the length of a text into the type, where others keep it in the metadata.
        if let name = typeJSON.string, name.hasPrefix("varchar(") || name.hasPrefix("char("),
            metadata[ColumnRules.lengthKey] == nil
        {
            metadata[ColumnRules.lengthKey] = .string(name)
        }
        return SchemaField(
            name, try type(typeJSON, at: path + [name]), isNullable: json["nullable"]?.bool ?? true,
            metadata: metadata)
    }

    private static func primitive(_ name: String, at path: [String]) throws(TarnError) -> DataType {
        switch name {
        case "string": return .string
        case "long", "bigint": return .long
        case "integer", "int": return .integer
        case "short", "smallint": return .short
        case "byte", "tinyint": return .byte
        case "float": return .float
        case "double": return .double
        case "boolean": return .boolean
        case "binary": return .binary
        case "date": return .date
        case "timestamp": return .timestamp
        case "timestamp_ntz": return .timestampNtz
        case "void", "null": return .void
        case "variant": return .variant
        case "decimal": return .decimal(precision: 10, scale: 0)
        default: break
        }
        if name.hasPrefix("decimal(") { return try decimal(name, at: path) }
        // Spark keeps the length in the field's metadata and writes the type string; some writers do not.
        if name.hasPrefix("varchar(") || name.hasPrefix("char(") { return .string }
        throw TarnError(
            .unsupported,
            """
            The column \(path.joined(separator: ".")) has the type \(name), which this version of Tarn does not \
            support.
            """,
            context: [("column", path.joined(separator: ".")), ("type", name)])
    }

    private static func decimal(_ name: String, at path: [String]) throws(TarnError) -> DataType {
        let inside = name.dropFirst("decimal(".count)
        let parts = inside.dropLast().split(separator: ",").map {
            Int($0.filter { $0 != " " })
        }
        guard inside.last == ")", parts.count == 2, let precision = parts[0], let scale = parts[1],
            (1...38).contains(precision), (0...precision).contains(scale)
        else { throw corrupt("\(name) is no valid type", at: path) }
        return .decimal(precision: precision, scale: scale)
    }

    // MARK: Writing

    private static func write(_ type: DataType, to out: inout [UInt8]) {
        func add(_ text: String) { out.append(contentsOf: text.utf8) }
        switch type {
        case .array(let element, let containsNull):
            add(#"{"type":"array","elementType":"#)
            write(element, to: &out)
            add(#","containsNull":\#(containsNull)}"#)
        case .map(let key, let value, let valueContainsNull):
            add(#"{"type":"map","keyType":"#)
            write(key, to: &out)
            add(#","valueType":"#)
            write(value, to: &out)
            add(#","valueContainsNull":\#(valueContainsNull)}"#)
        case .structure(let fields):
            add(#"{"type":"struct","fields":["#)
            for (index, field) in fields.enumerated() {
                add(index == 0 ? #"{"name":"# : #",{"name":"#)
                appendJSONString(field.name, to: &out)
                add(#","type":"#)
                write(field.type, to: &out)
                add(#","nullable":\#(field.isNullable),"metadata":"#)
                JSONValue.object(field.metadata).write(to: &out)
                add("}")
            }
            add("]}")
        default: add("\"\(primitiveName(type))\"")
        }
    }

    private static func primitiveName(_ type: DataType) -> String {
        switch type {
        case .boolean: "boolean"
        case .byte: "byte"
        case .short: "short"
        case .integer: "integer"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .string: "string"
        case .binary: "binary"
        case .date: "date"
        case .timestamp: "timestamp"
        case .timestampNtz: "timestamp_ntz"
        case .void: "void"
        case .variant: "variant"
        case .array: "array"
        case .map: "map"
        case .structure: "struct"
        }
    }
}

extension DataType {
    /// The type as Delta spells it, for messages: `long`, `decimal(10,2)`, `array<long>`.
    package var deltaName: String {
        switch self {
        case .array(let element, _): "array<\(element.deltaName)>"
        case .map(let key, let value, _): "map<\(key.deltaName),\(value.deltaName)>"
        case .structure(let fields):
            "struct<" + fields.map { "\($0.name):\($0.type.deltaName)" }.joined(separator: ",") + ">"
        default: String(decoding: SchemaCodec.json(self).dropFirst().dropLast(), as: UTF8.self)
        }
    }
}
