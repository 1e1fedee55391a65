package import Base
import TableModel

/// Whether a commit can still be made after others got in first.
///
/// ```swift
/// // version 8 was taken by somebody else
/// switch try CommitConflict.check(mine, landed: [commit8], base: snapshot7, isolation: .serializable) {
/// case .retry(let open): // put the same actions at version 9, once the open questions are answered
/// case .alreadyCommitted(let version): // the same application did this write before
/// }
/// ```
///
/// The matrix of Delta's concurrency control, decided from files, conditions and, where deletion vectors tell them
/// apart, rows.
package enum CommitConflict {
    /// The transaction that lost the race.
    package struct Transaction: Sendable {
        package var actions: CommitBuilder
        package var reads: ReadScope
        /// Files of the base snapshot of which some rows are to be deleted; their removal is not among the actions.
        package var filesWithDeletions: [DataFileView]
        /// Whether the caller can tell from the rows of a file if it should have read one of them.
        package var knowsItsRows: Bool

        package init(
            _ actions: CommitBuilder, reads: ReadScope, filesWithDeletions: [DataFileView] = [],
            knowsItsRows: Bool = false
        ) {
            self.actions = actions
            self.reads = reads
            self.filesWithDeletions = filesWithDeletions
            self.knowsItsRows = knowsItsRows
        }

        /// It changes where rows lie and nothing else: what others add or delete elsewhere is none of its business.
        var changesNoData: Bool {
            filesWithDeletions.isEmpty && actions.metadata == nil
                && !(actions.adds.isEmpty && actions.removes.isEmpty)
                && !actions.adds.contains { $0.dataChange } && !actions.removes.contains { $0.dataChange }
        }
    }

    package enum Outcome: Sendable {
        /// The same actions may go to the next version if the questions that are left open come out well.
        case retry(OpenQuestions)
        /// The transaction of this application has landed already; there is nothing left to do.
        case alreadyCommitted(version: Int64)
    }

    /// What the log alone cannot decide, for whoever can read files.
    package struct OpenQuestions: Sendable {
        /// Files whose deletion vector others replaced, each with its first and its last state.
        ///
        /// Of one in which this transaction deletes rows as well, the rows must differ. In every one of them rows may
        /// have come back (a restore does that), which counts as `added`.
        package var changed: [ChangedFile] = []
        /// Files that others added and that may hold rows which this transaction should have read.
        package var added: [AddedFile] = []

        package var isEmpty: Bool { changed.isEmpty && added.isEmpty }
    }

    package struct ChangedFile: Sendable {
        /// As the base snapshot has it.
        package let before: DataFileView
        /// As the newest of the landed commits has it.
        package var after: DataFileView
        /// Whether rows that came back would have had to be read.
        package var mayHoldReadRows: Bool
        package var cause: Cause
    }

    package struct AddedFile: Sendable {
        package let file: DataFileView
        package let cause: Cause

        package init(file: DataFileView, cause: Cause) {
            self.file = file
            self.cause = cause
        }
    }

    /// A commit that landed first.
    package struct Cause: Sendable {
        package let version: Int64
        package let operation: String?
    }

    package enum Kind: String, Sendable, CaseIterable {
        case protocolChanged, metadataChanged, concurrentAppend, concurrentDeleteRead, concurrentDeleteDelete
        case concurrentTransaction

        fileprivate var advice: String {
            switch self {
            case .protocolChanged, .metadataChanged: "Open the table again and repeat the operation."
            case .concurrentTransaction: "Let only one writer at a time use that application id."
            default: "Repeat the operation on the table's new version."
            }
        }
    }

    /// Decides from the actions of the commits that landed.
    ///
    /// - Parameters:
    ///   - mine: The transaction that lost the race.
    ///   - landed: The commits since its snapshot, oldest first, parsed with `keepsCommitInfo`.
    ///   - base: The snapshot that it was made from.
    ///   - isolation: How strict to be.
    /// - Returns: What to do.
    /// - Throws: `.conflict` with the reason, a `Kind`, as context `conflict`.
    package static func check(
        _ mine: Transaction, landed: [ParsedCommit], base: DeltaSnapshot,
        isolation: IsolationLevel = .writeSerializable
    ) throws(TarnError) -> Outcome {
        var check = ConflictCheck(mine, base: base, isolation: isolation)
        for other in landed {
            if let version = try check.transactions(other) { return .alreadyCommitted(version: version) }
            try check.table(other)
            try check.files(other)
        }
        return .retry(check.open)
    }

    /// The error of a transaction that cannot be made any more.
    ///
    /// Repeating the whole operation may succeed: `isRetryable`.
    package static func error(_ kind: Kind, _ cause: Cause, _ what: String) -> TarnError {
        let operation = cause.operation.map { " (\($0))" } ?? ""
        return TarnError(
            .conflict,
            """
            The commit was not made: version \(cause.version)\(operation), which landed first, \(what). \
            \(kind.advice)
            """,
            context: [("conflict", kind.rawValue), ("version", "\(cause.version)")], isRetryable: true)
    }
}

extension ParsedCommit {
    var cause: CommitConflict.Cause {
        CommitConflict.Cause(version: version, operation: commitInfo?.operation)
    }
}
