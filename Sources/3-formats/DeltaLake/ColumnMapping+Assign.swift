import Base
package import TableModel

extension ColumnMapping {
    /// Gives every field that lacks one an id and a name in the files, members at any depth among them.
    ///
    /// Ids go on from the largest that the table ever gave out.
    ///
    /// - Parameters:
    ///   - schema: The columns; those that have both keep them.
    ///   - configuration: Gets the largest id.
    ///   - keepsNames: Files that are there know the columns by their names, so these become the physical ones.
    ///   - newName: A text that was never used before.
    /// - Returns: The schema with ids and physical names in the fields' metadata.
    package static func assigned(
        _ schema: TableSchema, _ configuration: inout [String: String], keepsNames: Bool,
        newName: () -> String
    ) -> TableSchema {
        var maximum = configuration[maximumIDProperty].flatMap { Int($0) } ?? 0
        eachField(schema.fields) { maximum = max(maximum, $0.fieldID ?? 0) }
        let fields = mapFields(schema.fields) { field in
            var field = field
            if field.fieldID == nil {
                maximum += 1
                field.metadata[idKey] = .int(maximum)
            }
            if field.metadata[physicalNameKey]?.string == nil {
                field.metadata[physicalNameKey] = .string(keepsNames ? field.name : "col-\(newName())")
            }
            return field
        }
        configuration[maximumIDProperty] = String(maximum)
        return TableSchema(fields)
    }

    /// The schema without ids and physical names: for a table that is made anew from another's columns.
    package static func removed(from schema: TableSchema) -> TableSchema {
        TableSchema(
            mapFields(schema.fields) { field in
                var field = field
                field.metadata[idKey] = nil
                field.metadata[physicalNameKey] = nil
                return field
            })
    }

    /// Ids and physical names of the columns that a replaced schema has in common with the old one.
    ///
    /// - Returns: `schema` with those of `old` where name and type are the same.
    package static func carried(from old: TableSchema, to schema: TableSchema) -> TableSchema {
        TableSchema(
            schema.fields.map { field in
                guard let known = old[field.name], plain(known.type) == plain(field.type) else {
                    return field
                }
                var field = field
                field.type = known.type
                field.metadata[idKey] = known.metadata[idKey]
                field.metadata[physicalNameKey] = known.metadata[physicalNameKey]
                return field
            })
    }

    private static func plain(_ type: DataType) -> DataType {
        mapType(type) { SchemaField($0.name, $0.type) }
    }

    private static func eachField(_ fields: [SchemaField], _ body: (SchemaField) -> Void) {
        _ = mapFields(fields) { field in
            body(field)
            return field
        }
    }

    /// Every field and every member at any depth, outer ones first.
    private static func mapFields(
        _ fields: [SchemaField], _ change: (SchemaField) -> SchemaField
    ) -> [SchemaField] {
        fields.map { field in
            var changed = change(field)
            changed.type = mapType(changed.type, change)
            return changed
        }
    }

    private static func mapType(_ type: DataType, _ change: (SchemaField) -> SchemaField) -> DataType {
        switch type {
        case .structure(let members): .structure(mapFields(members, change))
        case .array(let element, let containsNull):
            .array(element: mapType(element, change), containsNull: containsNull)
        case .map(let key, let value, let containsNull):
            .map(
                key: mapType(key, change), value: mapType(value, change), valueContainsNull: containsNull)
        default: type
        }
    }
}
