package import Base

/// How a table is optimised.
package struct OptimizeOptions: Sendable {
    /// Files are made about this large; `nil` is the table's `delta.targetFileSize`, or 256 MiB.
    package var targetFileBytes: Int64?
    /// A larger file is written anew as well where more than this share of its rows is deleted; 0 takes every file
    /// with deleted rows.
    package var deletedRowShare = 0.05
    /// In the history, beside what the operation writes there itself; the `predicate` as the user wrote it, for example.
    package var operationParameters: JSONObject = [:]
    package var userMetadata: String?

    package init() {}
}

extension CommitResult {
    /// What an OPTIMIZE found nothing to do for.
    static func unchanged(_ version: Int64) -> CommitResult {
        CommitResult(
            version: version,
            metrics: [
                "numAddedFiles": .string("0"), "numRemovedFiles": .string("0"), "numAddedBytes": .string("0"),
                "numRemovedBytes": .string("0"),
            ], retryCount: 0, wasAlreadyCommitted: true)
    }
}
