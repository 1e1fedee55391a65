import Base
package import DeltaLake
import ObjectStore

extension DeltaTable {
    /// The versions that the log still has, newest first.
    ///
    /// - Parameter limit: At most so many; `nil` is all.
    /// - Returns: One entry a commit file.
    /// - Throws: `.corruptMetadata` for a damaged commit.
    package func history(limit: Int? = nil) async throws -> [HistoryEntry] {
        try await naming {
            let listing = try await LogReader(self).listing()
            let timeline = CommitTimeline(listing)
            let wanted = listing.commits.suffix(limit.map { max(0, $0) } ?? listing.commits.count)
            let paths = try wanted.map { entry throws(StorageError) in try LogFolder.file(entry.fileName) }
            let versions = wanted.map { $0.name.version ?? 0 }
            return try await store.mapEach(paths) { index, bytes in
                let commit = try CommitFile.parse(bytes, version: versions[index], keepsCommitInfo: true)
                return HistoryEntry(commit, timeline: timeline)
            }.reversed()
        }
    }
}
