import Base
import DeltaLake
import Engine
import TableModel

/// What a change found and made, ready to become a commit.
struct ChangeWrite: Sendable {
    /// Files that leave the table.
    var removed: [DataFileView] = []
    /// Rows that go while their files stay.
    var deletions: [RowDeletion] = []
    var staged: StagedRows = .none
    var changeFiles: [ChangeFile] = []
    /// Where the schema or a counter of the table changes.
    var metadata: TableMetadata?
    var reads: ReadScope = .wholeTable
    /// Whether rows of files that others added meanwhile are ones that the statement should have read.
    var rowsMatch: (@Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool)?
    var metrics: JSONObject = [:]

    /// Rows that were copied to other files as they are.
    var copiedRowCount: Int64 = 0
    /// New rows, the copied ones not counted.
    var newRowCount: Int64 = 0

    var isEmpty: Bool {
        removed.isEmpty && deletions.isEmpty && staged.files.isEmpty && metadata == nil
    }

    /// Figures that all changes have.
    func counted(_ own: KeyValuePairs<String, Int64>) -> JSONObject {
        var object = JSONObject()
        for (name, count) in own { object[name] = .string(String(count)) }
        object["numAddedChangeFiles"] = .string(String(changeFiles.count))
        return object
    }
}

extension DeltaTable {
    /// Runs one change of rows: on the newest version, in a session of its own, unless it was done before; again
    /// where another writer's commit came in between.
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
            try await retryingConflicts {
                try await changeOnce(operation, options, parameters, body)
            }
        }
    }

    private func changeOnce(
        _ operation: String, _ options: ChangeOptions, _ parameters: [EngineValue],
        _ body: @escaping @Sendable (ChangeRun) async throws -> ChangeWrite
    ) async throws -> CommitResult {
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
        do {
            return try await commit(prepare(write, operation, options, snapshot), on: base)
        } catch let error as TarnError where error.code == .conflict {
            await discard(write.staged)
            throw error
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
        for file in write.staged.files { builder.add(file) }
        for file in write.changeFiles { builder.add(file) }
        return PreparedCommit(
            builder, reads: write.reads, rowDeletions: write.deletions, rowsMatch: write.rowsMatch)
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
