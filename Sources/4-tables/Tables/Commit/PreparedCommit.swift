import DeltaLake

/// The actions of a commit together with what they rest on: enough to decide, when another writer was first, whether
/// the same actions still hold.
struct PreparedCommit: Sendable {
    /// What is known before it is known which version it will be; each attempt completes a copy.
    var builder: CommitBuilder
    var reads: ReadScope
    /// Whether a row of these files, which others added meanwhile and whose statistics could not rule it out, is one
    /// that this commit should have read.
    ///
    /// The snapshot has the files. Without this the statistics decide.
    var rowsMatch: (@Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool)?

    init(
        _ builder: CommitBuilder, reads: ReadScope,
        rowsMatch: (@Sendable ([DataFileView], DeltaSnapshot) async throws -> Bool)? = nil
    ) {
        self.builder = builder
        self.reads = reads
        self.rowsMatch = rowsMatch
    }
}
