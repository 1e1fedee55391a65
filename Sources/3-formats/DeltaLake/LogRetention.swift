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
        // One that reaches back behind the checkpoint is of no use any more, even if it ends after it.
        expired.append(
            contentsOf: listing.compactions.filter {
                if case .compacted(let from, _) = $0.name { from <= kept } else { false }
            })
        for checkpoint in listing.checkpoints { collect(checkpoint.files) }
        // A younger file among older ones is there for a reason that nobody knows here: nothing from it on goes.
        let young = expired.filter { $0.modifiedMilliseconds >= cutoff }.compactMap(\.name.version).min()
        return expired.filter { ($0.name.version ?? .max) < young ?? .max }.sorted {
            // A version's commit goes before its checkpoint ("Checkpoint Protection").
            ($0.name.version ?? 0, $0.name.isCheckpoint ? 1 : 0, $0.fileName)
                < ($1.name.version ?? 0, $1.name.isCheckpoint ? 1 : 0, $1.fileName)
        }
    }

    /// Checkpoints of older versions than this one must stay unless all of them go at once.
    static let protectedVersionProperty = "delta.requireCheckpointProtectionBeforeVersion"

    /// Whether clean-up may remove everything before `kept`.
    ///
    /// Before the protected version a commit's protocol may be one that not every reader knows, so a clean-up that
    /// ends before it would leave versions whose start nobody can read ("Checkpoint Protection").
    package static func mayTruncate(before kept: Int64, _ snapshot: DeltaSnapshot) -> Bool {
        guard TableFeatures.supports("checkpointProtection", snapshot.tableProtocol),
            let protected = snapshot.configuration[protectedVersionProperty].flatMap({ Int64($0.trimmed) })
        else { return true }
        return kept >= protected
    }

    /// The commits to compact after this version: as many as `interval` says, the newest last; `nil` if none are due.
    package static func dueCompaction(_ version: Int64, every interval: Int64) -> ClosedRange<Int64>? {
        guard interval > 1, version >= interval, version % interval == 0 else { return nil }
        return version - interval + 1...version
    }

    /// Whether a checkpoint is due after this version.
    package static func isCheckpointDue(_ version: Int64, _ properties: TableProperties) -> Bool {
        version > 0 && version % properties.checkpointInterval == 0
    }
}
