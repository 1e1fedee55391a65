package import Base
import DeltaLake
import ObjectStore

/// What became of a write.
package struct CommitResult: Sendable {
    /// The version that holds the write.
    package let version: Int64
    /// Rows, files and bytes by name, as in `operationMetrics`.
    package let metrics: JSONObject
    /// How many other commits came first and were made room for.
    package let retryCount: Int
    /// The application's transaction had been committed before; nothing was written now.
    package var wasAlreadyCommitted = false

    /// Rows written; the log keeps its metrics as texts.
    package var rowCount: Int64 { metrics["numOutputRows"]?.string.flatMap { Int64($0) } ?? 0 }
}

extension DeltaTable {
    /// More attempts than this mean that something is wrong, not that others are busy.
    private static let attemptLimit = 1000

    /// Makes a commit the table's next version, whatever others commit meanwhile.
    ///
    /// Each attempt writes `base + 1` by put-if-absent. Where another writer was first, its commit is read and checked
    /// against what this one read and changes: a blind append goes on, others only where the protocol allows.
    ///
    /// - Parameters:
    ///   - prepared: The actions, and what they rest on.
    ///   - base: The snapshot that the actions were made for.
    /// - Returns: The version that it became.
    /// - Throws: `.conflict` where another commit makes this one impossible; `.storage` where it is not known whether
    ///   the commit landed.
    func commit(_ prepared: PreparedCommit, on base: LoadedTable?) async throws -> CommitResult {
        var attempt = CommitAttempt(prepared, on: base, of: self)
        for losses in 0..<Self.attemptLimit {
            let version = attempt.version
            let builder = try await attempt.actions()
            let bytes = builder.bytes()
            switch try await put(bytes, builder.info?.transactionID, as: version) {
            case .landed:
                if let snapshot = await noteLanded(bytes, version, on: attempt.base)?.snapshot,
                    snapshot.version == version
                {
                    await upkeep(after: snapshot, transactionID: builder.info?.transactionID)
                }
                await compactIfDue(after: builder)
                return CommitResult(
                    version: version, metrics: builder.info?.operationMetrics ?? [:], retryCount: losses)
            case .lostTheRace:
                guard let known = attempt.base else {
                    throw TarnError(
                        .alreadyExists,
                        "Table \(name) exists already: another writer created it at the same moment.",
                        context: [("table", name)])
                }
                // The first loser goes on at once.
                if losses > 0 { try await backOff(losses, unitMilliseconds: 1) }
                let (newer, landed) = try await LogReader(self).refresh(known)
                if newer.snapshot.metadata.id != known.snapshot.metadata.id { throw replaced() }
                if let version = try await attempt.follow(newer, landed) { return .alreadyCommitted(version) }
            }
        }
        throw TarnError(
            .conflict,
            "Table \(name): \(Self.attemptLimit) other commits came first. Write less often or in larger pieces.",
            context: [("table", name)])
    }

    private func replaced() -> TarnError {
        TarnError(
            .conflict, "Table \(name) was dropped and made again meanwhile; nothing was written.",
            context: [("table", name)], isRetryable: true)
    }

    private enum PutOutcome { case landed, lostTheRace }

    private func put(_ bytes: [UInt8], _ transactionID: String?, as version: Int64) async throws -> PutOutcome
    {
        let path = try LogFolder.commit(version)
        do {
            try await store.put(path, bytes, mode: .ifAbsent)
            return .landed
        } catch {
            switch error {
            case .alreadyExists: return .lostTheRace
            case .outcomeUnknown:
                guard let isOurs = await holds(transactionID, version) else { throw error }
                return isOurs ? .landed : .lostTheRace
            default: throw error
            }
        }
    }

    /// Whether a version is the commit of this random id; `nil` where the version is not there or cannot be read.
    private func holds(_ transactionID: String?, _ version: Int64) async -> Bool? {
        guard let transactionID, let bytes = try? await LogReader(self).bytes(ofCommit: version) else {
            return nil
        }
        let landed = try? CommitFile.parse(bytes, version: version, keepsCommitInfo: true)
        return landed.map { $0.commitInfo?.transactionID == transactionID }
    }

    /// Brings the cached snapshot to the version just written, from the bytes at hand.
    ///
    /// A failure here is no failure to commit: the next refresh reads what is there.
    private func noteLanded(_ bytes: [UInt8], _ version: Int64, on base: LoadedTable?) async -> LoadedTable? {
        do {
            let commit = try CommitFile.parse(bytes, version: version)
            let modified = try await store.head(try LogFolder.commit(version))?.modifiedMicroseconds ?? 0
            let snapshot: DeltaSnapshot
            if let base {
                snapshot = try base.snapshot.applying([commit], timestampMilliseconds: modified / 1000)
            } else {
                var builder = SnapshotBuilder()
                try builder.apply(commit)
                snapshot = try builder.finish(timestampMilliseconds: modified / 1000)
            }
            return cache.keep(latest: LoadedTable(snapshot: snapshot, commitModifiedMicroseconds: modified))
        } catch {
            context.warn(
                "Table \(name): version \(version) is committed, but could not be read back: \(error)")
            return nil
        }
    }
}
