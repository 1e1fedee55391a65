import Base
import Catalog
import Synchronization

/// The statements that clients may still ask about.
///
/// Bounded in number and in bytes: the oldest finished ones go first, and all go after the retention time.
final class StatementBook: Sendable {
    private struct State {
        /// In the order in which they came.
        var order: [String] = []
        var records: [String: StatementRecord] = [:]
    }
    private let state = Mutex(State())
    private let retentionMicroseconds: Int64
    private let maximumCount: Int
    private let maximumRunning: Int
    private let maximumBytes: Int64

    init(
        retentionSeconds: Int, maximumCount: Int = 1000, maximumRunning: Int = 200,
        maximumBytes: Int64 = 256 << 20
    ) {
        retentionMicroseconds = Int64(retentionSeconds) * 1_000_000
        self.maximumCount = maximumCount
        self.maximumRunning = maximumRunning
        self.maximumBytes = maximumBytes
    }

    /// Takes a new statement in.
    ///
    /// - Throws: `.resourceExhausted` if too many run.
    func add(_ record: StatementRecord, now: Int64) throws(TarnError) {
        let isFull = state.withLock { state in
            trim(&state, now: now)
            let running = state.records.values.count { !$0.snapshot.phase.isFinal }
            if running >= maximumRunning { return true }
            state.order.append(record.id)
            state.records[record.id] = record
            return false
        }
        if isFull {
            throw TarnError(
                .resourceExhausted,
                "\(maximumRunning) statements are running or waiting already; try again when some have ended.",
                isRetryable: true)
        }
    }

    /// - Throws: `.notFound` if there never was such a statement, if it is another's, or if its result is no longer kept.
    func record(_ id: String, of principal: Principal, now: Int64) throws(TarnError) -> StatementRecord {
        let record = state.withLock { state in
            trim(&state, now: now)
            return state.records[id].flatMap { $0.principalID == principal.id ? $0 : nil }
        }
        guard let record else {
            throw TarnError(
                .notFound,
                "There is no statement \(id). Results are kept for \(retentionMicroseconds / 1_000_000) seconds.",
                context: [("statement_id", id)])
        }
        return record
    }

    /// Statements that have not ended, to be cancelled when the server ends.
    var unfinished: [StatementRecord] {
        state.withLock { $0.records.values.filter { !$0.snapshot.phase.isFinal } }
    }

    private func trim(_ state: inout State, now: Int64) {
        var ended: [(id: String, endedAt: Int64, bytes: Int64)] = []
        for id in state.order {
            guard let snapshot = state.records[id]?.snapshot, let endedAt = snapshot.endedMicroseconds else {
                continue
            }
            ended.append((id, endedAt, snapshot.rows.byteCount))
        }
        var count = state.order.count
        var bytes = ended.reduce(0) { $0 + $1.bytes }
        var gone: Set<String> = []
        for entry in ended {
            let isOld = now - entry.endedAt > retentionMicroseconds
            if !isOld, count < maximumCount, bytes <= maximumBytes { continue }
            gone.insert(entry.id)
            count -= 1
            bytes -= entry.bytes
        }
        if gone.isEmpty { return }
        state.order.removeAll { gone.contains($0) }
        for id in gone { state.records[id] = nil }
    }
}
