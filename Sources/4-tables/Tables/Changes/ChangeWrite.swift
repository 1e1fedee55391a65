import Base
import DeltaLake
import Engine
import TableModel

/// What a change found and made, ready to become a commit.
struct ChangeWrite: Sendable {
    /// Files that leave the table.
    var removed: [DataFileView] = []
    var staged: [StagedRows] = []
    /// Where the schema changes.
    var metadata: TableMetadata?
    var reads: ReadScope = .wholeTable
    var metrics: JSONObject = [:]

    var isEmpty: Bool { removed.isEmpty && staged.allSatisfy { $0.files.isEmpty } && metadata == nil }
    var addedFileCount: Int { staged.reduce(0) { $0 + $1.files.count } }
    var addedByteCount: Int64 { staged.reduce(0) { $0 + $1.byteCount } }
}

extension ChangeRun {
    /// Writes rows as data files of the table.
    ///
    /// - Parameters:
    ///   - select: Gives the rows.
    ///   - metadata: The table's after the change.
    ///   - schema: Of the metadata; the SELECT has exactly its columns, in order.
    /// - Returns: The durable files.
    /// - Throws: What computing the rows throws, `.schemaMismatch` where they do not fit.
    func stage(_ select: String, _ metadata: TableMetadata, _ schema: TableSchema) async throws -> StagedRows
    {
        try await RowStaging(table, metadata, schema).stage(
            withParameters(select), parameters, columns: schema.names, in: session)
    }
}

extension DeltaTable {
    /// Runs one change of rows: on the newest version, in a session of its own, unless it was done before.
    ///
    /// - Parameters:
    ///   - operation: As the history names it.
    ///   - options: How it is recorded.
    ///   - parameters: Of all its texts.
    ///   - body: Finds and stages; gives what to commit.
    /// - Returns: The version with the change; the version that was there where nothing had to change.
    /// - Throws: `.failedPrecondition` on an append-only table, what `body` throws, `.conflict`.
    func change(
        _ operation: String, _ options: ChangeOptions, parameters: [EngineValue] = [],
        _ body: @escaping @Sendable (ChangeRun) async throws -> ChangeWrite
    ) async throws -> CommitResult {
        try await naming {
            let base = try await refresh()
            let snapshot = base.snapshot
            if let wanted = options.transaction, let had = snapshot.transactions[wanted.appID],
                had.version >= wanted.version
            {
                return .alreadyCommitted(snapshot.version)
            }
            try TableFeatures.checkWritable(snapshot)
            try checkMayChange(snapshot, operation)
            let write = try await context.engine.withSession { session in
                try await body(
                    ChangeRun(table: self, base: base, session: session, parameters: parameters))
            }
            if write.isEmpty, options.transaction == nil {
                return CommitResult(version: snapshot.version, metrics: write.metrics, retryCount: 0)
            }
            return try await commit(prepare(write, operation, options, snapshot), on: base)
        }
    }

    private func prepare(
        _ write: ChangeWrite, _ operation: String, _ options: ChangeOptions, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> PreparedCommit {
        var info = commitInfo(operation: operation, readVersion: snapshot.version, .none)
        info.isBlindAppend = false
        info.userMetadata = options.userMetadata
        info.operationParameters = options.operationParameters
        info.operationMetrics = write.metrics
        var builder = CommitBuilder(info: info, metadata: write.metadata)
        if let metadata = write.metadata {
            builder.tableProtocol = try TableFeatures.protocolUpgrade(
                snapshot.tableProtocol, for: SchemaCodec.parse(metadata.schemaString), metadata.configuration,
                from: snapshot)
        }
        if let transaction = options.transaction { builder.record(transaction) }
        let now = context.time.nowMilliseconds()
        for file in write.removed { builder.remove(file.removeFile(atMilliseconds: now)) }
        for staged in write.staged { for file in staged.files { builder.add(file) } }
        return PreparedCommit(builder, reads: write.reads)
    }

    private func checkMayChange(_ snapshot: DeltaSnapshot, _ operation: String) throws(TarnError) {
        guard TableFeatures.isAppendOnly(snapshot) else { return }
        throw TarnError(
            .failedPrecondition,
            """
            \(operation) is not allowed: rows can only be added, for the table property delta.appendOnly is true. \
            Set it to false first.
            """, context: [("property", "delta.appendOnly")])
    }
}

/// Counts as the log keeps them: texts.
func metrics(_ counts: KeyValuePairs<String, Int64>) -> JSONObject {
    var object = JSONObject()
    for (name, count) in counts { object[name] = .string(String(count)) }
    return object
}
