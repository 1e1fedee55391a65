package import Base
package import TableModel

/// What a column gets where a statement says DEFAULT.
package enum ColumnDefault {
    /// The column's default as the engine's SQL; `nil` where it has none, which is null.
    ///
    /// - Throws: `.unsupported` naming a function or type that the engine lacks.
    package static func sql(_ field: SchemaField) throws(TarnError) -> String? {
        guard let text = field.metadata["CURRENT_DEFAULT"]?.string else { return nil }
        return try SparkExpression(text, TableSchema(), of: "the default of column \(field.name)").sql
    }
}
