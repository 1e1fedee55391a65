internal import Base
internal import TableModel

/// Finds a view's columns in its source, or says which one is wrong.
struct ViewResolution {
    let view: FeatureView
    let entities: [FeatureEntity]
    /// Of the source.
    let schema: TableSchema
    /// The table's full name, for messages.
    let table: String

    private var subject: String { "Feature view '\(view.name)'" }

    /// The join keys and the features with their types.
    func layout() throws(TarnError) -> (joinKeys: [SchemaField], features: [SchemaField]) {
        _ = try timeColumn(view.source.timestampField, "timestamp_field")
        if let created = view.source.createdTimestampColumn {
            _ = try timeColumn(created, "created_timestamp_column")
        }
        for name in view.source.fieldMapping.keys.sorted() { _ = try column(name, "field_mapping") }
        var joinKeys: [SchemaField] = []
        for entity in entities {
            for key in entity.joinKeys where !joinKeys.contains(where: { $0.name == key }) {
                joinKeys.append(try joinKey(key, entity))
            }
        }
        return (joinKeys, try features(joinKeys.map(\.name)))
    }

    private func column(_ name: String, _ role: String) throws(TarnError) -> SchemaField {
        if let field = schema[name] { return field }
        throw TarnError(
            .invalidInput,
            "\(subject): \(role) names the column '\(name.prefix(100))', which table \(table) does not have."
                + "\(didYouMean(name, among: schema.names))",
            context: [("feature_view", view.name), ("column", name)])
    }

    private func timeColumn(_ name: String, _ role: String) throws(TarnError) -> SchemaField {
        let field = try column(name, role)
        if TimeSQL.isTime(field.type) { return field }
        throw TarnError(
            .invalidInput,
            "\(subject): \(role) is '\(name)', a column of type \(field.type.sqlName); it must be a timestamp or date.",
            context: [("feature_view", view.name), ("column", name)])
    }

    private func joinKey(_ key: String, _ entity: FeatureEntity) throws(TarnError) -> SchemaField {
        let field = try column(
            view.source.column(of: key), "the join key '\(key)' of entity '\(entity.name)'")
        if let declared = entity.valueType, !FeatureTypes.accepts(declared: declared, actual: field.type),
            !(declared.isNumeric && field.type.isNumeric)
        {
            throw wrongType("the join key '\(key)'", declared, field.type)
        }
        if !EntityKey.canHold(field.type) {
            throw TarnError(
                .unsupported,
                "\(subject): the join key '\(key)' is of type \(field.type.sqlName); a key can be a whole number, text, "
                    + "boolean, binary, date or timestamp.",
                context: [("feature_view", view.name), ("column", key)])
        }
        return SchemaField(key, field.type)
    }

    private func features(_ joinKeys: [String]) throws(TarnError) -> [SchemaField] {
        let declared = view.features.isEmpty ? otherColumns(joinKeys) : view.features
        var features: [SchemaField] = []
        for feature in declared {
            // Feast's schema may list the join keys too; they are no features.
            if joinKeys.contains(feature.name) { continue }
            let field = try column(view.source.column(of: feature.name), "feature '\(feature.name)'")
            if let type = feature.type, !FeatureTypes.accepts(declared: type, actual: field.type) {
                throw wrongType("feature '\(feature.name)'", type, field.type)
            }
            features.append(SchemaField(feature.name, resultType(feature.type, field.type)))
        }
        if features.isEmpty {
            throw TarnError(
                .invalidInput, "\(subject) has no features: table \(table) has only its keys and times.",
                context: [("feature_view", view.name)])
        }
        return features
    }

    /// Numbers widen to what was declared; the kind of a timestamp stays as it is stored.
    private func resultType(_ declared: DataType?, _ actual: DataType) -> DataType {
        guard let declared, declared.isNumeric, actual.isNumeric else { return actual }
        return declared
    }

    private func otherColumns(_ joinKeys: [String]) -> [FeatureField] {
        let source = view.source
        let used = Set(
            (joinKeys.map { source.column(of: $0) } + [source.timestampField]
                + (source.createdTimestampColumn.map { [$0] } ?? [])).map { $0.lowercased() })
        return schema.fields.filter { !used.contains($0.name.lowercased()) }.map {
            FeatureField(name: source.fieldMapping[$0.name] ?? $0.name)
        }
    }

    private func wrongType(_ what: String, _ declared: DataType, _ actual: DataType) -> TarnError {
        TarnError(
            .invalidInput,
            "\(subject): \(what) is declared as \(declared.sqlName), but table \(table) has it as \(actual.sqlName).",
            context: [("feature_view", view.name)])
    }
}
