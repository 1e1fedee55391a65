import Base
import TableModel

/// One pass over the commits that landed first.
struct ConflictCheck {
    private let mine: CommitConflict.Transaction
    private let isolation: IsolationLevel
    private let base: DeltaSnapshot
    private let pruners: [FilePruner]
    /// The files that are removed whole.
    private let removed: Set<DataFileView>
    /// The files of which rows are deleted, by `fileKey`.
    private let withDeletions: Set<String>
    private let changesNoData: Bool
    /// By `fileKey`.
    private var changed: [String: CommitConflict.ChangedFile] = [:]
    private var added: [CommitConflict.AddedFile] = []

    init(_ mine: CommitConflict.Transaction, base: DeltaSnapshot, isolation: IsolationLevel) {
        self.mine = mine
        self.isolation = isolation
        self.base = base
        pruners = mine.reads.filters.map {
            FilePruner($0, schema: base.schema, partitionColumns: base.partitionColumns)
        }
        removed = Set(mine.actions.parsedRemoves())
        withDeletions = Set(mine.filesWithDeletions.map(\.fileKey))
        changesNoData = mine.changesNoData
    }

    var open: CommitConflict.OpenQuestions {
        var open = CommitConflict.OpenQuestions()
        open.changed = changed.values.sorted { $0.before.key < $1.before.key }
        open.added = added
        return open
    }

    /// - Returns: The version that holds this very write of this very application, if it is the other's.
    func transactions(_ other: ParsedCommit) throws(TarnError) -> Int64? {
        for theirs in other.transactions {
            if let own = mine.actions.transactions.first(where: { $0.appID == theirs.appID }) {
                if theirs.version >= own.version { return other.version }
            } else if !mine.reads.applications.contains(theirs.appID) {
                continue
            }
            throw CommitConflict.error(
                .concurrentTransaction, other.cause,
                "recorded a version of the application \(theirs.appID) too")
        }
        return nil
    }

    func table(_ other: ParsedCommit) throws(TarnError) {
        if other.protocolAction != nil {
            throw CommitConflict.error(
                .protocolChanged, other.cause, "changed what the table demands of its writers")
        }
        if other.metadata != nil {
            throw CommitConflict.error(
                .metadataChanged, other.cause, "changed the table's schema or properties")
        }
        let theirs = Set(other.domains.map(\.domain))
        // Row numbers are given out anew on every attempt.
        if mine.actions.domains.contains(where: {
            $0.domain != RowTracking.domain && theirs.contains($0.domain)
        }) {
            throw CommitConflict.error(.metadataChanged, other.cause, "changed the same domain metadata")
        }
    }

    mutating func files(_ other: ParsedCommit) throws(TarnError) {
        let removals = other.removedFiles
        var additions: [String: DataFileView] = [:]
        for file in other.addedFiles { additions[file.fileKey] = file }
        for file in removals {
            // Removed and added in one commit, it is the same file with other rows deleted.
            if let after = additions.removeValue(forKey: file.fileKey) {
                try change(of: file, to: after, other)
            } else {
                try removal(of: file, other)
            }
        }
        for file in other.addedFiles where additions[file.fileKey] != nil { try addition(of: file, other) }
    }

    private mutating func removal(of file: DataFileView, _ other: ParsedCommit) throws(TarnError) {
        added.removeAll { $0.file == file }
        if removed.contains(file) || withDeletions.contains(file.fileKey) {
            throw CommitConflict.error(
                .concurrentDeleteDelete, other.cause, "removed a file that this operation changes too")
        }
        // The rows of a file that was only rewritten are all still there.
        if !file.dataChange || changesNoData || !wasRead(file) { return }
        if mine.reads.files.contains(file) || !mine.reads.changesAllItReads {
            throw CommitConflict.error(
                .concurrentDeleteRead, other.cause, "removed a file that this operation read")
        }
    }

    private mutating func change(
        of file: DataFileView, to after: DataFileView, _ other: ParsedCommit
    ) throws(TarnError) {
        if removed.contains(file) {
            throw CommitConflict.error(
                .concurrentDeleteDelete, other.cause, "deleted rows of a file that this operation replaces")
        }
        let key = file.fileKey
        if let index = added.firstIndex(where: { $0.file == file }) {
            // Another's commit added it, and one after that deleted rows of it.
            added[index] = CommitConflict.AddedFile(file: after, cause: other.cause)
            return
        }
        let isMine = withDeletions.contains(key)
        let isRead = !changesNoData && after.dataChange && wasRead(after)
        if !isMine, !isRead { return }
        if mine.reads.files.contains(file) || isRead && !mine.reads.changesAllItReads {
            throw CommitConflict.error(
                .concurrentDeleteRead, other.cause, "deleted rows of a file that this operation read")
        }
        if var known = changed[key] {
            known.after = after
            known.mayHoldReadRows = known.mayHoldReadRows || isRead
            known.cause = other.cause
            changed[key] = known
        } else {
            changed[key] = CommitConflict.ChangedFile(
                before: file, after: after, mayHoldReadRows: isRead, cause: other.cause)
        }
    }

    private mutating func addition(of file: DataFileView, _ other: ParsedCommit) throws(TarnError) {
        guard file.dataChange, !changesNoData, pruners.contains(where: { $0.mayMatch(file) }) else { return }
        let isBlind = other.commitInfo?.isBlindAppend ?? false
        // A change of the metadata is a change for all rows, so it is serialised like a read of the whole table.
        if isBlind, isolation == .writeSerializable, mine.actions.metadata == nil { return }
        if !mine.knowsItsRows {
            throw CommitConflict.error(
                .concurrentAppend, other.cause, "added rows that this operation should have read")
        }
        added.append(CommitConflict.AddedFile(file: file, cause: other.cause))
    }

    /// Whether a row of a file that is gone, or has fewer rows now, may have been read.
    ///
    /// The base snapshot knows more of it than the removal says. Without partition values it may have held any row.
    private func wasRead(_ file: DataFileView) -> Bool {
        if mine.reads.files.contains(file) { return true }
        if pruners.isEmpty { return false }
        let known = base.files.live(file) ?? file
        return !known.hasPartitionValues || pruners.contains { $0.mayMatch(known) }
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
