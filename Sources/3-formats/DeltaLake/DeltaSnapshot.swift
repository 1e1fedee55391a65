package import Base
package import TableModel

/// One version of a table: what it is and which files it has.
///
/// ```swift
/// var builder = SnapshotBuilder(version: segment.version)
/// for commit in commits { try builder.apply(commit) }
/// let snapshot = try builder.finish(timestampMilliseconds: segment.modifiedMilliseconds)
/// let next = try snapshot.applying([commit], timestampMilliseconds: time)
/// ```
///
/// Delta protocol, "Snapshots".
package struct DeltaSnapshot: Sendable {
    package let version: Int64
    /// When the version was written: the commit's own time where the table has it, else its file's.
    package let timestampMilliseconds: Int64
    package let tableProtocol: TableProtocol
    package let metadata: TableMetadata
    /// From `metadata.schemaString`; partition columns included.
    package let schema: TableSchema
    package let files: FileSet
    package let transactions: [String: SetTransaction]
    /// Without the removed ones.
    package let domains: [String: DomainMetadata]

    package var fileCount: Int { files.count }
    package var byteCount: Int64 { files.byteCount }
    package var partitionColumns: [String] { metadata.partitionColumns }
    /// Whether a catalog puts the table's commits in order.
    package var isCatalogManaged: Bool { TableFeatures.supports(TableFeatures.catalogManaged, tableProtocol) }
    package var configuration: [String: String] { metadata.configuration }

    /// The snapshot some commits later.
    ///
    /// O(what is new): the files are shared, not copied.
    ///
    /// - Parameters:
    ///   - commits: The commits right after this version, oldest first, without a gap.
    ///   - timestampMilliseconds: When the last of them was written.
    /// - Returns: The snapshot of the last commit's version.
    /// - Throws: `.unsupported` if the table now needs a feature that Tarn lacks; `.corruptMetadata`.
    package func applying(
        _ commits: [ParsedCommit], timestampMilliseconds: Int64
    ) throws(TarnError) -> DeltaSnapshot {
        if commits.isEmpty { return self }
        var files = files
        var state = TableState(
            tableProtocol: tableProtocol, metadata: metadata, transactions: transactions, domains: domains)
        var expected = version + 1
        for commit in commits {
            try requireNext(commit.firstVersion, expected)
            state.apply(commit)
            files.apply(commit.files)
            expected = commit.version + 1
        }
        let keepsSchema = state.metadata == metadata && state.tableProtocol == tableProtocol
        return try state.snapshot(
            version: expected - 1, timestampMilliseconds: timestampMilliseconds, files: files,
            knownSchema: keepsSchema ? schema : nil)
    }
}

/// Puts a snapshot together from a checkpoint and commits, oldest first.
package struct SnapshotBuilder {
    private var state = TableState()
    private var blocks: [FileBlock] = []
    private var version: Int64?

    package init() {}

    /// Takes a checkpoint's contents (all its pieces, in any order) before any commit.
    package mutating func apply(checkpoint pieces: [ParsedCommit]) throws(TarnError) {
        for piece in pieces {
            state.apply(piece)
            blocks.append(piece.files)
            version = piece.version
        }
    }

    /// Takes the next commit; versions must follow each other without a gap.
    package mutating func apply(_ commit: ParsedCommit) throws(TarnError) {
        try requireNext(commit.firstVersion, version.map { $0 + 1 } ?? commit.firstVersion)
        version = commit.version
        state.apply(commit)
        if commit.fileActionCount > 0 { blocks.append(commit.files) }
    }

    /// Whether the table has in-commit timestamps, and that of the newest version was not among what was applied: a
    /// checkpoint has none.
    package var lacksInCommitTimestamp: Bool {
        state.hasInCommitTimestamps && state.inCommitMilliseconds == nil
    }

    /// Gives what `lacksInCommitTimestamp` misses.
    package mutating func supply(inCommitMilliseconds: Int64?) {
        state.inCommitMilliseconds = state.inCommitMilliseconds ?? inCommitMilliseconds
    }

    /// The snapshot of the last version that was applied.
    ///
    /// - Parameter timestampMilliseconds: When the newest version's file was written.
    /// - Returns: The snapshot, which no longer depends on the builder.
    /// - Throws: `.unsupported` naming the features that Tarn lacks, `.corruptMetadata` without protocol or metadata.
    package func finish(timestampMilliseconds: Int64) throws(TarnError) -> DeltaSnapshot {
        if let tableProtocol = state.tableProtocol, let metadata = state.metadata {
            try TableFeatures.checkReadable(tableProtocol, metadata)
        }
        if blocks.reduce(0, { $0 + $1.records.count }) > FileTable.maximumRecordCount {
            throw TarnError(
                .resourceExhausted, "The log names more than \(FileTable.maximumRecordCount) files.")
        }
        return try state.snapshot(
            version: version ?? 0, timestampMilliseconds: timestampMilliseconds, files: FileSet(blocks),
            knownSchema: nil)
    }
}

private func requireNext(_ version: Int64, _ expected: Int64) throws(TarnError) {
    if version == expected { return }
    throw TarnError(
        .internal, "Commit \(version) was given where commit \(expected) is next.",
        context: [("version", "\(version)")])
}

/// Everything of a table but its files.
private struct TableState {
    var tableProtocol: TableProtocol?
    var metadata: TableMetadata?
    var transactions: [String: SetTransaction] = [:]
    var domains: [String: DomainMetadata] = [:]
    /// Of the last commit that was applied.
    var inCommitMilliseconds: Int64?

    var hasInCommitTimestamps: Bool {
        guard let tableProtocol, let metadata else { return false }
        return TableFeatures.isActive(
            "inCommitTimestamp", tableProtocol, TableSchema(), metadata.configuration)
    }

    mutating func apply(_ commit: ParsedCommit) {
        inCommitMilliseconds = commit.inCommitMilliseconds
        if let action = commit.protocolAction { tableProtocol = action }
        if let action = commit.metadata { metadata = action }
        for action in commit.transactions { transactions[action.appID] = action }
        for action in commit.domains { domains[action.domain] = action.isRemoved ? nil : action }
    }

    func snapshot(
        version: Int64, timestampMilliseconds: Int64, files: FileSet, knownSchema: TableSchema?
    ) throws(TarnError) -> DeltaSnapshot {
        guard let tableProtocol else { throw Self.missing("protocol", version) }
        guard let metadata else { throw Self.missing("metaData", version) }
        try TableFeatures.checkReadable(tableProtocol, metadata)
        let schema: TableSchema
        if let knownSchema {
            schema = knownSchema
        } else {
            schema = try SchemaCodec.parse(metadata.schemaString)
            try SchemaRules.checkPartitionColumns(metadata.partitionColumns, of: schema, .corruptMetadata)
        }
        let time = hasInCommitTimestamps ? inCommitMilliseconds : nil
        return DeltaSnapshot(
            version: version, timestampMilliseconds: time ?? timestampMilliseconds,
            tableProtocol: tableProtocol,
            metadata: metadata, schema: schema, files: files, transactions: transactions, domains: domains)
    }

    private static func missing(_ action: String, _ version: Int64) -> TarnError {
        TarnError(
            .corruptMetadata,
            """
            Version \(version) cannot be read: no commit up to it has a \(action) action. The first commit is \
            damaged; restore _delta_log/\(LogFileName.commit(0).text) from a copy.
            """,
            context: [("version", "\(version)"), ("action", action)])
    }
}
