import DeltaLake

/// The actions of a commit together with what they rest on: enough to decide, when another writer was first, whether
/// the same actions still hold.
struct PreparedCommit: Sendable {
    let builder: CommitBuilder
    let reads: ReadScope

    init(_ builder: CommitBuilder, reads: ReadScope) {
        self.builder = builder
        self.reads = reads
    }
}
