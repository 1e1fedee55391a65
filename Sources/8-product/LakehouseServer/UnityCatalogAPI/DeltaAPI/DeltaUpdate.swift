import Base
import Catalog
import DeltaLake
import Lakehouse
import Query

/// `POST .../tables/{table}` of the Delta API: conditions, then changes, all or nothing.
struct DeltaUpdate: Sendable {
    enum Action: String, CaseIterable {
        case setProperties = "set-properties"
        case removeProperties = "remove-properties"
        case setColumns = "set-columns"
        case setComment = "set-table-comment"
        case addCommit = "add-commit"
        case setPublished = "set-latest-backfilled-version"
        case setProtocol = "set-protocol"
        case setDomains = "set-domain-metadata"
        case removeDomains = "remove-domain-metadata"
        case setPartitioning = "set-partition-columns"
        case noteSnapshot = "update-metadata-snapshot-version"
    }

    private enum Requirement: String, CaseIterable {
        case uuid = "assert-table-uuid"
        case etag = "assert-etag"
    }

    private(set) var tableID = ""
    private(set) var proposal = CommitProposal()
    private(set) var comment: String?
    private(set) var actions: Set<Action> = []

    init(_ body: UnityBody) throws(TarnError) {
        try readRequirements(body)
        for update in try body.objects("updates") ?? [] {
            let action = try update.requiredChoice("action", of: Action.self)
            if !actions.insert(action).inserted {
                throw update.wrong("action", "is there twice: \(action.rawValue)")
            }
            try read(update, action)
        }
        if actions.isEmpty { throw body.wrong("updates", "must not be empty") }
    }

    /// Whether it says anything but which version is there: what the log holds changes with a commit only.
    var changesMetadata: Bool {
        !actions.isDisjoint(with: [
            .setProperties, .removeProperties, .setColumns, .setProtocol, .setDomains, .removeDomains,
            .setPartitioning,
        ])
    }

    private mutating func readRequirements(_ body: UnityBody) throws(TarnError) {
        var seen: Set<Requirement> = []
        for requirement in try body.objects("requirements") ?? [] {
            let kind = try requirement.requiredChoice("type", of: Requirement.self)
            if !seen.insert(kind).inserted {
                throw requirement.wrong("type", "is there twice: \(kind.rawValue)")
            }
            switch kind {
            case .uuid: tableID = try requirement.required("uuid")
            case .etag: proposal.etag = try requirement.required("etag")
            }
        }
        if !seen.contains(.uuid) {
            throw body.wrong("requirements", "must hold an assert-table-uuid")
        }
    }

    private mutating func read(_ update: UnityBody, _ action: Action) throws(TarnError) {
        switch action {
        case .addCommit:
            if update.value("uniform") != nil {
                throw TarnError(.unsupported, "'uniform' is not available.")
            }
            let commit = try update.requiredInner("commit")
            proposal.commit = ManagedCommit(
                version: try commit.requiredInteger("version"), fileName: try commit.required("file-name"),
                fileSize: try commit.requiredInteger("file-size"),
                fileModifiedMilliseconds: try commit.requiredInteger("file-modification-timestamp"),
                timestampMilliseconds: try commit.requiredInteger("timestamp"))
        case .setPublished:
            proposal.publishedVersion = try update.requiredInteger("latest-published-version")
        case .setComment: comment = try update.text("comment") ?? ""
        case .setProperties: _ = try update.map("updates")
        case .removeProperties: _ = try update.texts("removals")
        case .setColumns: _ = try DeltaTypeJSON.schema(update, "columns")
        case .setProtocol: _ = try update.requiredInner("protocol")
        case .setDomains: _ = try update.requiredInner("updates")
        case .removeDomains: _ = try update.texts("domains")
        case .setPartitioning: _ = try update.texts("partition-columns")
        case .noteSnapshot: _ = try update.requiredInteger("last-commit-version")
        }
    }
}

extension UnityCall {
    func updateDeltaTable() async throws -> JSONValue {
        let update = try DeltaUpdate(try body())
        let entry = try await catalog.table(try deltaName(), requiring: .modify)
        try await refuseGoverned(entry)
        if update.tableID != entry.id {
            throw TarnError(
                .conflict, "Table \(entry.name) has another id by now. Load it again.",
                context: [("requirement", "uuid")])
        }
        let proposal = update.proposal
        if proposal.commit == nil, update.changesMetadata, entry.isCatalogManaged {
            throw TarnError(
                .invalidInput,
                "What the log of \(entry.name) holds changes with a commit only: send it together with an add-commit."
            )
        }
        if proposal.commit != nil || proposal.publishedVersion != nil {
            try await commit(proposal, to: entry)
        } else if let etag = proposal.etag, etag != (try await deltaEtag(entry)) {
            throw TarnError(
                .conflict, "Table \(entry.name) changed meanwhile. Load it again, then repeat.",
                context: [("requirement", "etag")])
        }
        if let comment = update.comment {
            try await catalog.updateTable(
                entry.name, EntryChanges(comment: comment.isEmpty ? .remove : .set(comment)))
        }
        return try await loadDeltaTable(try await catalog.table(entry.name))
    }

    /// Ratifies a commit whose file was checked, and publishes it.
    func commit(_ proposal: CommitProposal, to entry: TableEntry) async throws {
        if let commit = proposal.commit {
            try commit.check()
            let state = try await catalog.commitState(of: entry.id)
            // What was ratified is not looked at again: its staged file may be gone.
            if commit.version > state?.latestVersion ?? -1 {
                try await lake.query.checkStaged(commit, of: entry)
            }
        }
        _ = try await catalog.commit(proposal, to: entry.name)
        // The commit stands whatever happens now; whoever opens the table next publishes what this cannot.
        _ = try? await lake.query.publishCommits(of: entry)
    }

    private func deltaEtag(_ entry: TableEntry) async throws -> String? {
        if let state = try await catalog.commitState(of: entry.id) { return state.etag }
        let version = try? await lake.query.snapshot(of: entry).version
        return "\(version ?? -1)-\(entry.updatedMicroseconds)"
    }
}
