package import Base
import Metastore

/// The catalog as the coordinator of a table's commits: it alone says which proposal becomes a version.
///
/// Delta protocol RFC, "Catalog-managed tables"; Unity Catalog, "Delta API". Whoever has MODIFY on a table may propose.
extension CatalogService {
    /// So many ratified commits wait for being published at most.
    package static let unpublishedLimit: Int64 = 50
    /// So many published ones are remembered, to know a commit that is sent again.
    static let rememberedCommits: Int64 = 100

    /// How far the table is; `nil` if the catalog does not put its commits in order.
    ///
    /// - Parameters:
    ///   - tableID: The table's id.
    ///   - first: No commit before this version.
    /// - Returns: Its newest versions and what is not published.
    /// - Throws: What the metastore throws.
    package func commitState(
        of tableID: String, from first: Int64 = 0
    ) async throws(TarnError) -> ManagedCommitState? {
        try await read { try $0.commitState(of: tableID, from: first) }
    }

    /// Makes a proposal the table's next version, or tells why it is not.
    ///
    /// The same proposal sent again, after its answer was lost, is accepted without effect.
    ///
    /// - Parameters:
    ///   - proposal: The commit's file exists already.
    ///   - name: The table.
    /// - Returns: How far the table is after it.
    /// - Throws: `.conflict` where the version is another's; `.invalidInput` for a version that leaves a gap;
    ///   `.failedPrecondition` where the etag is another one or the catalog does not put the table's commits in order;
    ///   `.resourceExhausted` with too many unpublished commits; `.permissionDenied`.
    package func commit(
        _ proposal: CommitProposal, to name: QualifiedName
    ) async throws(TarnError) -> ManagedCommitState {
        try proposal.commit?.check()
        return try await write { rows in
            let entry = try rows.requireTable(name)
            try rows.require([.modify, .useCatalog, .useSchema], on: entry.securable)
            guard let state = try rows.commitState(of: entry.id) else {
                throw TarnError(
                    .failedPrecondition,
                    "Table \(entry.name) takes commits in its own log: it has not the feature catalogManaged."
                )
            }
            if let commit = proposal.commit, commit.version <= state.latestVersion {
                try rows.requireReplay(commit, of: entry)
                return state
            }
            if let etag = proposal.etag, etag != state.etag {
                throw TarnError(
                    .conflict, "Table \(entry.name) changed meanwhile. Load it again, then repeat.",
                    context: [("requirement", "etag")])
            }
            try rows.accept(proposal, state, entry)
            return try rows.commitState(of: entry.id) ?? state
        }
    }

    /// Writes down that `_delta_log` holds everything up to a version; who did it has seen to that.
    package func notePublished(_ version: Int64, of tableID: String) async throws(TarnError) {
        try await write { rows in
            guard let state = try rows.commitState(of: tableID) else { return }
            try rows.notePublished(min(version, state.latestVersion), of: tableID, state)
        }
    }
}

extension CatalogRows {
    func commitState(of tableID: String, from first: Int64 = 0) throws -> ManagedCommitState? {
        guard
            let row = try db.row(
                """
                SELECT m.latest_version, m.published_version, s.updated_us FROM unity_managed_tables m
                JOIN catalog_securables s ON s.id = m.table_id WHERE m.table_id = ?
                """, [tableID])
        else { return nil }
        let latest: Int64 = try row(0)
        let published: Int64 = try row(1)
        let updated: Int64 = try row(2)
        let commits = try db.rows(
            """
            SELECT version, file_name, file_size, file_modified_ms, timestamp_ms FROM unity_commits
            WHERE table_id = ? AND version > ? AND version >= ? ORDER BY version
            """, [tableID, published, first]
        ).map(managedCommit)
        return ManagedCommitState(
            latestVersion: latest, publishedVersion: published, unpublished: commits,
            etag: "\(latest)-\(updated)")
    }

    private func managedCommit(_ row: MetastoreRow) throws -> ManagedCommit {
        ManagedCommit(
            version: try row(0), fileName: try row(1), fileSize: try row(2),
            fileModifiedMilliseconds: try row(3), timestampMilliseconds: try row(4))
    }

    /// A version that is taken: the same file was accepted before, or it is somebody else's.
    fileprivate func requireReplay(_ commit: ManagedCommit, of entry: TableEntry) throws {
        let known: String? = try db.value(
            "SELECT file_name FROM unity_commits WHERE table_id = ? AND version = ?",
            [entry.id, commit.version])
        if known == commit.fileName { return }
        throw TarnError(
            .conflict,
            "Version \(commit.version) of table \(entry.name) is another commit's. Load the table again, then commit the next version.",
            context: [("version", "\(commit.version)")])
    }

    fileprivate func accept(
        _ proposal: CommitProposal, _ state: ManagedCommitState, _ entry: TableEntry
    ) throws {
        if let published = proposal.publishedVersion {
            guard (0...state.latestVersion).contains(published) else {
                throw TarnError(
                    .invalidInput,
                    "Version \(published) cannot be published: the newest of table \(entry.name) is \(state.latestVersion)."
                )
            }
        }
        guard let commit = proposal.commit else { return }
        guard commit.version == state.latestVersion + 1 else {
            throw TarnError(
                .invalidInput,
                "The next version of table \(entry.name) is \(state.latestVersion + 1), not \(commit.version)."
            )
        }
        guard commit.version - state.publishedVersion <= CatalogService.unpublishedLimit else {
            throw TarnError(
                .resourceExhausted,
                "Table \(entry.name) has \(CatalogService.unpublishedLimit) commits that are not published. Publish them first."
            )
        }
        // The row tells who was first, should two transactions have read the same state.
        let changed = try db.execute(
            "UPDATE unity_managed_tables SET latest_version = ? WHERE table_id = ? AND latest_version = ?",
            [commit.version, entry.id, state.latestVersion])
        if changed != 1 {
            throw TarnError(
                .conflict,
                "Another commit to table \(entry.name) was faster. Load the table again, then repeat.",
                isRetryable: true)
        }
        try db.execute(
            """
            INSERT INTO unity_commits (table_id, version, file_name, file_size, file_modified_ms, timestamp_ms)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                entry.id, commit.version, commit.fileName, commit.fileSize, commit.fileModifiedMilliseconds,
                commit.timestampMilliseconds,
            ])
    }

    func notePublished(_ version: Int64, of tableID: String, _ state: ManagedCommitState) throws {
        if version <= state.publishedVersion { return }
        try db.execute(
            "UPDATE unity_managed_tables SET published_version = ? WHERE table_id = ? AND published_version < ?",
            [version, tableID, version])
        try db.execute(
            "DELETE FROM unity_commits WHERE table_id = ? AND version <= ?",
            [tableID, version - CatalogService.rememberedCommits])
    }
}
