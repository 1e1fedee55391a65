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
            plan, source.shape, run.snapshot.schema, sourceRow: source.rowColumn)
        let sql = try MergeStatements(plan, columns)
        // A row that the source lacks may be anywhere.
        let filter =
            sql.notMatchedBySource.isEmpty
            ? try await MergeSource.filter(plan, rowCount: source.rowCount, run) : .always
        let target = try await TargetRows.open(run, matching: filter)
        try await run.keep(sql.pairs(target), as: MergeStatements.match)
        if sql.matched.has(.update) { try await checkAmbiguity(sql, target) }
        if !sql.notMatchedBySource.isEmpty {
            try await run.keep(sql.unmatched(target), as: MergeStatements.rest)
        }
        try await run.keep(sql.needsPairs ? sql.marked : sql.marked, as: MarkedRows.name)
        let marked = try await MarkedRows.count(run, target)
        var write = try await run.replacing(
            marked, in: target, with: selects(sql, target), schema: columns.after)
        write.reads = ReadScope(filters: [filter])
        write.metrics = try await metrics(write, marked, source, sql)
        return write
    }

    private func selects(_ sql: MergeStatements, _ target: TargetRows) -> [String] {
        var selects: [String] = []
        if sql.matched.has(.update) { selects.append(sql.updated(target)) }
        if sql.notMatchedBySource.has(.update) { selects.append(sql.updatedRest(target)) }
        if sql.notMatched.has(.insert) { selects.append(sql.inserted) }
        return selects
    }

    private func metrics(
        _ write: ChangeWrite, _ marked: MarkedRows, _ source: MergeSource, _ sql: MergeStatements
    ) async throws -> JSONObject {
        var updated: Int64 = 0
        if sql.matched.has(.update) {
            updated += try await run.numbers(
                "SELECT count(*) FROM \(MergeStatements.match) WHERE \(MergeStatements.isIn("__c", sql.matched.numbers(.update)))"
            )[0][0]
        }
        if sql.notMatchedBySource.has(.update) {
            updated += try await run.numbers(
                "SELECT count(*) FROM \(MergeStatements.rest) WHERE \(MergeStatements.isIn("__c", sql.notMatchedBySource.numbers(.update)))"
            )[0][0]
        }
        let staged = write.staged.reduce(Int64(0)) { $0 + $1.rowCount }
        return Tables.metrics([
            "numSourceRows": source.rowCount,
            "numTargetRowsInserted": max(0, staged - updated - marked.keptRowCount),
            "numTargetRowsUpdated": updated, "numTargetRowsDeleted": marked.rowCount - updated,
            "numTargetRowsCopied": marked.keptRowCount, "numOutputRows": staged,
            "numTargetFilesAdded": Int64(write.addedFileCount),
            "numTargetFilesRemoved": Int64(write.removed.count),
            "numTargetBytesAdded": write.addedByteCount,
        ])
    }

    private func checkAmbiguity(_ sql: MergeStatements, _ target: TargetRows) async throws {
        guard let place = try await run.numbers(sql.ambiguous).first else { return }
        let names =
            plan.keys.isEmpty
            ? run.snapshot.schema.names.prefix(3).map { $0 } : plan.keys.compactMap { $0.target.parts.first }
        let items = names.map { "\(quoteIdentifier($0))::VARCHAR" }.joined(separator: ", ")
        let found = try await run.session.run { connection in
            try connection.execute(
                """
                SELECT \(items) FROM \(target.relation.sql) AS t WHERE t.__file_index = \(place[0]) \
                AND t.__file_row = \(place[1])
                """
            ).allRows().first ?? []
        }
        let key = zip(names, found).map { name, value in
            if case .string(let text) = value { "\(name) = \(text)" } else { "\(name) is null" }
        }.joined(separator: ", ")
        throw TarnError(
            .invalidInput,
            """
            The MERGE is ambiguous: several rows of the source match the row of the target with \(key), and each \
            would change it. Leave one row for each key in the source.
            """, context: [("conflict", "ambiguousMerge"), ("key", key)])
    }
}
