import Base
import Catalog
import HTTPTypes
import Lakehouse
import NIOCore
import Query

/// `delta/preview/commits`: the commit coordinator as older clients know it.
extension UnityCatalogAPI {
    func commitRoutes() -> [Route] {
        [
            route(.get, "/delta/preview/commits") { call in try await call.listCommits() },
            route(.post, "/delta/preview/commits") { call in try await call.postCommit() },
        ]
    }
}

extension UnityCall {
    /// The parameters come in a body, or, from clients that send none with GET, in the query.
    fileprivate func listCommits() async throws -> JSONValue {
        let body: UnityBody
        if request.body.readableBytes > 0 {
            body = try self.body()
        } else {
            body = UnityBody(
                JSONObject(
                    ["table_id", "table_uri", "start_version", "end_version"].compactMap { name in
                        query(name).map { (name, .string($0)) }
                    }), at: "")
        }
        let entry = try await committedTable(body, requiring: .select)
        let first = try body.requiredInteger("start_version")
        let last = try body.integer("end_version") ?? .max
        if first < 0 { throw body.wrong("start_version", "must be 0 or more") }
        if last < first { throw body.wrong("end_version", "must not be before start_version") }
        guard entry.isCatalogManaged,
            let state = try await catalog.commitState(of: entry.id, from: first)
        else {
            // All its commits are in its log: the coordinator has none. Sail asks for every table, and takes -1 for that.
            return .object(["commits": .array([]), "latest_table_version": .int(-1)])
        }
        let commits = state.unpublished.filter { $0.version <= last }.reversed()
        return .object([
            "commits": .array(
                commits.map { commit in
                    .object([
                        "version": .int(commit.version), "timestamp": .int(commit.timestampMilliseconds),
                        "file_name": .string(commit.fileName), "file_size": .int(commit.fileSize),
                        "file_modification_timestamp": .int(commit.fileModifiedMilliseconds),
                    ])
                }),
            "latest_table_version": .int(state.latestVersion),
        ])
    }

    fileprivate func postCommit() async throws -> JSONValue {
        let body = try body()
        let entry = try await committedTable(body, requiring: .modify)
        if !entry.isCatalogManaged { throw Self.takesNoCommits(entry) }
        if body.value("uniform") != nil { throw TarnError(.unsupported, "'uniform' is not available.") }
        _ = try body.inner("metadata")
        var proposal = CommitProposal(publishedVersion: try body.integer("latest_backfilled_version"))
        if let commit = try body.inner("commit_info") {
            proposal.commit = ManagedCommit(
                version: try commit.requiredInteger("version"), fileName: try commit.required("file_name"),
                fileSize: try commit.requiredInteger("file_size"),
                fileModifiedMilliseconds: try commit.requiredInteger("file_modification_timestamp"),
                timestampMilliseconds: try commit.requiredInteger("timestamp"))
        }
        if proposal.commit == nil, proposal.publishedVersion == nil { throw body.missing("commit_info") }
        try await commit(proposal, to: entry)
        return .object([:])
    }

    private func committedTable(
        _ body: UnityBody, requiring needed: PrivilegeSet
    ) async throws -> TableEntry {
        let id = try body.required("table_id")
        let uri = try StorageURL.location(try body.required("table_uri"))
        guard let found = try await catalog.table(id: id) else { throw Self.noTable(id) }
        let entry: TableEntry
        do { entry = try await catalog.table(found.name, requiring: needed) } catch {
            // By its id he must not learn its name.
            throw error.code == .notFound ? Self.noTable(id) : error
        }
        try await refuseGoverned(entry)
        if entry.location != uri { throw body.wrong("table_uri", "is not where the table lies") }
        return entry
    }

    private static func takesNoCommits(_ entry: TableEntry) -> TarnError {
        TarnError(
            .failedPrecondition,
            "Table \(entry.name) takes commits in its own log: it has not the feature catalogManaged.")
    }
}
