/// What a vacuum may remove.
package struct VacuumOptions: Sendable {
    /// How long a file stays after it was removed from the table, or was written and never joined it.
    ///
    /// `nil`: the table's `delta.deletedFileRetentionDuration`, 7 days by default.
    package var retention: Duration?
    /// Only finds out what would go.
    package var isDryRun = false
    /// Lets `retention` be shorter than the table's own, which may take files from readers and writers at work.
    package var allowsShortRetention = false
    /// Versions whose files stay, however old: those that tags, branches and training sets name.
    package var pinnedVersions: [Int64] = []
    /// Files that stay for reasons of the caller's own, relative to the table's folder.
    package var protectedPaths: [String] = []
    /// At most so many of the removed files are named in the result.
    package var pathLimit = 1000
    /// Records the vacuum in the table's history, as two versions without a change of rows.
    package var recordsHistory = true

    package init() {}

    package init(
        retention: Duration?, isDryRun: Bool = false, allowsShortRetention: Bool = false,
        pinnedVersions: [Int64] = []
    ) {
        self.retention = retention
        self.isDryRun = isDryRun
        self.allowsShortRetention = allowsShortRetention
        self.pinnedVersions = pinnedVersions
    }
}

/// What a vacuum removed, or would remove.
package struct VacuumResult: Sendable {
    package let fileCount: Int
    package let byteCount: Int64
    /// The first of the files, relative to the table's folder, in no particular order.
    package let paths: [String]
    package let isDryRun: Bool
    /// The newest version after it.
    package let version: Int64
}
