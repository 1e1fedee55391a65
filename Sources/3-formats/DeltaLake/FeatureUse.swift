import Base
import TableModel

/// Which features a table's metadata makes use of, whatever its protocol says.
enum FeatureUse {
    /// Prefix of the properties that hold CHECK constraints.
    static let constraintPrefix = "delta.constraints."

    /// Features whose use shows in the schema or the properties; all others are active where they are supported.
    static let visible: Set<String> = Set(
        TableFeature.all.filter { $0.enablingProperty != nil }.map(\.name)
            + [
                "invariants", "checkConstraints", "generatedColumns", "identityColumns",
                "allowColumnDefaults",
                "timestampNtz", "variantType", "collations",
            ])

    /// The names of the features that are in use, final names only.
    static func names(_ schema: TableSchema, _ configuration: [String: String]) -> Set<String> {
        var names: Set<String> = []
        for feature in TableFeature.all {
            if let property = feature.enablingProperty, property.isActive(configuration) {
                names.insert(feature.name)
            }
        }
        if configuration.keys.contains(where: { $0.lowercased().hasPrefix(constraintPrefix) }) {
            names.insert("checkConstraints")
        }
        visit(.structure(schema.fields), &names)
        return names
    }

    /// Whether a column or one of its parts has been of another type ("Type Change Metadata").
    static func hasTypeChanges(_ schema: TableSchema) -> Bool {
        func has(_ type: DataType) -> Bool {
            switch type {
            case .structure(let fields):
                fields.contains { $0.metadata["delta.typeChanges"] != nil || has($0.type) }
            case .array(let element, _): has(element)
            case .map(let key, let value, _): has(key) || has(value)
            default: false
            }
        }
        return has(.structure(schema.fields))
    }

    private static func visit(_ type: DataType, _ names: inout Set<String>) {
        switch type {
        case .structure(let fields):
            for field in fields {
                inspect(field.metadata, &names)
                visit(field.type, &names)
            }
        case .array(let element, _): visit(element, &names)
        case .map(let key, let value, _):
            visit(key, &names)
            visit(value, &names)
        case .timestampNtz: names.insert("timestampNtz")
        default: if type.deltaName == "variant" { names.insert("variantType") }
        }
    }

    private static func inspect(_ metadata: JSONObject, _ names: inout Set<String>) {
        for (key, _) in metadata.members {
            switch key {
            case "delta.invariants": names.insert("invariants")
            case "delta.generationExpression": names.insert("generatedColumns")
            case "delta.identity.start", "delta.identity.step", "delta.identity.highWaterMark":
                names.insert("identityColumns")
            case "CURRENT_DEFAULT": names.insert("allowColumnDefaults")
            case "__COLLATIONS": names.insert("collations")
            default: break
            }
        }
    }
}
