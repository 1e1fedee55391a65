package import Base

/// One file of `_delta_log` as a listing shows it.
package struct LogEntry: Hashable, Sendable {
    package let name: LogFileName
    /// The name as listed, without a folder.
    package let fileName: String
    package let byteCount: Int64
    package let modifiedMilliseconds: Int64

    package init(fileName: String, byteCount: Int64, modifiedMilliseconds: Int64) {
        self.name = LogFileName(fileName)
        self.fileName = fileName
        self.byteCount = byteCount
        self.modifiedMilliseconds = modifiedMilliseconds
    }
}

/// A checkpoint with all its files.
package struct LogCheckpoint: Hashable, Sendable {
    package let version: Int64
    /// One file, or every part in order.
    package let files: [LogEntry]

    /// Whether this is one JSON file, to be read by `CommitFile.parse`; else the files are Parquet.
    package var isJSON: Bool {
        if case .checkpointV2(_, _, let isJSON)? = files.first?.name { isJSON } else { false }
    }
}

/// The files of the log that make up one version: a checkpoint (or none) and the commits after it.
///
/// ```swift
/// let listing = LogListing(entries)
/// let segment = try LogSegment.plan(listing, version: nil)
/// // read segment.checkpoint, then segment.commits, oldest first
/// ```
///
/// Delta protocol, "Reading Snapshots".
package struct LogSegment: Hashable, Sendable {
    /// The version that these files give.
    package let version: Int64
    package let checkpoint: LogCheckpoint?
    /// Every commit after the checkpoint up to `version`, oldest first, without a gap; a compacted file stands for the
    /// commits that it was made of.
    package let commits: [LogEntry]
    /// When the version was written, by the newest file's modification time.
    package let modifiedMilliseconds: Int64
    /// The version's checksum, if it is there.
    package let checksum: LogEntry?

    /// Chooses the newest whole checkpoint that is not newer than the version, and the commits after it.
    ///
    /// - Parameters:
    ///   - listing: All of `_delta_log`, or its names from some checkpoint's version on.
    ///   - version: The version wanted; `nil` is the newest.
    ///   - unreadable: Checkpoints that turned out to be damaged; the plan does without them if the log allows.
    ///   - usesCompactions: Whether compacted files may stand for commits.
    /// - Returns: The files to read, in order.
    /// - Throws: `.notFound` if there is no table or no such version, `.corruptMetadata` naming the first file that is
    ///   missing.
    package static func plan(
        _ listing: LogListing, version: Int64? = nil, excluding unreadable: Set<LogCheckpoint> = [],
        usesCompactions: Bool = true
    ) throws(TarnError) -> LogSegment {
        guard let newest = listing.newestVersion else {
            throw TarnError(
                .notFound, "There is no Delta table here: _delta_log has no commit and no checkpoint.")
        }
        let target = version ?? newest
        if target > newest || target < 0 {
            throw TarnError(
                .notFound,
                "Version \(target) does not exist: the newest version is \(newest).",
                context: [("version", "\(target)"), ("newestVersion", "\(newest)")])
        }
        let checkpoint = listing.checkpoints.last { $0.version <= target && !unreadable.contains($0) }
        let first = (checkpoint?.version ?? -1) + 1
        let commits =
            usesCompactions && !listing.compactions.isEmpty
            ? try listing.compactedCommits(first: first, last: target)
            : try listing.contiguousCommits(first: first, last: target)
        let last = commits.last ?? checkpoint?.files.last
        return LogSegment(
            version: target, checkpoint: checkpoint, commits: commits,
            modifiedMilliseconds: listing.commit(target)?.modifiedMilliseconds
                ?? last?.modifiedMilliseconds ?? 0,
            checksum: listing.checksums.first { $0.name == .checksum(target) })
    }
}

/// The files of `_delta_log`, sorted by what they are.
package struct LogListing: Sendable {
    /// Commits by version, ascending; gaps are possible.
    package let commits: [LogEntry]
    /// Whole checkpoints by version, ascending.
    ///
    /// A version with several has the best last.
    package let checkpoints: [LogCheckpoint]
    /// Checksums, by version.
    package let checksums: [LogEntry]
    /// Compacted files, by last version.
    package let compactions: [LogEntry]

    /// All of them but some.
    package func entries(without left: [LogEntry]) -> [LogEntry] {
        let names = Set(left.map(\.fileName))
        return (commits + checkpoints.flatMap(\.files) + checksums + compactions).filter {
            !names.contains($0.fileName)
        }
    }

    /// Everything of older versions, in the order in which it may be deleted: a crash in between leaves no gap.
    package func entries(before version: Int64) -> [LogEntry] {
        let old = entries(without: []).filter { entry in
            if case .compacted(let from, _) = entry.name { return from < version }
            return (entry.name.version ?? .max) < version
        }
        return old.sorted {
            ($0.name.version ?? 0, $0.name.isCheckpoint ? 1 : 0, $0.fileName)
                < ($1.name.version ?? 0, $1.name.isCheckpoint ? 1 : 0, $1.fileName)
        }
    }

    package var newestVersion: Int64? {
        [commits.last?.name.version, checkpoints.last?.version].compactMap { $0 }.max()
    }

    package init(_ entries: some Sequence<LogEntry>) {
        var commits: [LogEntry] = []
        var single: [LogCheckpoint] = []
        var parts: [PartKey: [LogEntry]] = [:]
        var checksums: [LogEntry] = []
        var compactions: [LogEntry] = []
        for entry in entries {
            switch entry.name {
            case .commit: commits.append(entry)
            case .checkpoint(let version), .checkpointV2(let version, _, _):
                // An empty file is what a crash left behind.
                if entry.byteCount > 0 { single.append(LogCheckpoint(version: version, files: [entry])) }
            case .checkpointPart(let version, _, let count):
                parts[PartKey(version: version, count: count), default: []].append(entry)
            case .checksum: checksums.append(entry)
            case .compacted: compactions.append(entry)
            case .lastCheckpoint, .other: break
            }
        }
        for (key, files) in parts where Set(files.map(\.fileName)).count == key.count {
            single.append(
                LogCheckpoint(version: key.version, files: files.sorted { $0.fileName < $1.fileName }))
        }
        func byVersion(_ a: LogEntry, _ b: LogEntry) -> Bool { (a.name.version ?? 0) < (b.name.version ?? 0) }
        self.commits = commits.sorted(by: byVersion)
        self.checksums = checksums.sorted(by: byVersion)
        self.compactions = compactions.sorted(by: byVersion)
        checkpoints = single.sorted {
            ($0.version, Self.rank($0), $0.files.first?.fileName ?? "")
                < ($1.version, Self.rank($1), $1.files.first?.fileName ?? "")
        }
    }

    private struct PartKey: Hashable {
        let version: Int64
        let count: Int
    }

    /// Of checkpoints of one version the plainest wins: one Parquet file, then parts, then the second kind.
    private static func rank(_ checkpoint: LogCheckpoint) -> Int {
        switch checkpoint.files.first?.name {
        case .checkpoint: 2
        case .checkpointPart: 1
        default: 0
        }
    }

    /// The commit of that version, if it is listed.
    package func commit(_ version: Int64) -> LogEntry? {
        let index = position(of: version)
        return index < commits.count && commits[index].name == .commit(version) ? commits[index] : nil
    }

    /// Index of the first commit that is not older than `version`.
    private func position(of version: Int64) -> Int {
        var (low, high) = (0, commits.count)
        while low < high {
            let middle = (low + high) / 2
            if (commits[middle].name.version ?? 0) < version { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate func contiguousCommits(first: Int64, last: Int64) throws(TarnError) -> [LogEntry] {
        if first > last { return [] }
        let start = position(of: first)
        var expected = first
        for entry in commits[start...] {
            if expected > last { break }
            if entry.name != .commit(expected) { throw missing(expected, wanted: last) }
            expected += 1
        }
        if expected <= last { throw missing(expected, wanted: last) }
        return Array(commits[start..<start + Int(last - first + 1)])
    }

    /// As above, with the longest compacted file taken wherever one begins.
    fileprivate func compactedCommits(first: Int64, last: Int64) throws(TarnError) -> [LogEntry] {
        var longest: [Int64: (to: Int64, entry: LogEntry)] = [:]
        for entry in compactions {
            guard case .compacted(let from, let to) = entry.name, from >= first, to <= last, to > from,
                entry.byteCount > 0, to > longest[from]?.to ?? from
            else { continue }
            longest[from] = (to, entry)
        }
        var entries: [LogEntry] = []
        var expected = first
        while expected <= last {
            if let (to, entry) = longest[expected] {
                entries.append(entry)
                expected = to + 1
            } else if let entry = commit(expected) {
                entries.append(entry)
                expected += 1
            } else {
                throw missing(expected, wanted: last)
            }
        }
        return entries
    }

    private func missing(_ version: Int64, wanted: Int64) -> TarnError {
        let name = LogFileName.commit(version).text
        return TarnError(
            .corruptMetadata,
            """
            Version \(wanted) cannot be read: _delta_log/\(name) is missing, and no whole checkpoint makes up for \
            it. Restore that file\(version > 0 ? ", or read version \(version - 1) or older" : "").
            """,
            context: [("file", "_delta_log/\(name)"), ("version", "\(wanted)")])
    }
}
