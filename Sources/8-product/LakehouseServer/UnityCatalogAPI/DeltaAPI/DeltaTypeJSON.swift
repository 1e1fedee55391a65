import Base
import DeltaLake
import TableModel

/// Types as the Delta API writes them: Delta's own JSON, with hyphens in the names of members.
enum DeltaTypeJSON {
    static func json(_ type: DataType) -> JSONValue {
        switch type {
        case .structure(let fields):
            .object([
                "type": .string("struct"),
                "fields": .array(
                    fields.map { field in
                        .object([
                            "name": .string(field.name), "type": json(field.type),
                            "nullable": .bool(field.isNullable), "metadata": .object(field.metadata),
                        ])
                    }),
            ])
        case .array(let element, let containsNull):
            .object([
                "type": .string("array"), "element-type": json(element), "contains-null": .bool(containsNull),
            ])
        case .map(let key, let value, let valueContainsNull):
            .object([
                "type": .string("map"), "key-type": json(key), "value-type": json(value),
                "value-contains-null": .bool(valueContainsNull),
            ])
        default: (try? JSONValue.parse(SchemaCodec.json(type))) ?? .string(type.sqlName)
        }
    }

    /// The columns that a request has in a field.
    ///
    /// - Throws: `.invalidInput` naming the field.
    static func schema(_ body: UnityBody, _ field: String) throws(TarnError) -> TableSchema {
        guard let json = body.value(field) else { throw body.missing(field) }
        let type: DataType
        do { type = try SchemaCodec.parseType(plain(json, depth: 0)) } catch {
            throw body.wrong(field, "is no schema. \(error.message)")
        }
        guard case .structure(let fields) = type else {
            throw body.wrong(field, "must be of type struct")
        }
        return TableSchema(fields)
    }

    /// Delta's own JSON.
    private static func plain(_ json: JSONValue, depth: Int) -> JSONValue {
        guard case .object(let object) = json, depth < 64 else { return json }
        let names = [
            "element-type": "elementType", "contains-null": "containsNull", "key-type": "keyType",
            "value-type": "valueType", "value-contains-null": "valueContainsNull",
        ]
        return .object(
            JSONObject(
                object.members.map { name, value in
                    let fields = name == "fields" ? value.array : nil
                    return (
                        names[name] ?? name,
                        // What a field's metadata holds is not ours to change.
                        name == "metadata"
                            ? value
                            : fields.map { .array($0.map { plain($0, depth: depth + 1) }) }
                                ?? plain(value, depth: depth + 1)
                    )
                }))
    }
}
