import Base
import DeltaLake
import Engine
import ObjectStore

/// Reads `_delta_log`: plans with the protocol's rules, reads with the store, parses on several threads.
struct LogReader {
    private let table: DeltaTable
    private var store: any ObjectStore { table.store }

    init(_ table: DeltaTable) { self.table = table }

    /// The table at a version (`nil`: the newest), from checkpoint and commits.
    func load(version: Int64?) async throws -> LoadedTable {
        // The newest checkpoint saves listing what it covers. The hint may be missing, stale or damaged.
        let hint = await lastCheckpoint()
        if let hint, version.map({ $0 >= hint }) ?? true {
            do {
                let entries = try await list(from: hint)
                if entries.contains(where: { $0.name.version.map { $0 >= hint } ?? false }) {
                    return try await load(LogListing(entries), version: version, hint: hint)
                }
            } catch let error as TarnError where error.code == .corruptMetadata || error.code == .notFound {
                // Older files may make up for what is wrong; the full listing decides.
            }
        }
        return try await load(LogListing(try await list(from: nil)), version: version, hint: hint)
    }

    /// The state after whatever was committed since `known`.
    ///
    /// - Returns: `known` itself after one look and one failed read where nothing was committed; the commits since are
    ///   empty where the log turned out to be another one and was read anew.
    func refresh(_ known: LoadedTable) async throws -> (state: LoadedTable, landed: [ParsedCommit]) {
        // Another log may lie there by now: a table that was dropped and made again, or cleaned far behind us.
        let tip = try await store.head(try LogFolder.commit(known.snapshot.version))
        let isSameLog =
            tip.map { $0.modifiedMicroseconds == known.commitModifiedMicroseconds }
            ?? (known.commitModifiedMicroseconds == 0)
        if !isSameLog {
            table.cache.clear()
            return (try await load(version: nil), [])
        }
        var landed: [ParsedCommit] = []
        var next = known.snapshot.version + 1
        while let bytes = try await bytes(ofCommit: next) {
            landed.append(try CommitFile.parse(bytes, version: next, keepsCommitInfo: true))
            next += 1
        }
        if landed.isEmpty { return (known, []) }
        let modified = try await store.head(try LogFolder.commit(next - 1))?.modifiedMicroseconds ?? 0
        let snapshot = try known.snapshot.applying(landed, timestampMilliseconds: modified / 1000)
        return (LoadedTable(snapshot: snapshot, commitModifiedMicroseconds: modified), landed)
    }

    /// `nil` where that version does not exist yet.
    func bytes(ofCommit version: Int64) async throws(StorageError) -> [UInt8]? {
        do { return try await store.get(try LogFolder.commit(version)) } catch StorageError.notFound {
            return nil
        }
    }

    /// The newest version that was committed at or before an instant.
    func version(atMicroseconds microseconds: Int64) async throws -> Int64 {
        let listing = LogListing(try await list(from: nil))
        let time = microseconds.floorDivided(by: 1000)
        guard let newest = try await table.newestIfReadable(), let since = InCommitTimestamps(newest) else {
            return try CommitTimeline(listing).version(atMilliseconds: time)
        }
        if let start = since.firstMilliseconds, time < start {
            return try CommitTimeline(listing, before: since.firstVersion).version(atMilliseconds: time)
        }
        let versions = CommitTimeline(listing).versions.filter {
            $0 >= since.firstVersion && $0 <= newest.version
        }
        return try await version(atMilliseconds: time, among: versions)
    }

    /// In-commit timestamps rise, so that a few commits tell.
    private func version(atMilliseconds time: Int64, among versions: [Int64]) async throws -> Int64 {
        var (low, high) = (0, versions.count)
        while low < high {
            let middle = (low + high) / 2
            if try await inCommitMilliseconds(of: versions[middle]) > time {
                high = middle
            } else {
                low = middle + 1
            }
        }
        if low > 0 { return versions[low - 1] }
        guard let oldest = versions.first else { throw CommitTimeline.tooOld(time, oldest: nil, nil) }
        throw CommitTimeline.tooOld(time, oldest: oldest, try await inCommitMilliseconds(of: oldest))
    }

    /// The commit's own time, which is in its first line.
    private func inCommitMilliseconds(of version: Int64) async throws -> Int64 {
        let path = try LogFolder.commit(version)
        var bytes = try await store.get(path, range: 0..<16384)
        if let end = bytes.firstIndex(of: 0x0A) {
            bytes = Array(bytes[..<end])
        } else {
            bytes = try await store.get(path)
        }
        if let time = try CommitFile.parse(bytes, version: version).inCommitMilliseconds { return time }
        throw TarnError(
            .corruptMetadata,
            "\(path) has no inCommitTimestamp, which the table's properties demand of it.",
            context: [("file", "\(path)")])
    }

    func listing() async throws -> LogListing { LogListing(try await list(from: nil)) }

    // MARK: Steps

    private func lastCheckpoint() async -> Int64? {
        guard let path = try? LogFolder.file(LogFileName.lastCheckpoint.text),
            let bytes = try? await store.get(path)
        else { return nil }
        return LastCheckpoint(bytes)?.version
    }

    private func list(from version: Int64?) async throws(StorageError) -> [LogEntry] {
        let after = version.map { LogFileName.listingStart(version: $0) }
        return try await store.list(LogFolder.path, after: after).map {
            LogEntry(
                fileName: $0.path.name, byteCount: $0.byteCount,
                modifiedMilliseconds: $0.modifiedMicroseconds / 1000)
        }
    }

    /// A checkpoint that cannot be read is left out, and the next older one tried, down to the commits alone.
    ///
    /// Not the one that `_last_checkpoint` names: it was whole when the hint was written, so it was damaged since, and
    /// the owner must hear of that. One without a hint may be what a crash left.
    private func load(_ listing: LogListing, version: Int64?, hint: Int64?) async throws -> LoadedTable {
        var unreadable: Set<LogCheckpoint> = []
        var usesCompactions = true
        var firstFailure: TarnError?
        while true {
            let segment: LogSegment
            do {
                segment = try LogSegment.plan(
                    listing, version: version, excluding: unreadable, usesCompactions: usesCompactions)
            } catch {
                // The damaged checkpoint is the reason, not the commits that it stood for.
                throw firstFailure ?? error
            }
            do {
                return try await load(segment)
            } catch let failure as UnreadableCheckpoint {
                if failure.checkpoint.version == hint { throw failure.error }
                unreadable.insert(failure.checkpoint)
                firstFailure = firstFailure ?? failure.error
            } catch is UnreadableCompaction {
                // The commits that it was made of say the same.
                usesCompactions = false
            }
        }
    }

    private func load(_ segment: LogSegment) async throws -> LoadedTable {
        var builder = SnapshotBuilder()
        let checksum = try await checksum(segment)
        if let tableProtocol = checksum?.tableProtocol, let metadata = checksum?.metadata {
            // Spares reading a large table that cannot be read.
            try TableFeatures.checkReadable(tableProtocol, metadata)
        }
        if let checkpoint = segment.checkpoint {
            let pieces: [ParsedCommit]
            do {
                pieces = try await CheckpointReader(table).read(checkpoint)
            } catch let error as TarnError where error.code != .unsupported && error.code != .cancelled {
                throw UnreadableCheckpoint(checkpoint: checkpoint, error: damaged(checkpoint, error))
            }
            try builder.apply(checkpoint: pieces)
        }
        let commits = try await parse(segment.commits)
        for commit in commits { try builder.apply(commit) }
        builder.supply(inCommitMilliseconds: checksum?.inCommitMilliseconds)
        if builder.lacksInCommitTimestamp {
            let bytes = try await bytes(ofCommit: segment.version)
            let commit = try bytes.map { try CommitFile.parse($0, version: segment.version) }
            builder.supply(inCommitMilliseconds: commit?.inCommitMilliseconds)
        }
        let snapshot = try builder.finish(timestampMilliseconds: segment.modifiedMilliseconds)
        if let checksum, let entry = segment.checksum {
            try checksum.check(snapshot, fileName: entry.fileName)
        }
        let tip = try await store.head(try LogFolder.commit(segment.version))
        return LoadedTable(snapshot: snapshot, commitModifiedMicroseconds: tip?.modifiedMicroseconds ?? 0)
    }

    /// The version's checksum; `nil` where there is none, or it is not whole: nothing depends on having it.
    private func checksum(_ segment: LogSegment) async throws -> VersionChecksum? {
        guard let entry = segment.checksum, entry.byteCount < 1 << 26 else { return nil }
        do { return VersionChecksum(try await store.get(try LogFolder.file(entry.fileName))) } catch {
            if case .notFound = error { return nil }
            throw error
        }
    }

    private func damaged(_ checkpoint: LogCheckpoint, _ cause: TarnError) -> TarnError {
        let file = "_delta_log/\(checkpoint.files.first?.fileName ?? "")"
        return TarnError(
            .corruptMetadata,
            """
            Checkpoint \(file) cannot be read. Restore it; if the log reaches back to an older checkpoint or to \
            version 0, removing it and _last_checkpoint helps too. The reason: \(cause.message)
            """,
            context: [("file", file)], cause: cause)
    }

    private func parse(_ entries: [LogEntry]) async throws -> [ParsedCommit] {
        let paths = try entries.map { entry throws(StorageError) in try LogFolder.file(entry.fileName) }
        do {
            return try await store.mapEach(paths) { index, bytes in
                let entry = entries[index]
                guard case .compacted(let from, let to) = entry.name else {
                    return try CommitFile.parse(bytes, version: entry.name.version ?? 0)
                }
                do {
                    var commit = try CommitFile.parse(bytes, version: to, fileName: entry.fileName)
                    commit.firstVersion = from
                    return commit
                } catch { throw UnreadableCompaction() }
            }
        } catch StorageError.notFound(let path) {
            throw TarnError(
                .corruptMetadata, "The log file \(path) vanished while the log was read. Try again.",
                context: [("file", path)], isRetryable: true)
        }
    }
}

/// A checkpoint could not be used; an older one may do.
private struct UnreadableCheckpoint: Error {
    let checkpoint: LogCheckpoint
    let error: TarnError
}

/// A compacted file could not be used; the commits are there too.
private struct UnreadableCompaction: Error {}
