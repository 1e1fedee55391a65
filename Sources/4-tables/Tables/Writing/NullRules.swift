import TableModel

/// NOT NULL, of columns and of members at any depth, as rules for rows.
enum NullRules {
    static func rules(_ schema: TableSchema) -> [RowRule] {
        schema.fields.compactMap { field in
            violation(of: quoteIdentifier(field.name), field, depth: 0).map {
                RowRule(kind: .notNull, name: field.name, violation: $0, text: "NOT NULL")
            }
        }
    }

    /// SQL that is true where a value breaks a NOT NULL; `nil` where none can.
    private static func violation(of value: String, _ field: SchemaField, depth: Int) -> String? {
        var parts: [String] = []
        if !field.isNullable { parts.append("\(value) IS NULL") }
        if let inner = innerViolation(of: value, field.type, depth: depth) {
            parts.append("(\(value) IS NOT NULL AND \(inner))")
        }
        return parts.isEmpty ? nil : parts.joined(separator: " OR ")
    }

    private static func innerViolation(of value: String, _ type: DataType, depth: Int) -> String? {
        switch type {
        case .structure(let members):
            let parts = members.compactMap { member in
                violation(
                    of: "struct_extract(\(value), \(quoteLiteral(member.name)))", member, depth: depth)
            }
            return parts.isEmpty ? nil : "(\(parts.joined(separator: " OR ")))"
        case .array(let element, let containsNull):
            return anyViolates("\(value)", element, allowsNull: containsNull, depth: depth)
        case .map(let key, let content, let valueContainsNull):
            let parts = [
                anyViolates("map_keys(\(value))", key, allowsNull: true, depth: depth),
                anyViolates("map_values(\(value))", content, allowsNull: valueContainsNull, depth: depth),
            ].compactMap { $0 }
            return parts.isEmpty ? nil : "(\(parts.joined(separator: " OR ")))"
        default: return nil
        }
    }

    private static func anyViolates(_ list: String, _ type: DataType, allowsNull: Bool, depth: Int) -> String?
    {
        let element = "__e\(depth)"
        var tests: [String] = []
        if !allowsNull { tests.append("\(element) IS NULL") }
        if let inner = innerViolation(of: element, type, depth: depth + 1) {
            tests.append("(\(element) IS NOT NULL AND \(inner))")
        }
        if tests.isEmpty { return nil }
        return "len(list_filter(\(list), lambda \(element): \(tests.joined(separator: " OR ")))) > 0"
    }
}
