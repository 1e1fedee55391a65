import Base
import DeltaLake
import ObjectStore

extension DeltaTable {
    /// Does what is due to the log after a commit, at once or behind it; see `LogUpkeep`.
    func upkeep(after snapshot: DeltaSnapshot, transactionID: String?) async {
        let upkeep = context.upkeep
        let properties = TableProperties(snapshot.configuration)
        let checkpointIsDue =
            upkeep.writesCheckpoints && LogRetention.isCheckpointDue(snapshot.version, properties)
        let range = LogRetention.dueCompaction(snapshot.version, every: upkeep.compactionInterval)
        let checksum = upkeep.writesChecksums ? VersionChecksum(snapshot, transactionID: transactionID) : nil
        if !checkpointIsDue, range == nil, checksum == nil { return }
        guard let background = upkeep.background else {
            if let checksum { await put(checksum, snapshot.version) }
            if let range { await compact(range) }
            if checkpointIsDue { await checkpointAndClean(snapshot) }
            return
        }
        // Keys by kind: while a long checkpoint runs, checksums go on.
        if let checksum {
            background.submit("\(store.rootURL) checksum") { await self.put(checksum, snapshot.version) }
        }
        if let range { background.submit("\(store.rootURL) compaction") { await self.compact(range) } }
        if checkpointIsDue {
            background.submit("\(store.rootURL) checkpoint") { await self.checkpointAndClean(snapshot) }
        }
    }

    private func checkpointAndClean(_ snapshot: DeltaSnapshot) async {
        await warning("the checkpoint of version \(snapshot.version)") { try await checkpoint(snapshot) }
        if context.upkeep.cleansLog {
            await warning("the clean-up of the log") { try await cleanLog(snapshot) }
        }
    }

    private func put(_ checksum: VersionChecksum, _ version: Int64) async {
        await warning("the checksum of version \(version)") {
            do {
                try await store.putHint(
                    try LogFolder.file(LogFileName.checksum(version).text), checksum.bytes)
            } catch StorageError.alreadyExists {
                // Another writer may have made it out of the same log.
            }
        }
    }

    private func compact(_ versions: ClosedRange<Int64>) async {
        await warning("the compaction of versions \(versions.lowerBound) to \(versions.upperBound)") {
            try await compactLog(versions)
        }
    }

    /// Writes the actions of some commits as one compacted file.
    ///
    /// The commits stay: the file only spares reading them. Delta protocol, "Log Compaction Files".
    ///
    /// - Parameter versions: At least two, all of which must be in the log.
    /// - Throws: `.corruptMetadata` if a commit is missing.
    package func compactLog(_ versions: ClosedRange<Int64>) async throws {
        let paths = try versions.map { version throws(StorageError) in try LogFolder.commit(version) }
        let first = versions.lowerBound
        let commits = try await store.mapEach(paths) { index, bytes in
            try CommitFile.parse(bytes, version: first + Int64(index))
        }
        let (name, bytes) = try LogCompaction.file(of: commits)
        do { try await store.put(try LogFolder.file(name.text), bytes, mode: .ifAbsent) } catch {
            if case .alreadyExists = error { return }
            throw error
        }
    }

    private func warning(_ what: String, _ body: () async throws -> some Any) async {
        do { _ = try await body() } catch {
            context.warn("Table \(name): \(what) failed: \(error)")
        }
    }
}
