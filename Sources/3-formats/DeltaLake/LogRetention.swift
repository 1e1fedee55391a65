/// Which files of the log are no longer needed.
///
/// Delta protocol, "Metadata Cleanup".
package enum LogRetention {
    /// The files that may go, oldest version first; delete them in this order, so that a crash leaves no gap.
    ///
    /// Every version that was the table's newest at some time since the cutoff stays readable: kept is the newest
    /// checkpoint that is not newer than the version of the cutoff, and everything from it on. Without such a
    /// checkpoint nothing goes.
    ///
    /// - Parameters:
    ///   - listing: All of `_delta_log`.
    ///   - properties: The table's.
    ///   - nowMilliseconds: The time.
    /// - Returns: Names within `_delta_log`; none if the table has clean-up turned off.
    package static func expiredFiles(
        _ listing: LogListing, _ properties: TableProperties, nowMilliseconds: Int64
    ) -> [LogEntry] {
        guard properties.enablesExpiredLogCleanup else { return [] }
        let cutoff = nowMilliseconds - min(properties.logRetentionMilliseconds, Int64.max / 2)
        guard let current = try? CommitTimeline(listing).version(atMilliseconds: cutoff),
            let kept = listing.checkpoints.last(where: { $0.version <= current })?.version
        else { return [] }
        var expired: [LogEntry] = []
        func collect(_ entries: [LogEntry]) {
            expired.append(contentsOf: entries.filter { ($0.name.version ?? .max) < kept })
        }
        collect(listing.commits)
        collect(listing.checksums)
        collect(listing.compactions)
        for checkpoint in listing.checkpoints { collect(checkpoint.files) }
        // A younger file among older ones is there for a reason that nobody knows here: nothing from it on goes.
        let young = expired.filter { $0.modifiedMilliseconds >= cutoff }.compactMap(\.name.version).min()
        return expired.filter { ($0.name.version ?? .max) < young ?? .max }.sorted {
            ($0.name.version ?? 0, $0.fileName) < ($1.name.version ?? 0, $1.fileName)
        }
    }

    /// Whether a checkpoint is due after this version.
    package static func isCheckpointDue(_ version: Int64, _ properties: TableProperties) -> Bool {
        version > 0 && version % properties.checkpointInterval == 0
    }
}
