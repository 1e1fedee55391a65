import Base
import DeltaLake
import Iceberg
import TableModel

/// Iceberg's fields as a Delta schema has them: nullability, ids, names, comments, changes of type.
struct IcebergTypes {
    /// Every schema that the table had: columns may have been narrower.
    let history: [IcebergSchema]
    let naming: FileNaming

    private static let typeChangesKey = "delta.typeChanges"

    func fields(_ fields: [IcebergField], at path: [String]) throws(TarnError) -> [SchemaField] {
        var translated: [SchemaField] = []
        for field in fields {
            let here = path + [field.name]
            var metadata = JSONObject()
            if let doc = field.doc { metadata["comment"] = .string(doc) }
            metadata[ColumnMapping.idKey] = .int(Int64(field.id))
            metadata[ColumnMapping.physicalNameKey] = .string(naming.physicalName(of: field))
            let type = try self.type(field.type, at: here)
            let changes = try typeChanges(of: field, now: type, at: here)
            if !changes.isEmpty { metadata[Self.typeChangesKey] = .array(changes) }
            translated.append(
                SchemaField(field.name, type, isNullable: !field.isRequired, metadata: metadata))
        }
        return translated
    }

    func usesWidening(_ fields: [SchemaField]) -> Bool {
        fields.contains { field in
            if field.metadata[Self.typeChangesKey] != nil { return true }
            if case .structure(let members) = field.type { return usesWidening(members) }
            return false
        }
    }

    private func type(_ type: IcebergType, at path: [String]) throws(TarnError) -> DataType {
        switch type {
        case .primitive(let known): return known
        case .fixed: return .binary
        case .list(_, let element, let isRequired):
            return .array(element: try self.type(element, at: path + ["element"]), containsNull: !isRequired)
        case .map(_, let key, _, let value, let isRequired):
            return .map(
                key: try self.type(key, at: path + ["key"]),
                value: try self.type(value, at: path + ["value"]),
                valueContainsNull: !isRequired)
        case .structure(let members): return .structure(try fields(members, at: path))
        case .other(let name):
            throw TarnError(
                .unsupported,
                "The column \(path.joined(separator: ".")) of the Iceberg table has the type \(name), which a Delta table cannot have.",
                context: [("column", path.joined(separator: ".")), ("type", name)])
        }
    }

    /// The steps from the types that the column had to the one it has; old files still hold the old ones.
    private func typeChanges(of field: IcebergField, now: DataType, at path: [String]) throws(TarnError)
        -> [JSONValue]
    {
        var changes: [JSONValue] = []
        var last: DataType?
        for schema in history.sorted(by: { $0.id < $1.id }) {
            guard let old = schema.field(id: field.id), case .primitive(let type) = old.type, type != last
            else {
                continue
            }
            if let last { changes.append(try change(from: last, to: type, at: path)) }
            last = type
        }
        if let last, last != now, !now.isNested { changes.append(try change(from: last, to: now, at: path)) }
        return changes
    }

    private func change(from old: DataType, to new: DataType, at path: [String]) throws(TarnError)
        -> JSONValue
    {
        let isKnown =
            switch (old, new) {
            case (.integer, .long), (.float, .double), (.date, .timestampNtz): true
            case (.decimal(let before, let scale), .decimal(let after, let newScale)):
                after > before && scale == newScale
            default: false
            }
        guard isKnown else {
            throw TarnError(
                .unsupported,
                "The column \(path.joined(separator: ".")) of the Iceberg table changed from \(old.deltaName) to \(new.deltaName), which a Delta table cannot say.",
                context: [("column", path.joined(separator: "."))])
        }
        return .object(["fromType": .string(old.deltaName), "toType": .string(new.deltaName)])
    }
}
