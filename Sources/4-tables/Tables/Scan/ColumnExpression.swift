import Base
import DeltaLake
import Engine
import TableModel

/// SQL that makes a value of a table's type out of what a file holds: other names, older types, parts that are missing.
struct ColumnExpression {
    let mapping: ColumnMapping.Mode

    /// The value of a field.
    ///
    /// - Parameters:
    ///   - field: As the table declares it.
    ///   - node: Where the file has it; null if nowhere.
    /// - Returns: An expression over the file's columns.
    /// - Throws: `.unsupported` for a variant in a form that cannot be read.
    func value(of field: SchemaField, in node: LayoutNode?) throws(TarnError) -> String {
        guard let node, field.type != .void else { return "CAST(NULL AS \(field.type.sqlName))" }
        return try convert(quoteIdentifier(node.name), node, field.type, depth: 0)
    }

    /// Whether the file has the field exactly as the table declares it, so that the engine need not do anything.
    func isExact(_ field: SchemaField, _ node: LayoutNode) -> Bool {
        node.type == EngineType(field.type) && !isRebuilt(node, field.type)
    }

    private func convert(
        _ text: String, _ node: LayoutNode, _ type: DataType, depth: Int
    ) throws(TarnError) -> String {
        if !isRebuilt(node, type) {
            return node.type == EngineType(type) ? text : "CAST(\(text) AS \(type.sqlName))"
        }
        switch type {
        case .structure(let fields): return try structure(text, node, fields, depth)
        case .array(let element, _):
            let variable = "e\(depth)"
            let inner = try convert(variable, node.children[0], element, depth: depth + 1)
            return "list_transform(\(text), lambda \(variable): \(inner))"
        case .map(let key, let value, _):
            let variable = "e\(depth)"
            let keyText = try convert("\(variable).key", node.children[0], key, depth: depth + 1)
            let valueText = try convert("\(variable).value", node.children[1], value, depth: depth + 1)
            return """
                map_from_entries(list_transform(map_entries(\(text)), \
                lambda \(variable): {'key': \(keyText), 'value': \(valueText)}))
                """
        case .variant: return try variant(text, node)
        // Wall-clock times in a file stand for UTC, whatever the session's zone.
        case .timestamp, .timestampNtz: return "(\(text) AT TIME ZONE 'UTC')"
        default: return "CAST(\(text) AS \(type.sqlName))"
        }
    }

    private func structure(
        _ text: String, _ node: LayoutNode, _ fields: [SchemaField], _ depth: Int
    ) throws(TarnError) -> String {
        var members: [String] = []
        for field in fields {
            let value: String
            if let child = LayoutNode.find(field, mapping, in: node.children), field.type != .void {
                value = try convert(
                    "\(text).\(quoteIdentifier(child.name))", child, field.type, depth: depth)
            } else {
                value = "CAST(NULL AS \(field.type.sqlName))"
            }
            members.append("\(quoteIdentifier(field.name)) := \(value)")
        }
        return "CASE WHEN \(text) IS NOT NULL THEN struct_pack(\(members.joined(separator: ", "))) END"
    }

    /// Writers before Parquet had the type leave a structure of two binary parts.
    private func variant(_ text: String, _ node: LayoutNode) throws(TarnError) -> String {
        let names = Set(node.children.map { $0.name.lowercased() })
        if names == ["value", "metadata"] {
            return "variant_bytes_to_variant(\(text).\"metadata\" || \(text).\"value\")"
        }
        throw TarnError(
            .unsupported,
            """
            A data file holds a variant as \(node.type.name), which this version of Tarn cannot read \
            (table feature variantShredding without the type's mark in the file).
            """,
            context: [("features", "variantShredding")])
    }

    /// Whether a cast by the engine would not do: parts have other names, or are no values of their own.
    private func isRebuilt(_ node: LayoutNode, _ type: DataType) -> Bool {
        switch (type, node.type) {
        case (.structure(let fields), .structure):
            var found = 0
            for field in fields {
                guard let child = LayoutNode.find(field, mapping, in: node.children) else { continue }
                found += 1
                if child.name.lowercased() != field.name.lowercased() || isRebuilt(child, field.type) {
                    return true
                }
            }
            // A member that was dropped may have the name that another has now.
            return found == 0 || mapping != .none && found != fields.count
        case (.array(let element, _), .list): return isRebuilt(node.children[0], element)
        case (.map(let key, let value, _), .map):
            return isRebuilt(node.children[0], key) || isRebuilt(node.children[1], value)
        case (.variant, let found): return found != .variant
        case (.timestamp, .timestamp), (.timestampNtz, .timestampTz): return true
        default: return false
        }
    }

    /// A field as the files name it, with all its members.
    func physical(_ field: SchemaField) -> SchemaField {
        SchemaField(
            field.physicalName(mapping), physical(field.type), isNullable: field.isNullable,
            metadata: field.metadata)
    }

    private func physical(_ type: DataType) -> DataType {
        switch type {
        case .structure(let fields): .structure(fields.map(physical))
        case .array(let element, let containsNull):
            .array(element: physical(element), containsNull: containsNull)
        case .map(let key, let value, let valueContainsNull):
            .map(key: physical(key), value: physical(value), valueContainsNull: valueContainsNull)
        default: type
        }
    }
}
