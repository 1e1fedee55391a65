package import Base
import TableModel

/// When each version was written, so that a version can be found by time.
///
/// By the commit files' modification times, made strictly increasing, since clocks and copies may put a later
/// version before an earlier one. Delta protocol, "Commit Timestamps".
package struct CommitTimeline: Sendable {
    /// The versions that can be read and whose commits are there, ascending.
    package let versions: [Int64]
    private let times: [Int64]

    /// - Parameters:
    ///   - listing: All of `_delta_log`.
    ///   - limit: Only versions before this one; `nil` takes all.
    package init(_ listing: LogListing, before limit: Int64? = nil) {
        // Versions that can be read: from commit 0, or from the oldest whole checkpoint on.
        let first =
            listing.commits.first?.name == .commit(0) ? 0 : listing.checkpoints.first?.version ?? .max
        var versions: [Int64] = []
        var times: [Int64] = []
        for entry in listing.commits {
            guard let version = entry.name.version, version >= first, version < limit ?? .max else {
                continue
            }
            versions.append(version)
            let last = times.last ?? .min
            times.append(max(entry.modifiedMilliseconds, last == .max ? last : last + 1))
        }
        self.versions = versions
        self.times = times
    }

    /// When a version was written, in milliseconds; `nil` if its commit is no longer there.
    package func milliseconds(of version: Int64) -> Int64? {
        let index = versions.partitioningIndex { $0 >= version }
        return index < versions.count && versions[index] == version ? times[index] : nil
    }

    /// The newest version that was there at that time; after the last commit, the last one.
    ///
    /// - Throws: `.notFound` for a time before the oldest version that can still be read.
    package func version(atMilliseconds time: Int64) throws(TarnError) -> Int64 {
        let index = times.partitioningIndex { $0 > time }
        if index > 0 { return versions[index - 1] }
        throw Self.tooOld(time, oldest: versions.first, times.first)
    }

    /// - Parameters:
    ///   - time: What was asked for.
    ///   - version: The oldest version that can be read.
    ///   - first: When that was written.
    /// - Returns: `.notFound` saying how far back the log reaches.
    package static func tooOld(_ time: Int64, oldest version: Int64?, _ first: Int64?) -> TarnError {
        let wanted = CalendarText.timestamp(Self.micros(time))
        guard let first, let version else {
            return TarnError(.notFound, "The table has no commit whose time is known.")
        }
        let oldest = CalendarText.timestamp(Self.micros(first))
        return TarnError(
            .notFound,
            """
            The table has no version as old as \(wanted) UTC: the oldest that can be read is version \(version) of \
            \(oldest) UTC.
            """,
            context: [("version", "\(version)")])
    }

    private static func micros(_ milliseconds: Int64) -> Int64 {
        let (value, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
        return overflow ? (milliseconds < 0 ? .min + 1 : .max) : value
    }
}

extension Array {
    /// The first index whose element meets a condition that, once met, is met by all after it.
    fileprivate func partitioningIndex(where isLate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isLate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// One line of a table's history.
package struct HistoryEntry: Sendable {
    package let version: Int64
    /// The commit's own time where it has one, else by `CommitTimeline`.
    package let timestampMilliseconds: Int64
    /// What the writer said about the commit; `nil` if nothing.
    package let info: CommitInfo?
    package let addedFileCount: Int
    package let removedFileCount: Int

    /// - Parameters:
    ///   - commit: Parsed with `keepsCommitInfo`.
    ///   - timeline: Of the whole log.
    package init(_ commit: ParsedCommit, timeline: CommitTimeline) {
        version = commit.version
        info = commit.commitInfo
        timestampMilliseconds =
            commit.inCommitMilliseconds ?? timeline.milliseconds(of: commit.version)
            ?? info?.timestampMilliseconds ?? 0
        addedFileCount = commit.files.records.count { !$0.isRemove }
        removedFileCount = commit.files.records.count { $0.isRemove }
    }
}
