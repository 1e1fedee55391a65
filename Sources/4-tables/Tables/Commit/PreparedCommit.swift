import DeltaLake
import TableModel

/// The actions of a commit together with what they rest on: enough to decide, when another writer was first, whether
/// the same actions still hold.
struct PreparedCommit: Sendable {
    /// What is known before it is known which version it will be; each attempt completes a copy.
    var builder: CommitBuilder
    var reads: ReadScope
    /// Rows to delete from files that stay, at most one entry a file.
    ///
    /// The commit writes their deletion vectors and the actions that go with them, so `builder` has neither a remove
    /// nor an add for these files. If others deleted rows of the same files first, both deletions hold as long as no
    /// row is in both.
    var rowDeletions: [RowDeletion] = []
    /// Whether a row of these files, which others added meanwhile and whose statistics could not rule it out, is one
    /// that this commit should have read.
    ///
    /// The snapshot has the files. Without this the statistics decide.
    var rowsMatch: (@Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool)?

    init(
        _ builder: CommitBuilder, reads: ReadScope, rowDeletions: [RowDeletion] = [],
        rowsMatch: (@Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool)? = nil
    ) {
        self.builder = builder
        self.reads = reads
        self.rowDeletions = rowDeletions
        self.rowsMatch = rowsMatch
    }
}

/// Rows of one file that a commit deletes.
struct RowDeletion: Sendable {
    /// As the base snapshot has it, with whatever deletion vector it has there.
    let file: DataFileView
    /// Numbers of rows in the file, not empty; none of them is deleted in the base snapshot.
    let rows: RowBitmap

    init(file: DataFileView, rows: RowBitmap) {
        self.file = file
        self.rows = rows
    }
}
