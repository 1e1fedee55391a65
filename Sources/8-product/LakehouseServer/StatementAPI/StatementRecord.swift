import Base
import Synchronization

/// One statement over HTTP: what state it is in, its result, and who waits for it.
final class StatementRecord: Sendable {
    enum Phase: String, Sendable {
        case pending = "PENDING"
        case running = "RUNNING"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case cancelled = "CANCELED"

        var isFinal: Bool { self != .pending && self != .running }
    }

    struct Snapshot: Sendable {
        var phase = Phase.pending
        var rows = ChunkedRows()
        var error: TarnError?
        /// `nil` while it runs.
        var endedMicroseconds: Int64?
    }

    private struct State {
        var now = Snapshot()
        var task: Task<Void, Never>?
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    let id: String
    /// Who submitted it; nobody else may ask about it.
    let principalID: String
    private let state = Mutex(State())

    init(id: String, principalID: String) {
        self.id = id
        self.principalID = principalID
    }

    var snapshot: Snapshot { state.withLock { $0.now } }

    func start(_ task: Task<Void, Never>) {
        let isOver = state.withLock { state in
            state.task = task
            return state.now.phase.isFinal
        }
        if isOver { task.cancel() }
    }

    /// Tells whether the statement may begin: it may have been cancelled before.
    func begin() -> Bool {
        state.withLock { state in
            if state.now.phase == .pending { state.now.phase = .running }
            return state.now.phase == .running
        }
    }

    /// Ends the statement, unless it has ended already; tells whether this call ended it.
    func end(_ phase: Phase, rows: ChunkedRows = ChunkedRows(), error: TarnError? = nil, at time: Int64)
        -> Bool
    {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            if state.now.phase.isFinal { return nil }
            state.now = Snapshot(phase: phase, rows: rows, error: error, endedMicroseconds: time)
            state.task = nil
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }

    /// Ends the statement from outside and interrupts what runs.
    ///
    /// Tells whether this call ended it.
    func abort(_ phase: Phase, error: TarnError? = nil, at time: Int64) -> Bool {
        let task = state.withLock { $0.task }
        let isFirst = end(phase, error: error, at: time)
        task?.cancel()
        return isFirst
    }

    /// Waits for the end, at most so long.
    func wait(seconds: Int, time: any TimeSource) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            try? await time.wait(for: .seconds(seconds))
            self.wake(id)
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.now.phase.isFinal { state.waiters[id] = continuation }
                return state.now.phase.isFinal
            }
            if isOver { continuation.resume() }
        }
        timer.cancel()
    }

    private func wake(_ id: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
}
