import Base
import DeltaLake
import Engine
import TableModel

extension DeltaTable {
    /// Deletes the rows that meet a condition.
    ///
    /// With deletion vectors the rows are marked; without, the files that hold them are written anew.
    ///
    /// - Parameters:
    ///   - condition: `nil` is every row.
    ///   - options: How it is recorded.
    /// - Returns: The version without the rows; metrics `numDeletedRows`, `numCopiedRows`, `numRemovedFiles`,
    ///   `numAddedFiles`, `numDeletionVectorsAdded`. The version that was there if no row met the condition.
    /// - Throws: `.failedPrecondition` on an append-only table, the engine's error for a condition that is no such,
    ///   `.conflict`.
    @discardableResult
    package func delete(
        where condition: RowCondition?, _ options: ChangeOptions = ChangeOptions()
    ) async throws -> CommitResult {
        guard let condition else { return try await removeAll("DELETE", options) }
        return try await change("DELETE", options, parameters: condition.parameters) { run in
            let target = try await TargetRows.open(run, matching: condition.filter)
            let deleted = try await run.rows(of: target, meeting: condition)
            let none = MarkedRows(fileCount: target.files.count)
            var write = try await RowReplacement(run, target).write(deleted: deleted, updated: none, new: [])
            write.reads = condition.reads
            write.rowsMatch = condition.matcher(run)
            write.metrics = write.counted([
                "numDeletedRows": deleted.count, "numCopiedRows": write.copiedRowCount,
                "numRemovedFiles": Int64(write.removed.count),
                "numAddedFiles": Int64(write.staged.files.count), "numAddedBytes": write.staged.byteCount,
            ])
            return write
        }
    }

    /// Deletes every row, without looking at any.
    @discardableResult
    package func truncate(_ options: ChangeOptions = ChangeOptions()) async throws -> CommitResult {
        try await removeAll("TRUNCATE", options)
    }

    private func removeAll(_ operation: String, _ options: ChangeOptions) async throws -> CommitResult {
        try await change(operation, options) { run in
            var write = ChangeWrite()
            write.removed = run.snapshot.files.all()
            let rows = write.removed.reduce(Int64(0)) { $0 + ($1.liveRowCount ?? 0) }
            write.metrics = write.counted([
                "numDeletedRows": rows, "numRemovedFiles": Int64(write.removed.count), "numAddedFiles": 0,
            ])
            return write
        }
    }
}

extension ChangeRun {
    /// The rows that meet a condition.
    func rows(of target: TargetRows, meeting condition: RowCondition) async throws -> MarkedRows {
        let select = condition.places(in: target.relation.sql)
        let found = try await places(select, fileCount: target.files.count).rows
        withExtendedLifetime((target, condition)) {}
        return found
    }
}

extension RowCondition {
    var alias: String { quoteIdentifier(targetAlias ?? "__target") }

    /// A SELECT of the places of the rows that meet the condition.
    func places(in relation: String) -> String {
        "SELECT \(alias).__file_index, \(alias).__file_row FROM \(relation) AS \(alias) WHERE (\(sql))"
    }

    /// The rows that were read; where the condition looks at nothing but the row, these are the rows that change.
    var reads: ReadScope {
        let asksMore = !resources.isEmpty || sql.lowercased().contains("select")
        return ReadScope(filters: [filter], changesAllItReads: !asksMore)
    }

    /// Finds out from the rows whether files that others added hold some that meet the condition.
    func matcher(_ run: ChangeRun) -> @Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool {
        let (table, parameters) = (run.table, parameters)
        return { files, snapshot in
            let relation = try await table.scan(files: files, of: snapshot, addsRowLocator: true)
            let found = try await table.context.engine.withSession { session in
                let run = ChangeRun(
                    table: table,
                    base: LoadedTable(snapshot: snapshot, commitModifiedMicroseconds: 0), session: session,
                    parameters: parameters)
                return try await run.numbers(
                    "SELECT count(*) FROM (\(places(in: relation.sql)) LIMIT 1)")
            }
            withExtendedLifetime((relation, self)) {}
            return found?.first ?? 0 > 0
        }
    }
}
