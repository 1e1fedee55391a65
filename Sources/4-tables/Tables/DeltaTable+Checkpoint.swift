import Base
import DeltaLake
import ObjectStore

extension DeltaTable {
    /// Writes a checkpoint of the newest version now, whether it is due or not, and cleans the log if that is on.
    ///
    /// - Returns: The version.
    @discardableResult
    package func checkpoint() async throws -> Int64 {
        try await naming {
            let snapshot = try await refresh().snapshot
            try await checkpoint(snapshot)
            if context.upkeep.cleansLog { try await cleanLog(snapshot) }
            return snapshot.version
        }
    }

    /// A checkpoint is written whole under its name or not at all; then the hint to it.
    func checkpoint(_ snapshot: DeltaSnapshot) async throws {
        let hint = try await CheckpointWriter(self, snapshot).write()
        try await store.put(
            try LogFolder.file(LogFileName.lastCheckpoint.text), hint.bytes, mode: .overwrite)
    }

    /// Removes log files that no version within the retention time needs (`delta.logRetentionDuration`).
    ///
    /// - Returns: How many files went.
    @discardableResult
    package func cleanLog() async throws -> Int {
        try await naming { try await cleanLog(try await refresh().snapshot) }
    }

    @discardableResult
    func cleanLog(_ snapshot: DeltaSnapshot) async throws -> Int {
        let properties = TableProperties(snapshot.configuration)
        guard properties.enablesExpiredLogCleanup else { return 0 }
        let now = context.time.nowMilliseconds()
        let listing = try await LogReader(self).listing()
        let expired = LogRetention.expiredFiles(listing, properties, nowMilliseconds: now)
        guard let newest = expired.compactMap(\.name.version).max(),
            LogRetention.mayTruncate(before: newest + 1, snapshot)
        else { return 0 }
        // Oldest first, one by one: a crash leaves the log without a gap.
        for entry in expired { try await store.delete(try LogFolder.file(entry.fileName)) }
        let kept = LogListing(listing.entries(without: expired))
        return try await expired.count + cleanSidecars(kept, nowMilliseconds: now)
    }

    /// Removes sidecars that no checkpoint names any more and that are more than a day old: a younger one may belong
    /// to a checkpoint that is being written.
    private func cleanSidecars(_ listing: LogListing, nowMilliseconds: Int64) async throws -> Int {
        let folder = try LogFolder.path.appending("_sidecars")
        let day: Int64 = 86_400_000
        let old = try await store.list(folder).filter {
            $0.modifiedMicroseconds / 1000 < nowMilliseconds - day
        }
        if old.isEmpty { return 0 }
        var named: Set<String> = []
        for checkpoint in listing.checkpoints {
            named.formUnion(try await CheckpointReader(self).sidecars(of: checkpoint).map(\.fileName))
        }
        let unused = old.filter { !named.contains($0.path.name) }
        for object in unused { try await store.delete(object.path) }
        return unused.count
    }
}
