package import Base
package import TableModel

/// The columns of an Iceberg table, each with its field id.
///
/// Iceberg specification, "Schemas and Data Types".
package struct IcebergSchema: Sendable {
    package let id: Int
    package let fields: [IcebergField]

    init(_ json: JSONValue, file: String) throws(TarnError) {
        id = json["schema-id"]?.int64.map { Int(clamping: $0) } ?? 0
        fields = try IcebergTypeReader(file: file).fields(json)
    }

    package var largestID: Int {
        var largest = 0
        visit { _, field in largest = max(largest, field.id) }
        return largest
    }

    /// Calls `body` with every field that is reached through structures only, with the names down to it.
    package func visit(_ body: ([String], IcebergField) -> Void) {
        func go(_ fields: [IcebergField], _ path: [String]) {
            for field in fields {
                body(path + [field.name], field)
                if case .structure(let members) = field.type { go(members, path + [field.name]) }
            }
        }
        go(fields, [])
    }

    /// The field of that id that is reached through structures only.
    package func field(id: Int) -> IcebergField? {
        var found: IcebergField?
        visit { _, field in if field.id == id { found = field } }
        return found
    }
}

package struct IcebergField: Hashable, Sendable {
    package let id: Int
    package let name: String
    package let isRequired: Bool
    package let type: IcebergType
    package let doc: String?
    /// What files that were written before the column have in it; `nil` is null.
    package let initialDefault: JSONValue?
}

/// A type in Iceberg's terms.
package indirect enum IcebergType: Hashable, Sendable {
    /// One with an equal among a Delta table's types.
    case primitive(DataType)
    /// `fixed[16]`, which is read as binary.
    case fixed(byteCount: Int)
    /// Any other, by its name: `uuid`, `time`, `timestamp_ns`, `geometry(…)`.
    case other(String)
    case list(elementID: Int, element: IcebergType, isRequired: Bool)
    case map(keyID: Int, key: IcebergType, valueID: Int, value: IcebergType, valueIsRequired: Bool)
    case structure([IcebergField])
}

private struct IcebergTypeReader {
    let file: String

    func fields(_ json: JSONValue, depth: Int = 0) throws(TarnError) -> [IcebergField] {
        guard depth < 64, let list = json["fields"]?.array else {
            throw IcebergFailure.damaged(file, "a schema has no fields")
        }
        var fields: [IcebergField] = []
        for field in list {
            guard let id = field["id"]?.int64, let name = field["name"]?.string, let type = field["type"]
            else { throw IcebergFailure.damaged(file, "a column lacks its id, name or type") }
            let initial = field["initial-default"]
            fields.append(
                IcebergField(
                    id: Int(clamping: id), name: name, isRequired: field["required"]?.bool ?? false,
                    type: try self.type(type, depth: depth + 1), doc: field["doc"]?.string,
                    initialDefault: initial?.isNull == true ? nil : initial))
        }
        return fields
    }

    private func type(_ json: JSONValue, depth: Int) throws(TarnError) -> IcebergType {
        if let name = json.string { return primitive(name) }
        func id(_ name: String) throws(TarnError) -> Int {
            guard let id = json[name]?.int64 else {
                throw IcebergFailure.damaged(file, "a type has no \(name)")
            }
            return Int(clamping: id)
        }
        func inner(_ name: String) throws(TarnError) -> IcebergType {
            guard depth < 64, let type = json[name] else {
                throw IcebergFailure.damaged(file, "a type has no \(name)")
            }
            return try self.type(type, depth: depth + 1)
        }
        switch json["type"]?.string {
        case "struct": return .structure(try fields(json, depth: depth))
        case "list":
            return .list(
                elementID: try id("element-id"), element: try inner("element"),
                isRequired: json["element-required"]?.bool ?? false)
        case "map":
            return .map(
                keyID: try id("key-id"), key: try inner("key"), valueID: try id("value-id"),
                value: try inner("value"), valueIsRequired: json["value-required"]?.bool ?? false)
        default: throw IcebergFailure.damaged(file, "a column has a type of no known kind")
        }
    }

    private func primitive(_ name: String) -> IcebergType {
        switch name {
        case "boolean": return .primitive(.boolean)
        case "int": return .primitive(.integer)
        case "long": return .primitive(.long)
        case "float": return .primitive(.float)
        case "double": return .primitive(.double)
        case "date": return .primitive(.date)
        case "timestamp": return .primitive(.timestampNtz)
        case "timestamptz": return .primitive(.timestamp)
        case "string": return .primitive(.string)
        case "binary": return .primitive(.binary)
        case "unknown": return .primitive(.void)
        default: break
        }
        let numbers = name.split { !$0.isNumber }.compactMap { Int($0) }
        if name.hasPrefix("decimal("), numbers.count == 2, (1...38).contains(numbers[0]),
            (0...numbers[0]).contains(numbers[1])
        {
            return .primitive(.decimal(precision: numbers[0], scale: numbers[1]))
        }
        if name.hasPrefix("fixed["), let count = numbers.first { return .fixed(byteCount: count) }
        return .other(name)
    }
}
