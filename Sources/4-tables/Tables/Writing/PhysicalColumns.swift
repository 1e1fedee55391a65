import Base
import DeltaLake
import TableModel

/// A table's columns as its data files have them: by physical names, without those that hold nothing, variants as the
/// two binary values that the protocol wants.
///
/// Delta protocol, "Writer Requirements for Column Mapping", "Void Type", "Variant data in Parquet".
struct PhysicalColumns: Sendable {
    /// By physical names; `void` columns left out, extra columns at the end.
    let schema: TableSchema
    let partitionColumns: [String]
    private let mode: ColumnMapping.Mode
    /// Of the table, by logical names.
    private let fields: [SchemaField]
    private let extraColumns: [SchemaField]
    private let omitsColumns: Bool

    /// - Throws: `.unsupported` for a schema whose `void` columns make it impossible to write files.
    init(_ metadata: TableMetadata, _ schema: TableSchema, _ extraColumns: [SchemaField]) throws(TarnError) {
        mode = ColumnMapping.mode(metadata.configuration)
        fields = schema.fields.filter { $0.type != .void }
        for field in fields { try Self.checkVoid(field.type, at: field.name) }
        if fields.isEmpty { throw Self.onlyVoid("the table") }
        omitsColumns = fields.count < schema.fields.count
        self.extraColumns = extraColumns
        let mode = mode
        self.schema = TableSchema(fields.map { Self.physical($0, mode) } + extraColumns)
        partitionColumns = metadata.partitionColumns.map { schema[$0]?.physicalName(mode) ?? $0 }
    }

    private static func checkVoid(_ type: DataType, at path: String) throws(TarnError) {
        switch type {
        case .structure(let members):
            if members.allSatisfy({ $0.type == .void }) { throw onlyVoid(path) }
            for member in members { try checkVoid(member.type, at: path + "." + member.name) }
        case .array(let element, _):
            if element == .void { throw onlyVoid(path) }
            try checkVoid(element, at: path + ".element")
        case .map(let key, let value, _):
            if key == .void || value == .void { throw onlyVoid(path) }
            try checkVoid(key, at: path + ".key")
            try checkVoid(value, at: path + ".value")
        default: break
        }
    }

    private static func onlyVoid(_ path: String) -> TarnError {
        TarnError(
            .unsupported,
            "Rows cannot be written: \(path) holds nothing but values of the type void. Give them another type first.",
            context: [("column", path)])
    }

    private static func physical(_ field: SchemaField, _ mode: ColumnMapping.Mode) -> SchemaField {
        var result = field
        result.name = field.physicalName(mode)
        result.type = physical(field.type, mode)
        return result
    }

    private static func physical(_ type: DataType, _ mode: ColumnMapping.Mode) -> DataType {
        switch type {
        case .structure(let members):
            .structure(members.filter { $0.type != .void }.map { physical($0, mode) })
        case .array(let element, let containsNull):
            .array(element: physical(element, mode), containsNull: containsNull)
        case .map(let key, let value, let containsNull):
            .map(
                key: physical(key, mode), value: physical(value, mode), valueContainsNull: containsNull)
        default: type
        }
    }

    /// The path of a column or member in files and statistics.
    func path(of logical: ColumnPath) -> ColumnPath {
        if mode == .none { return logical }
        var fields = fields
        return ColumnPath(
            logical.parts.map { part in
                guard let field = fields.first(where: { $0.name == part }) else { return part }
                if case .structure(let members) = field.type { fields = members } else { fields = [] }
                return field.physicalName(mode)
            })
    }

    // MARK: SQL

    /// Wraps a SELECT of all the table's columns by logical names, and of the extra ones, into one of the files' columns.
    func select(from select: String) -> String {
        var isChanged = omitsColumns
        let items = fields.map { field -> String in
            let name = quoteIdentifier(field.name)
            let value = value(name, field.type, depth: 0)
            let physicalName = field.physicalName(mode)
            if value == nil, physicalName == field.name { return name }
            isChanged = true
            return "\(value ?? name) AS \(quoteIdentifier(physicalName))"
        }
        if !isChanged { return select }
        let extra = extraColumns.map { quoteIdentifier($0.name) }
        return "SELECT \((items + extra).joined(separator: ", ")) FROM (\(select)) AS __checked"
    }

    /// SQL for the value as the files have it; `nil` where it is the same.
    private func value(_ value: String, _ type: DataType, depth: Int) -> String? {
        switch type {
        // Left alone the engine would shred it, which only tables with another feature allow.
        case .variant: return "CASE WHEN \(value) IS NOT NULL THEN variant_to_parquet_variant(\(value)) END"
        case .structure(let members): return structure(value, members, depth)
        case .array(let element, _): return list(value, element, depth)
        case .map(let key, let content, _):
            let keys = list("map_keys(\(value))", key, depth)
            let values = list("map_values(\(value))", content, depth)
            if keys == nil, values == nil { return nil }
            return """
                CASE WHEN \(value) IS NOT NULL THEN map(\(keys ?? "map_keys(\(value))"), \
                \(values ?? "map_values(\(value))")) END
                """
        default: return nil
        }
    }

    private func list(_ list: String, _ element: DataType, _ depth: Int) -> String? {
        let name = "__v\(depth)"
        return value(name, element, depth: depth + 1).map { "list_transform(\(list), lambda \(name): \($0))" }
    }

    private func structure(_ value: String, _ members: [SchemaField], _ depth: Int) -> String? {
        var isChanged = false
        var items: [String] = []
        for member in members {
            if member.type == .void {
                isChanged = true
                continue
            }
            let given = "struct_extract(\(value), \(quoteLiteral(member.name)))"
            let changed = self.value(given, member.type, depth: depth)
            let name = member.physicalName(mode)
            if changed != nil || name != member.name { isChanged = true }
            items.append("\(quoteIdentifier(name)) := \(changed ?? given)")
        }
        if !isChanged { return nil }
        return "CASE WHEN \(value) IS NOT NULL THEN struct_pack(\(items.joined(separator: ", "))) END"
    }

    // MARK: Field ids

    /// The engine's `FIELD_IDS` option, `{'col-1': 1, ...}`; `nil` where no field has an id.
    var fieldIDs: String? {
        if mode == .none { return nil }
        let partitions = Set(partitionColumns)
        let items = fields.compactMap { field in
            partitions.contains(field.physicalName(mode)) ? nil : ids(of: field)
        }
        return items.isEmpty ? nil : "{\(items.joined(separator: ", "))}"
    }

    private func ids(of field: SchemaField) -> String? {
        let inner = ids(within: field.type)
        guard let id = field.fieldID else { return inner.map { "\(name(field)): {\($0)}" } }
        guard let inner else { return "\(name(field)): \(id)" }
        return "\(name(field)): {__duckdb_field_id: \(id), \(inner)}"
    }

    private func name(_ field: SchemaField) -> String { quoteLiteral(field.physicalName(mode)) }

    private func ids(within type: DataType) -> String? {
        switch type {
        case .structure(let members):
            let items = members.compactMap { $0.type == .void ? nil : ids(of: $0) }
            return items.isEmpty ? nil : items.joined(separator: ", ")
        case .array(let element, _): return ids(within: element).map { "element: {\($0)}" }
        case .map(let key, let value, _):
            let parts = [
                ids(within: key).map { "key: {\($0)}" }, ids(within: value).map { "value: {\($0)}" },
            ].compactMap { $0 }
            return parts.isEmpty ? nil : parts.joined(separator: ", ")
        default: return nil
        }
    }
}
