import Base
import DeltaLake
import TableModel

/// A commit on its way: the same transaction against one base after the other, until it lands or cannot any more.
struct CommitAttempt {
    private let table: DeltaTable
    private let prepared: PreparedCommit
    private(set) var base: LoadedTable?
    private var deletions: PendingDeletions

    init(_ prepared: PreparedCommit, on base: LoadedTable?, of table: DeltaTable) {
        self.table = table
        self.prepared = prepared
        self.base = base
        deletions = PendingDeletions(prepared.rowDeletions, of: table)
    }

    /// The version that the next attempt is for.
    var version: Int64 { (base?.snapshot.version ?? -1) + 1 }

    private var isolation: IsolationLevel {
        TableProperties(base?.snapshot.configuration ?? [:]).isolationLevel
    }

    /// All actions for the current base: what was prepared, and all that depends on what landed before.
    mutating func actions() async throws -> CommitBuilder {
        var builder = prepared.builder
        try await deletions.addActions(to: &builder)
        builder.info?.isolationLevel = isolation.rawValue
        return try builder.completed(
            as: version, after: base?.snapshot, nowMilliseconds: table.context.time.nowMilliseconds())
    }

    /// Takes in what landed since, if the transaction can still follow it.
    ///
    /// - Returns: The version that holds this very write, if the same application made it before; `nil` to go on.
    /// - Throws: `.conflict`.
    mutating func follow(_ newer: LoadedTable, _ landed: [ParsedCommit]) async throws -> Int64? {
        guard let known = base else { return nil }
        let mine = CommitConflict.Transaction(
            prepared.builder, reads: prepared.reads, filesWithDeletions: deletions.files,
            knowsItsRows: prepared.rowsMatch != nil)
        let outcome = try CommitConflict.check(
            mine, landed: landed, base: known.snapshot, isolation: isolation)
        switch outcome {
        case .alreadyCommitted(let version): return version
        case .retry(let open):
            try await resolve(open, in: newer.snapshot)
            try TableFeatures.checkWritable(newer.snapshot)
            base = newer
            return nil
        }
    }

    /// Answers from the rows what the log alone could not decide.
    private mutating func resolve(
        _ open: CommitConflict.OpenQuestions, in snapshot: DeltaSnapshot
    ) async throws {
        var suspects = open.added
        if !open.changed.isEmpty {
            let states = try await table.deletedRows(of: open.changed.flatMap { [$0.before, $0.after] })
            for (number, file) in open.changed.enumerated() {
                let before = states[2 * number] ?? RowBitmap()
                let after = states[2 * number + 1] ?? RowBitmap()
                try deletions.rebase(on: file, deletedByOthers: after.subtracting(before))
                if file.mayHoldReadRows, !before.subtracting(after).isEmpty {
                    suspects.append(CommitConflict.AddedFile(file: file.after, cause: file.cause))
                }
            }
        }
        guard let first = suspects.first else { return }
        if let rowsMatch = prepared.rowsMatch, try await !rowsMatch(suspects.map(\.file), snapshot) { return }
        throw CommitConflict.error(
            .concurrentAppend, first.cause, "added rows that this operation should have read")
    }
}
