import Base
import DeltaLake
import ObjectStore

extension DeltaTable {
    /// Takes a feature away from the table, so that engines which do not know it can use the table again.
    ///
    /// Older versions that show the feature stay in the log unless `truncateHistory` is given. A table that keeps them
    /// gets the feature `checkpointProtection` instead: a checkpoint is where readers of the newest versions start, and
    /// no clean-up may take it away alone.
    ///
    /// - Parameters:
    ///   - feature: As the protocol names it, for example `deletionVectors`.
    ///   - truncateHistory: Removes the log before the newest version. Refused while a version that shows the feature
    ///     is younger than `delta.dropFeatureTruncateHistory.retentionDuration` (24 hours by default), because someone
    ///     may still be reading it; the feature is turned off all the same, so that the time begins to run.
    /// - Returns: The version without the feature.
    /// - Throws: `.notFound` if the table does not have it, `.failedPrecondition` saying what still needs it or how
    ///   long to wait.
    @discardableResult
    package func dropFeature(_ feature: String, truncateHistory: Bool = false) async throws -> CommitResult {
        try await naming {
            let base = try await refresh()
            try TableFeatures.checkWritable(base.snapshot)
            var removal = try FeatureRemoval(feature, from: base.snapshot)
            if removal.leavesHistory {
                if truncateHistory {
                    try await removeHistory(of: feature, removal, base)
                } else if feature == "checkpointProtection" {
                    throw TarnError(
                        .failedPrecondition,
                        """
                        The feature checkpointProtection guards older versions of the table; it can only be dropped \
                        together with them: add TRUNCATE HISTORY.
                        """,
                        context: [("feature", feature)])
                } else {
                    removal.protectHistory(before: base.snapshot.version + 1)
                }
            }
            let result = try await commit(removal, feature, truncateHistory, on: base)
            if removal.leavesHistory || feature == "v2Checkpoint" {
                // From here on no reader needs what is older.
                try await checkpoint(try await refresh().snapshot)
            }
            return result
        }
    }

    private func commit(
        _ removal: FeatureRemoval, _ feature: String, _ truncates: Bool, on base: LoadedTable
    ) async throws -> CommitResult {
        var info = commitInfo(operation: "DROP FEATURE", readVersion: base.snapshot.version, .none)
        info.isBlindAppend = false
        info.operationMetrics = [:]
        info.operationParameters = ["featureName": .string(feature), "truncateHistory": .bool(truncates)]
        var builder = CommitBuilder(
            info: info, tableProtocol: removal.tableProtocol, metadata: removal.metadata)
        for domain in removal.removedDomains { builder.record(domain) }
        return try await commit(PreparedCommit(builder, reads: .wholeTable), on: base)
    }

    /// Removes the log before the newest version, if nothing in it that shows the feature is young.
    private func removeHistory(
        of feature: String, _ removal: FeatureRemoval, _ base: LoadedTable
    ) async throws {
        let snapshot = base.snapshot
        let retention = TableProperties(snapshot.configuration).dropFeatureRetentionMilliseconds
        let cutoff = context.time.nowMilliseconds() - retention
        if TableFeatures.isActive(feature, snapshot), removal.metadata != snapshot.metadata {
            try await turnOff(feature, removal, base)
            throw tooYoung(feature, retention)
        }
        for entry in try await history() {
            guard let bytes = try await LogReader(self).bytes(ofCommit: entry.version) else { break }
            let commit = try CommitFile.parse(bytes, version: entry.version)
            if FeatureRemoval.isTrace(of: feature, in: commit) {
                if entry.timestampMilliseconds > cutoff { throw tooYoung(feature, retention) }
                break
            }
        }
        try await checkpoint(snapshot)
        let old = try await LogReader(self).listing().entries(before: snapshot.version)
        for entry in old { try await store.delete(try LogFolder.file(entry.fileName)) }
    }

    private func turnOff(_ feature: String, _ removal: FeatureRemoval, _ base: LoadedTable) async throws {
        var info = commitInfo(operation: "UNSET TBLPROPERTIES", readVersion: base.snapshot.version, .none)
        info.isBlindAppend = false
        info.operationMetrics = [:]
        let builder = CommitBuilder(info: info, metadata: removal.metadata)
        _ = try await commit(PreparedCommit(builder, reads: .wholeTable), on: base)
    }

    private func tooYoung(_ feature: String, _ retention: Int64) -> TarnError {
        TarnError(
            .failedPrecondition,
            """
            The history of the feature \(feature) cannot be removed yet: it is turned off, but versions that show it \
            are younger than \(retention / 3_600_000) hours, and somebody may be reading them. Repeat the statement \
            after that time (delta.dropFeatureTruncateHistory.retentionDuration).
            """,
            context: [("feature", feature)])
    }
}
