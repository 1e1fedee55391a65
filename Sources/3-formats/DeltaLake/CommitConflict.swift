package import Base
package import TableModel

/// What a transaction read, which decides whether another's commit disturbs it.
package struct ReadScope: Sendable {
    /// The conditions on the rows that were read; a row that meets one of them was read.
    ///
    /// Empty for a blind append, `[.always]` for the whole table.
    package var filters: [ScanFilter]
    /// Files that were read one by one, beyond those that the filters cover.
    package var files: Set<DataFileView>
    /// Applications whose recorded version was looked at.
    package var applications: Set<String>

    package init(
        filters: [ScanFilter] = [], files: Set<DataFileView> = [], applications: Set<String> = []
    ) {
        self.filters = filters
        self.files = files
        self.applications = applications
    }

    /// An append that looked at no file.
    package static let nothing = ReadScope()
    /// An overwrite, or a statement whose filter is not known.
    package static let wholeTable = ReadScope(filters: [.always])
}

package enum IsolationLevel: String, Sendable, CaseIterable {
    /// Nobody's blind append disturbs a reader-writer: as if it had come later. Delta's default.
    case writeSerializable = "WriteSerializable"
    /// The log's order is the order in which everything could have happened.
    case serializable = "Serializable"
}

/// Whether a commit can still be made after others got in first.
///
/// ```swift
/// // version 8 was taken by somebody else
/// switch try CommitConflict.check(commit, reads: scope, landed: [commit8], base: snapshot7) {
/// case .retry: // put the same actions at version 9
/// case .alreadyCommitted(let version): // the same application did this write before
/// }
/// ```
///
/// The matrix of Delta's concurrency control, decided from files and conditions.
package enum CommitConflict {
    package enum Outcome: Hashable, Sendable {
        /// Nothing stands in the way: the same actions may go to the next version.
        case retry
        /// The transaction of this application has landed already; there is nothing left to do.
        case alreadyCommitted(version: Int64)
    }

    /// - Parameters:
    ///   - mine: The commit that lost the race.
    ///   - reads: What it read.
    ///   - landed: The commits since its snapshot, oldest first, parsed with `keepsCommitInfo`.
    ///   - base: The snapshot that it was made from.
    ///   - isolation: How strict to be.
    /// - Returns: What to do.
    /// - Throws: `.conflict` with the reason as context `conflict`: `protocolChanged`, `metadataChanged`,
    ///   `concurrentAppend`, `concurrentDeleteRead`, `concurrentDeleteDelete` or `concurrentTransaction`.
    package static func check(
        _ mine: CommitBuilder, reads: ReadScope, landed: [ParsedCommit], base: DeltaSnapshot,
        isolation: IsolationLevel = .writeSerializable
    ) throws(TarnError) -> Outcome {
        let pruners = reads.filters.map {
            FilePruner($0, schema: base.schema, partitionColumns: base.partitionColumns)
        }
        // Removed files compare by key, so a block of mine is made once.
        let removed = Set(mine.parsedRemoves())
        for other in landed {
            if let outcome = try transactions(mine, reads, other) { return outcome }
            try table(mine, other)
            try appends(mine, reads, pruners, other, isolation)
            try deletes(removed, reads, pruners, other)
        }
        return .retry
    }

    private static func table(_ mine: CommitBuilder, _ other: ParsedCommit) throws(TarnError) {
        if other.protocolAction != nil {
            throw conflict(
                "protocolChanged", other, "changed what the table demands of its writers",
                "Open the table again and repeat the operation.")
        }
        if other.metadata != nil {
            throw conflict(
                "metadataChanged", other, "changed the table's schema or properties",
                "Open the table again and repeat the operation.")
        }
        if mine.domains.contains(where: { domain in other.domains.contains { $0.domain == domain.domain } }) {
            throw conflict(
                "metadataChanged", other, "changed the same domain metadata",
                "Open the table again and repeat the operation.")
        }
    }

    private static func transactions(
        _ mine: CommitBuilder, _ reads: ReadScope, _ other: ParsedCommit
    ) throws(TarnError) -> Outcome? {
        for theirs in other.transactions {
            if let own = mine.transactions.first(where: { $0.appID == theirs.appID }) {
                if theirs.version >= own.version { return .alreadyCommitted(version: other.version) }
            } else if !reads.applications.contains(theirs.appID) {
                continue
            }
            throw conflict(
                "concurrentTransaction", other, "recorded a version of the application \(theirs.appID) too",
                "Let only one writer at a time use that application id.")
        }
        return nil
    }

    private static func appends(
        _ mine: CommitBuilder, _ reads: ReadScope, _ pruners: [FilePruner], _ other: ParsedCommit,
        _ isolation: IsolationLevel
    ) throws(TarnError) {
        if pruners.isEmpty { return }
        let isBlind = other.commitInfo?.isBlindAppend ?? false
        // A change of the metadata is a change for all rows, so it is serialised like a read of the whole table.
        if isBlind, isolation == .writeSerializable, mine.metadata == nil { return }
        for file in other.addedFiles where file.dataChange && pruners.contains(where: { $0.mayMatch(file) }) {
            throw conflict(
                "concurrentAppend", other, "added rows that this operation should have read",
                "Repeat the operation on the table's new version.")
        }
    }

    private static func deletes(
        _ mine: Set<DataFileView>, _ reads: ReadScope, _ pruners: [FilePruner], _ other: ParsedCommit
    ) throws(TarnError) {
        for file in other.removedFiles {
            if mine.contains(file) {
                throw conflict(
                    "concurrentDeleteDelete", other, "removed a file that this operation removes too",
                    "Repeat the operation on the table's new version.")
            }
            // Without its partition values a removed file may have held any row.
            if reads.files.contains(file)
                || !pruners.isEmpty
                    && (!file.hasPartitionValues || pruners.contains { $0.mayMatch(file) })
            {
                throw conflict(
                    "concurrentDeleteRead", other, "removed a file that this operation read",
                    "Repeat the operation on the table's new version.")
            }
        }
    }

    private static func conflict(
        _ kind: String, _ other: ParsedCommit, _ what: String, _ advice: String
    ) -> TarnError {
        let operation = other.commitInfo?.operation.map { " (\($0))" } ?? ""
        return TarnError(
            .conflict,
            "The commit was not made: version \(other.version)\(operation), which landed first, \(what). \(advice)",
            context: [("conflict", kind), ("version", "\(other.version)")], isRetryable: true)
    }
}

extension CommitBuilder {
    /// The files to be removed, as the log would show them.
    fileprivate func parsedRemoves() -> [DataFileView] {
        if removes.isEmpty { return [] }
        var builder = CommitBuilder()
        for file in removes { builder.remove(file) }
        // What this room wrote it can read.
        return (try? CommitFile.parse(builder.bytes(), version: 0).removedFiles) ?? []
    }
}
