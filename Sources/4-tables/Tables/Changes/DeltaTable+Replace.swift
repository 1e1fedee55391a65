import Base
import DeltaLake
import Engine
import TableModel

extension DeltaTable {
    /// Puts rows in the place of those that meet a condition: INSERT with REPLACE WHERE.
    ///
    /// - Parameters:
    ///   - condition: Chooses the rows that go; the new rows have to meet it too.
    ///   - source: The rows that come.
    ///   - options: How it is recorded; mode and schema mode are those of `WriteOptions`' defaults.
    /// - Returns: The new version; metrics `numOutputRows` (the new rows), `numDeletedRows`, `numCopiedRows`.
    /// - Throws: `.constraintViolation` with a sample where a new row does not meet the condition, and nothing is
    ///   written; as `delete` and `write` otherwise.
    @discardableResult
    package func replace(
        where condition: RowCondition, with source: WriteSource, _ options: WriteOptions = WriteOptions()
    ) async throws -> CommitResult {
        try await change(
            options.operation, ChangeOptions(options), parameters: condition.parameters
        ) { run in
            try Self.checkKeepsSchema(options)
            let target = try await TargetRows.open(run, matching: condition.filter)
            let gone = try await run.rows(of: target, meeting: condition)
            let (rows, parameters) = try await run.rows(of: source, mustMeet: condition)
            var write = try await run.replacing(gone, in: target, with: rows, parameters)
            write.reads = condition.reads
            write.rowsMatch = condition.matcher(run)
            return write
        }
    }

    /// Puts rows in the place of all rows of the partitions that they fall into (dynamic partition overwrite).
    ///
    /// - Parameters:
    ///   - source: The rows that come; no row leaves the table for none.
    ///   - options: How it is recorded.
    /// - Returns: The new version; metrics `numOutputRows` (the new rows), `numDeletedRows`.
    /// - Throws: `.invalidInput` for a table without partition columns; as `write` otherwise.
    @discardableResult
    package func replacePartitions(
        with source: WriteSource, _ options: WriteOptions = WriteOptions()
    ) async throws -> CommitResult {
        try await change(options.operation, ChangeOptions(options)) { run in
            guard !run.snapshot.partitionColumns.isEmpty else {
                throw TarnError(
                    .invalidInput,
                    "Table \(self.name) has no partition columns, so no partitions of it can be replaced.",
                    context: [("table", self.name)])
            }
            try Self.checkKeepsSchema(options)
            try await source.prepare(in: run.session)
            var write = try await run.replacing(
                MarkedRows(fileCount: 0), in: TargetRows.none(run), with: source.sql, source.parameters)
            // What the log says of the new files tells which partitions they are.
            let filled = Set(write.staged.files.map { PartitionKey($0.partitionValues) })
            write.removed = run.snapshot.files.all().filter {
                filled.contains(PartitionKey($0.partitionValues))
            }
            let gone = write.removed.reduce(Int64(0)) { $0 + ($1.liveRowCount ?? 0) }
            write.metrics["numDeletedRows"] = .string(String(gone))
            write.metrics["numRemovedFiles"] = .string(String(write.removed.count))
            write.reads = .wholeTable
            return write
        }
    }

    private static func checkKeepsSchema(_ options: WriteOptions) throws(TarnError) {
        if options.schemaMode == .enforce { return }
        throw TarnError(
            .invalidInput,
            "Part of a table's rows cannot be replaced together with its columns. Add the columns first.")
    }
}

/// A partition, whatever order its columns are written in; the empty text is null.
private struct PartitionKey: Hashable {
    private let values: [String: String?]

    init(_ values: PartitionValues) {
        self.values = Dictionary(
            values.map { ($0.name, $0.value?.isEmpty == true ? nil : $0.value) },
            uniquingKeysWith: { first, _ in first })
    }
}

extension ChangeRun {
    /// A source's rows as a SELECT that fails at the first one that does not meet a condition.
    fileprivate func rows(
        of source: WriteSource, mustMeet condition: RowCondition
    ) async throws -> (select: String, parameters: [EngineValue]) {
        try await source.prepare(in: session)
        var (relation, parameters) = ("(\(source.sql))", source.parameters)
        if !condition.parameters.isEmpty {
            // Both number their parameters from one.
            try await session.execute(
                "CREATE TEMP TABLE \(MergeSource.name) AS \(source.sql)", source.parameters)
            (relation, parameters) = (MergeSource.name, condition.parameters)
        }
        let shape = try await session.run { [relation] connection in
            try SourceShape.of(
                "SELECT * FROM \(relation) AS __source",
                condition.parameters.isEmpty ? source.parameters : [], on: connection)
        }
        let rule = RowRule(kind: .outsideCondition, name: table.name, violation: "", text: condition.sql)
        let failure = RowViolation.error(rule, sample: shape.names)
        let select = """
            SELECT * FROM \(relation) AS \(condition.alias) \
            WHERE CASE WHEN (\(condition.sql)) THEN true ELSE (\(failure)) IS NULL END
            """
        return (select, parameters)
    }

    /// Takes rows out and writes those of a SELECT, which need not have all columns.
    fileprivate func replacing(
        _ gone: MarkedRows, in target: TargetRows, with select: String, _ parameters: [EngineValue]
    ) async throws -> ChangeWrite {
        let run = ChangeRun(table: table, base: base, session: session, parameters: parameters)
        var write = try await RowReplacement(run, target).write(
            deleted: gone, updated: MarkedRows(fileCount: gone.byFile.count),
            new: [NewRows(kind: .given, select: select)])
        write.metrics = write.counted([
            "numFiles": Int64(write.staged.files.count), "numOutputRows": write.newRowCount,
            "numOutputBytes": write.staged.byteCount, "numDeletedRows": gone.count,
            "numCopiedRows": write.copiedRowCount, "numRemovedFiles": Int64(write.removed.count),
        ])
        return write
    }
}

extension ChangeOptions {
    fileprivate init(_ options: WriteOptions) {
        self.init(
            operationParameters: options.operationParameters, userMetadata: options.userMetadata,
            transaction: options.transaction)
        operationParameters["mode"] = .string("Overwrite")
    }
}

extension WriteSource {
    fileprivate func prepare(in session: EngineSession) async throws {
        for statement in preparation { try await session.execute(statement) }
    }
}
