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
            let rules = try WriteRules(run.snapshot.configuration, schema)
            let assigned = try ColumnAssignments(
                assignments, schema, alias: condition.alias, defaults: rules.defaults)
            let target = try await TargetRows.open(run, matching: condition.filter)
            let updated = try await run.rows(of: target, meeting: condition)
            let replacement = try RowReplacement(run, target, given: Set(assigned.expressions.keys))
            var new: [NewRows] = []
            if !updated.isEmpty {
                let rows = try await target.only(updated, addsRowIDs: replacement.rowIDColumns != nil)
                let columns = replacement.columns.map { field in
                    let name = quoteIdentifier(field.name)
                    let given = assigned.expressions[field.name.lowercased()]
                    return given.map { "CAST((\($0)) AS \(field.type.sqlName)) AS \(name)" }
                        ?? "\(condition.alias).\(name)"
                }
                let select = """
                    SELECT \(columns.joined(separator: ", "))\(replacement.rowIDItems(of: condition.alias)) \
                    FROM \(rows.sql) AS \(condition.alias)
                    """
                new = [NewRows(kind: .updated, select: select, resources: rows.resources)]
            }
            let none = MarkedRows(fileCount: target.files.count)
            var write = try await replacement.write(deleted: none, updated: updated, new: new)
            write.reads = condition.reads
            write.rowsMatch = condition.matcher(run)
            write.metrics = write.counted([
                "numUpdatedRows": updated.count, "numCopiedRows": write.copiedRowCount,
                "numRemovedFiles": Int64(write.removed.count),
                "numAddedFiles": Int64(write.staged.files.count), "numAddedBytes": write.staged.byteCount,
            ])
            withExtendedLifetime(condition) {}
            return write
        }
    }
}
