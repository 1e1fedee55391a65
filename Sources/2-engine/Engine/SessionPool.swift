import Base
import Synchronization

/// A bounded number of sessions, lent to callers in the order in which they came.
package final class SessionPool: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<EngineSession, any Error>
    }
    private struct State {
        var idle: [EngineSession] = []
        var all: [EngineSession] = []
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
        var isClosed = false
    }
    private let state = Mutex(State())
    private let name: String
    /// The most sessions that are ever open.
    package let size: Int
    private let database: DatabaseHandle

    init(name: String, size: Int, database: DatabaseHandle) {
        self.name = name
        self.size = max(1, size)
        self.database = database
    }

    /// Borrows a session for the time of `body`; waits its turn if all are busy.
    ///
    /// - Throws: What `body` throws; `.cancelled` if the task was cancelled while it waited; `.failedPrecondition`
    ///   once the engine is closed.
    package func withSession<T: Sendable>(
        _ body: @Sendable (EngineSession) async throws -> T
    ) async throws -> T {
        let session = try await borrow()
        do {
            let value = try await body(session)
            await giveBack(session)
            return value
        } catch {
            await giveBack(session)
            throw error
        }
    }

    /// Runs all of `body` on the thread of one session.
    package func onSessionThread<T: Sendable>(
        _ body: @escaping @Sendable (EngineConnection) throws -> T
    ) async throws -> T {
        try await withSession { session in
            try await session.run(forgetting: true, body)
        }
    }

    /// Sessions that nobody has borrowed, open or not yet made.
    package var freeSessionCount: Int {
        state.withLock { size - $0.all.count + $0.idle.count }
    }

    /// Callers that wait for a session.
    package var waitingCount: Int { state.withLock { $0.waiters.count } }

    func close() {
        let (sessions, waiters) = state.withLock { state in
            state.isClosed = true
            defer {
                state.all = []
                state.idle = []
                state.waiters = []
            }
            return (state.all, state.waiters)
        }
        for waiter in waiters { waiter.continuation.resume(throwing: Self.closedError) }
        for session in sessions { session.close() }
    }

    private static var closedError: TarnError { TarnError(.failedPrecondition, "The engine is closed.") }

    private enum Grant {
        case session(EngineSession)
        case wait
        case refused(TarnError)
    }

    private func borrow() async throws -> EngineSession {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                switch grant(id, continuation) {
                case .session(let session): continuation.resume(returning: session)
                case .refused(let error): continuation.resume(throwing: error)
                case .wait: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: JobToken.error)
        }
    }

    private func grant(_ id: UInt64, _ continuation: CheckedContinuation<EngineSession, any Error>) -> Grant {
        state.withLock { state in
            if state.isClosed { return .refused(Self.closedError) }
            // Cancelled before it could wait: the handler has run already and found nothing to remove.
            if Task.isCancelled { return .refused(JobToken.error) }
            if let session = state.idle.popLast() { return .session(session) }
            if state.all.count < size {
                let session = EngineSession(name: "\(name)-\(state.all.count)", database: database)
                state.all.append(session)
                return .session(session)
            }
            state.waiters.append(Waiter(id: id, continuation: continuation))
            return .wait
        }
    }

    private func giveBack(_ session: EngineSession) async {
        await session.reset()
        let waiter = state.withLock { state -> Waiter? in
            if !state.waiters.isEmpty { return state.waiters.removeFirst() }
            if !state.isClosed { state.idle.append(session) }
            return nil
        }
        waiter?.continuation.resume(returning: session)
    }
}
