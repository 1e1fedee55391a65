import Base
import DeltaLake
import Engine
import TableModel

extension DeltaTable {
    /// Changes, deletes and inserts rows by what a source says of them.
    ///
    /// - Parameters:
    ///   - plan: Source, condition and clauses.
    ///   - options: How it is recorded.
    /// - Returns: The new version; metrics `numSourceRows`, `numTargetRowsInserted`, `numTargetRowsUpdated`,
    ///   `numTargetRowsDeleted`, `numTargetRowsCopied`, `numTargetFilesAdded`, `numTargetFilesRemoved`. The version
    ///   that was there if nothing had to change.
    /// - Throws: `.invalidInput` naming the key where several rows of the source would change one row,
    ///   `.notFound` for an unknown column, `.schemaMismatch`, the engine's error for SQL that is none,
    ///   `.failedPrecondition` on an append-only table, `.conflict`.
    @discardableResult
    package func merge(
        _ plan: MergePlan, _ options: ChangeOptions = ChangeOptions()
    ) async throws -> CommitResult {
        try await change("MERGE", options, parameters: plan.parameters) { run in
            let write = try await Merge(plan, run).write()
            _ = plan.resources
            return write
        }
    }
}

/// One attempt at a MERGE.
private struct Merge {
    let plan: MergePlan
    let run: ChangeRun

    init(_ plan: MergePlan, _ run: ChangeRun) {
        self.plan = plan
        self.run = run
    }

    func write() async throws -> ChangeWrite {
        let source = try await MergeSource.load(plan.source, run)
        let columns = try MergeColumns(
            plan, source.shape, run.snapshot, sourceRow: source.rowColumn)
        let sql = try MergeStatements(plan, columns)
        // A row that the source lacks may be anywhere.
        let filter =
            sql.notMatchedBySource.isEmpty
            ? try await MergeSource.filter(plan, rowCount: source.rowCount, run) : .always
        let target = try await TargetRows.open(run, matching: filter)
        try await run.keep(sql.pairs(target), as: MergeStatements.match)
        let (deleted, updated) = try await marked(sql, target)
        let replacement = try RowReplacement(run, target, schema: columns.after, given: sql.given)
        let new = try await newRows(sql, target, updated, replacement)
        var write = try await replacement.write(deleted: deleted, updated: updated, new: new)
        write.reads = ReadScope(filters: [filter])
        write.metrics = write.counted([
            "numSourceRows": source.rowCount,
            "numTargetRowsInserted": max(0, write.newRowCount - updated.count),
            "numTargetRowsUpdated": updated.count, "numTargetRowsDeleted": deleted.count,
            "numTargetRowsCopied": write.copiedRowCount,
            "numOutputRows": write.newRowCount + write.copiedRowCount,
            "numTargetFilesAdded": Int64(write.staged.files.count),
            "numTargetFilesRemoved": Int64(write.removed.count),
            "numTargetBytesAdded": write.staged.byteCount,
        ])
        return write
    }

    /// The rows of the target that leave their place.
    private func marked(
        _ sql: MergeStatements, _ target: TargetRows
    ) async throws -> (deleted: MarkedRows, updated: MarkedRows) {
        let fileCount = target.files.count
        var deleted = MarkedRows(fileCount: fileCount)
        var updated = deleted
        if sql.matched.has(.delete) {
            deleted = try await run.places(sql.matchedPlaces(.delete), fileCount: fileCount).rows
        }
        if sql.matched.has(.update) {
            let found = try await run.places(sql.matchedPlaces(.update), fileCount: fileCount)
            updated = found.rows
            let meet =
                !deleted.isEmpty && (0..<fileCount).contains { !deleted[$0].isDisjoint(with: updated[$0]) }
            if found.repeats > 0 || meet { throw try await ambiguity(sql, target) }
        }
        if !sql.notMatchedBySource.isEmpty {
            let matched = try await run.places(sql.matchedPlaces(nil), fileCount: fileCount).rows
            let others = try await target.without(matched, in: Array(target.files.indices))
            try await run.keep(sql.unmatched(others.sql), as: MergeStatements.rest)
            withExtendedLifetime(others) {}
            if sql.notMatchedBySource.has(.delete) {
                deleted.formUnion(try await run.places(sql.restPlaces(.delete), fileCount: fileCount).rows)
            }
            if sql.notMatchedBySource.has(.update) {
                updated.formUnion(try await run.places(sql.restPlaces(.update), fileCount: fileCount).rows)
            }
        }
        return (deleted, updated)
    }

    private func newRows(
        _ sql: MergeStatements, _ target: TargetRows, _ updated: MarkedRows, _ replacement: RowReplacement
    ) async throws -> [NewRows] {
        let fields = replacement.columns
        let keepsIDs = replacement.rowIDColumns != nil
        var new: [NewRows] = []
        if !updated.isEmpty {
            let needsRest = sql.notMatchedBySource.has(.update)
            let needsOld = keepsIDs || needsRest || sql.updateReadsTarget(fields)
            let old = needsOld ? try await target.only(updated, addsRowIDs: keepsIDs) : nil
            let ids = replacement.rowIDItems(of: sql.t)
            let resources = old?.resources ?? []
            if sql.matched.has(.update) {
                let select = sql.updated(fields, rowIDs: ids, old?.sql)
                new.append(NewRows(kind: .updated, select: select, resources: resources))
            }
            if needsRest, let old {
                let select = sql.updatedRest(fields, rowIDs: ids, old.sql)
                new.append(NewRows(kind: .updated, select: select, resources: resources))
            }
        }
        if sql.notMatched.has(.insert) {
            let select = sql.inserted(fields, rowIDs: replacement.rowIDItems(of: nil))
            new.append(NewRows(kind: .inserted, select: select))
        }
        return new
    }

    /// The error that names the first row found that several rows of the source would change.
    private func ambiguity(_ sql: MergeStatements, _ target: TargetRows) async throws -> TarnError {
        let place = try await run.numbers(sql.ambiguous) ?? [0, 0]
        let names =
            plan.keys.isEmpty
            ? run.snapshot.schema.names.prefix(3).map { $0 } : plan.keys.compactMap { $0.target.parts.first }
        let items = names.map { "\(quoteIdentifier($0))::VARCHAR" }.joined(separator: ", ")
        let text = """
            SELECT \(items) FROM \(target.relation.sql) AS t WHERE t.__file_index = \(place[0]) \
            AND t.__file_row = \(place[1])
            """
        let found = try await run.session.run { try $0.execute(text).allRows().first ?? [] }
        withExtendedLifetime(target) {}
        let key = zip(names, found).map { name, value in
            if case .string(let text) = value { "\(name) = \(text)" } else { "\(name) is null" }
        }.joined(separator: ", ")
        return TarnError(
            .invalidInput,
            """
            The MERGE is ambiguous: several rows of the source match the row of the target with \(key), and each \
            would change it. Leave one row for each key in the source.
            """, context: [("conflict", "ambiguousMerge"), ("key", key)])
    }
}
