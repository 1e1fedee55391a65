import Base
import DeltaLake
import TableModel

/// What stands in the way of changing a column.
extension DeltaTable {
    /// Renaming and dropping leave the files as they are, which needs names in the files of their own.
    static func checkMapped(
        _ table: TableChange, _ verb: String, _ column: ColumnPath
    ) throws(TarnError) {
        if ColumnMapping.mode(table.metadata.configuration) != .none { return }
        let name = column.parts.joined(separator: ".")
        throw TarnError(
            .failedPrecondition,
            """
            The column \(name) cannot be \(verb): the table's files know their columns by name. Set the table property \
            \(ColumnMapping.modeProperty) to 'name' first; readers must then know the table feature columnMapping.
            """,
            context: [("column", name), ("property", ColumnMapping.modeProperty)])
    }

    /// Constraints and generated columns name columns in their text.
    static func checkIndependent(
        _ table: TableChange, _ column: ColumnPath, _ verb: String
    ) throws(TarnError) {
        guard let first = column.parts.first, let field = table.schema[first] else { return }
        func names(_ text: String, _ owner: String) throws(TarnError) -> Bool {
            try SparkExpression(text, table.schema, of: owner).columns.contains(field.name)
        }
        for (name, text) in ColumnRules.constraints(table.metadata.configuration)
        where try names(text, "the constraint \(name)") {
            throw inUse(column, verb, "the constraint \(name) names it; drop that first")
        }
        for other in table.schema.fields {
            guard let text = other.generationExpression else { continue }
            if try names(text, "the generated column \(other.name)") {
                throw inUse(column, verb, "the generated column \(other.name) is computed from it")
            }
        }
        for (name, text) in ColumnRules.invariants(table.schema)
        where try names(text, "the invariant of column \(name)") {
            throw inUse(column, verb, "the invariant of column \(name) names it")
        }
    }

    static func inUse(_ column: ColumnPath, _ verb: String, _ why: String) -> TarnError {
        let name = column.parts.joined(separator: ".")
        return TarnError(
            .failedPrecondition, "The column \(name) cannot be \(verb): \(why).", context: [("column", name)])
    }

    /// Keeps the list of columns with statistics true.
    ///
    /// - Parameters:
    ///   - metadata: Whose properties.
    ///   - old: The column's path.
    ///   - new: Its new path; `nil` if it goes.
    static func renameInProperties(_ metadata: inout TableMetadata, _ old: [String], to new: [String]?) {
        let property = "delta.dataSkippingStatsColumns"
        guard let listed = TableProperties(metadata.configuration).statisticsColumns else { return }
        let wanted = old.joined(separator: ".").lowercased()
        let changed = listed.compactMap { name -> String? in
            let plain = name.replacing("`", with: "")
            guard plain.lowercased() == wanted || plain.lowercased().hasPrefix(wanted + ".") else {
                return name
            }
            guard let new else { return nil }
            let rest = plain.split(separator: ".").dropFirst(old.count).map(String.init)
            return (new + rest).map { $0.contains(where: { ",.` ".contains($0) }) ? "`\($0)`" : $0 }
                .joined(separator: ".")
        }
        metadata.configuration[property] = changed.isEmpty ? nil : changed.joined(separator: ",")
    }
}
