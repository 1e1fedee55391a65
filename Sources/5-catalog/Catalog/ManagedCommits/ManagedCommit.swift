package import Base

/// One commit of a table whose commits the catalog puts in order: a file in `_delta_log/_staged_commits`.
package struct ManagedCommit: Hashable, Sendable {
    package var version: Int64
    /// `VERSION.UUID.json`, the version with 20 digits.
    package var fileName: String
    package var fileSize: Int64
    package var fileModifiedMilliseconds: Int64
    /// The commit's own time, `inCommitTimestamp`.
    package var timestampMilliseconds: Int64

    package init(
        version: Int64, fileName: String, fileSize: Int64, fileModifiedMilliseconds: Int64,
        timestampMilliseconds: Int64
    ) {
        self.version = version
        self.fileName = fileName
        self.fileSize = fileSize
        self.fileModifiedMilliseconds = fileModifiedMilliseconds
        self.timestampMilliseconds = timestampMilliseconds
    }

    /// Refuses what no commit can be.
    ///
    /// - Throws: `.invalidInput` naming the field.
    package func check() throws(TarnError) {
        if version < 1 {
            throw TarnError(
                .invalidInput,
                "A commit's version must be 1 or more: version 0 is written before the table has its name.")
        }
        if fileSize <= 0 { throw TarnError(.invalidInput, "A commit's file size must be more than 0.") }
        if timestampMilliseconds <= 0 || fileModifiedMilliseconds <= 0 {
            throw TarnError(.invalidInput, "A commit's timestamps must be more than 0.")
        }
        // It becomes part of a path.
        let digits = String(version)
        let start = String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + "."
        let unique = fileName.dropFirst(start.utf8.count).dropLast(5)
        let isUnique =
            !unique.isEmpty && unique.utf8.count <= 64
            && unique.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard fileName.hasPrefix(start), fileName.hasSuffix(".json"), isUnique else {
            throw TarnError(
                .invalidInput,
                "A commit's file name must be its version with 20 digits, a UUID and json, with dots between."
            )
        }
    }
}

/// How far a table is whose commits the catalog puts in order.
package struct ManagedCommitState: Hashable, Sendable {
    /// The newest ratified version.
    package let latestVersion: Int64
    /// All versions up to this one are in `_delta_log`.
    package let publishedVersion: Int64
    /// Those after `publishedVersion`, oldest first.
    package let unpublished: [ManagedCommit]
    /// Differs when anything about the table changed that the catalog knows.
    package let etag: String
}

/// What a client wants committed, and on which condition.
package struct CommitProposal: Hashable, Sendable {
    /// `nil` only says what was published.
    package var commit: ManagedCommit?
    /// Everything up to here is in `_delta_log`, the client says: whoever publishes looks for himself.
    package var publishedVersion: Int64?
    /// `ManagedCommitState.etag` as the client saw it; `nil` asserts nothing.
    package var etag: String?

    package init(commit: ManagedCommit? = nil, publishedVersion: Int64? = nil, etag: String? = nil) {
        self.commit = commit
        self.publishedVersion = publishedVersion
        self.etag = etag
    }
}
