internal import Base
package import Catalog
internal import DeltaLake
internal import ObjectStore

/// Ratified commits of tables that the catalog manages, from where clients stage them into the log.
extension QueryService {
    /// Puts what the catalog ratified, and no client published yet, into the table's log.
    ///
    /// Delta protocol RFC, "Catalog-managed tables", "Publishing commits": whoever finds a ratified commit may publish it.
    ///
    /// - Parameter entry: Of a table that the catalog manages.
    /// - Returns: How far the table is; all of it is published. `nil` if the catalog does not put its commits in order.
    /// - Throws: `.corruptMetadata` where a staged commit is missing, or another one was published in its place.
    @discardableResult
    package func publishCommits(of entry: TableEntry) async throws -> ManagedCommitState? {
        guard let state = try await catalog.commitState(of: entry.id) else { return nil }
        guard let last = state.unpublished.last else { return state }
        let store = LocalStore(root: try localFolder(entry.location))
        for commit in state.unpublished { try await publish(commit, of: entry, in: store) }
        try await catalog.notePublished(last.version, of: entry.id)
        return try await catalog.commitState(of: entry.id)
    }

    /// Reads a commit that a client staged, before the catalog ratifies it.
    ///
    /// - Parameters:
    ///   - commit: Its name is checked.
    ///   - entry: The table.
    /// - Throws: `.invalidInput` if the file is not there, has another size, or is no commit with a time of its own.
    package func checkStaged(_ commit: ManagedCommit, of entry: TableEntry) async throws {
        let store = LocalStore(root: try localFolder(entry.location))
        let bytes: [UInt8]
        do { bytes = try await store.get(try Self.stagedPath(commit)) } catch {
            throw TarnError(
                .invalidInput,
                "The staged commit \(commit.fileName) cannot be read. Write it to _delta_log/_staged_commits first.",
                context: [("table", entry.name.description)])
        }
        if Int64(bytes.count) != commit.fileSize {
            throw TarnError(
                .invalidInput,
                "The staged commit \(commit.fileName) has \(bytes.count) bytes, not \(commit.fileSize).",
                context: [("table", entry.name.description)])
        }
        let parsed: ParsedCommit
        do { parsed = try CommitFile.parse(bytes, version: commit.version, fileName: commit.fileName) } catch
        {
            throw TarnError(.invalidInput, "The staged commit cannot be ratified: \(error.message)")
        }
        if parsed.inCommitMilliseconds == nil {
            throw TarnError(
                .invalidInput,
                "The staged commit \(commit.fileName) must begin with a commitInfo that has an inCommitTimestamp."
            )
        }
    }

    private func publish(_ commit: ManagedCommit, of entry: TableEntry, in store: LocalStore) async throws {
        func damaged(_ what: String) -> TarnError {
            TarnError(
                .corruptMetadata,
                "Table \(entry.name) cannot be opened at version \(commit.version): \(what)",
                context: [("table", entry.name.description), ("version", "\(commit.version)")])
        }
        let staged: [UInt8]
        let published = try StorePath("_delta_log").appending(LogFileName.commit(commit.version).text)
        do { staged = try await store.get(try Self.stagedPath(commit)) } catch StorageError.notFound {
            // A client that published it may have removed what it staged.
            if try await store.head(published)?.byteCount == commit.fileSize { return }
            throw damaged("its staged commit \(commit.fileName) is missing. Restore it from a copy.")
        }
        do { try await store.put(published, staged, mode: .ifAbsent) } catch StorageError.alreadyExists {
            if try await store.get(published) != staged {
                throw damaged("another commit than the ratified one was published in its place.")
            }
        }
    }

    private static func stagedPath(_ commit: ManagedCommit) throws(StorageError) -> StorePath {
        try StorePath("_delta_log/_staged_commits").appending(commit.fileName)
    }
}
