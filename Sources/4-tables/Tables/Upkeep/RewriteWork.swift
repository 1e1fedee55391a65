import Base
import DeltaLake

/// An operation that writes files anew without a change of rows.
struct RewriteWork: Sendable {
    let operation: String
    let groups: [RewriteGroup]
    let plan: RewritePlan
    var parameters: JSONObject
    let userMetadata: String?
    var order: ClusterOrder?
    var tags: [String: String]?
    var clusteringProvider: String?

    init(_ operation: String, _ groups: [RewriteGroup], _ plan: RewritePlan, _ options: OptimizeOptions) {
        self.operation = operation
        self.groups = groups
        self.plan = plan
        parameters = options.operationParameters
        userMetadata = options.userMetadata
    }

    var byteCount: Int64 { groups.reduce(0) { $0 + $1.byteCount } }

    /// Ordered rows are worth more, smaller files: the log alone then rules out most of them.
    func targetFileBytes(for group: RewriteGroup) -> Int64 {
        if order == nil { return plan.targetFileBytes + plan.targetFileBytes / 4 }
        return min(plan.targetFileBytes, max(Self.smallestOrderedFile, group.byteCount / 64))
    }

    private static let smallestOrderedFile: Int64 = 32 << 20
}

/// A group and what became of it.
struct RewrittenGroup: Sendable {
    let group: RewriteGroup
    let staged: StagedRows
}

extension DeltaTable {
    /// Writes the groups of files anew and commits what others left of them meanwhile.
    ///
    /// - Parameters:
    ///   - work: The groups.
    ///   - base: The version that they are of.
    /// - Returns: The version, with the operation's figures.
    /// - Throws: `.conflict` if others changed every group; what staging throws, with nothing left behind.
    func rewrite(_ work: RewriteWork, on base: LoadedTable) async throws -> CommitResult {
        if work.groups.isEmpty { return .unchanged(base.snapshot.version) }
        var done: [RewrittenGroup] = []
        do {
            if work.order == nil {
                for group in work.groups {
                    done.append(try await stage(group, of: work, base.snapshot, self))
                }
            } else {
                done = try await withSortingEngine(byteCount: work.byteCount) { table in
                    var done: [RewrittenGroup] = []
                    do {
                        for group in work.groups {
                            done.append(try await table.stage(group, of: work, base.snapshot, table))
                        }
                    } catch {
                        for group in done { await table.discard(group.staged) }
                        throw error
                    }
                    return done
                }
            }
        } catch {
            for group in done { await discard(group.staged) }
            throw error
        }
        return try await commit(done, of: work, on: base)
    }

    private func stage(
        _ group: RewriteGroup, of work: RewriteWork, _ snapshot: DeltaSnapshot, _ table: DeltaTable
    ) async throws -> RewrittenGroup {
        try Task.checkCancellation()
        let rewriting = Rewriting(
            table: table, snapshot: snapshot, targetFileBytes: work.targetFileBytes(for: group),
            order: work.order, tags: work.tags, clusteringProvider: work.clusteringProvider)
        return RewrittenGroup(group: group, staged: try await rewriting.stage(group))
    }

    /// Commits the groups; those whose files others changed or removed first are given up, the rest goes on.
    ///
    /// After any other failure the new files stay for a vacuum: the commit may have landed all the same.
    private func commit(
        _ groups: [RewrittenGroup], of work: RewriteWork, on first: LoadedTable
    ) async throws -> CommitResult {
        var (groups, base) = (groups, first)
        while true {
            do {
                let builder = builder(groups, work, base.snapshot)
                let read = Set(groups.flatMap(\.group.files))
                return try await commit(PreparedCommit(builder, reads: ReadScope(files: read)), on: base)
            } catch let error as TarnError where error.code == .conflict && error.isRetryable {
                base = try await refresh()
                let now = base.snapshot
                let isSameTable =
                    now.metadata == first.snapshot.metadata
                    && now.tableProtocol == first.snapshot.tableProtocol
                var left: [RewrittenGroup] = []
                for group in groups {
                    if isSameTable, group.group.files.allSatisfy({ now.files.contains($0) }) {
                        left.append(group)
                    } else {
                        await discard(group.staged)
                    }
                }
                if left.isEmpty { throw error }
                if left.count == groups.count {
                    for group in left { await discard(group.staged) }
                    throw error
                }
                groups = left
            }
        }
    }

    private func builder(_ groups: [RewrittenGroup], _ work: RewriteWork, _ snapshot: DeltaSnapshot)
        -> CommitBuilder
    {
        var info = commitInfo(operation: work.operation, readVersion: snapshot.version, .none)
        info.isBlindAppend = false
        info.operationParameters = work.parameters
        info.operationMetrics = RewriteMetrics(groups).json
        info.userMetadata = work.userMetadata
        var builder = CommitBuilder(info: info)
        let now = context.time.nowMilliseconds()
        for group in groups {
            for file in group.group.files {
                builder.remove(file.removeFile(atMilliseconds: now, dataChange: false))
            }
            for file in group.staged.files { builder.add(file) }
        }
        return builder
    }
}
