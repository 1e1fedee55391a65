import Base
import DeltaLake
package import TableModel

extension DeltaTable {
    /// Sets columns in the rows that meet a condition.
    ///
    /// - Parameters:
    ///   - assignments: Columns or members of structures, and the engine's SQL for their new value, which sees the row
    ///     as it was. `DEFAULT` stands for the column's default.
    ///   - condition: `nil` is every row. Its parameters are those of the expressions too.
    ///   - options: How it is recorded.
    /// - Returns: The version with the changed rows; metrics `numUpdatedRows`, `numCopiedRows`, `numRemovedFiles`,
    ///   `numAddedFiles`. The version that was there if no row met the condition.
    /// - Throws: `.notFound` for an unknown column, the engine's error for a value that cannot be computed or does not
    ///   fit, `.schemaMismatch`, `.failedPrecondition` on an append-only table, `.conflict`.
    @discardableResult
    package func update(
        _ assignments: [(column: ColumnPath, expression: String)], where condition: RowCondition?,
        _ options: ChangeOptions = ChangeOptions()
    ) async throws -> CommitResult {
        let condition = condition ?? RowCondition("true")
        return try await change("UPDATE", options, parameters: condition.parameters) { run in
            let schema = run.snapshot.schema
            let alias = quoteIdentifier(condition.targetAlias ?? "__target")
            let assigned = try ColumnAssignments(assignments, schema, alias: alias)
            let target = try await TargetRows.open(run, matching: condition.filter)
            try await run.keep(
                """
                SELECT \(alias).__file_index AS f, \(alias).__file_row AS r FROM \(target.relation.sql) \
                AS \(alias) WHERE (\(condition.sql))
                """, as: MarkedRows.name)
            let marked = try await MarkedRows.count(run, target)
            let columns = schema.fields.map { field in
                let name = quoteIdentifier(field.name)
                let given = assigned.expressions[field.name.lowercased()]
                return given.map { "CAST((\($0)) AS \(field.type.sqlName)) AS \(name)" } ?? "\(alias).\(name)"
            }
            let rows = target.from(files: marked.files.map(\.index), marked: true, as: alias)
            let select = "SELECT \(columns.joined(separator: ", ")) FROM \(rows)"
            var write = try await run.replacing(
                marked, in: target, with: marked.files.isEmpty ? [] : [select])
            write.reads = ReadScope(filters: [condition.filter])
            write.metrics = metrics([
                "numUpdatedRows": marked.rowCount, "numCopiedRows": marked.keptRowCount,
                "numRemovedFiles": Int64(write.removed.count), "numAddedFiles": Int64(write.addedFileCount),
                "numAddedBytes": write.addedByteCount,
            ])
            _ = condition.resources
            return write
        }
    }
}
