import Base
import Synchronization

/// Statements of this process that have met a conflict on one table, one after the other.
///
/// Two that disturb each other would go on disturbing each other if both ran again at once. In turn, each has only
/// newcomers and other processes against it.
final class RetryTurns: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var isTaken = false
        var waiters: [Waiter] = []
        var nextID: UInt64 = 0
    }
    private let state = Mutex(State())

    /// Set while the task has a turn, so that a statement within a statement does not wait for itself.
    @TaskLocal private static var held: ObjectIdentifier?

    /// Runs `body` when those who came before are done.
    ///
    /// - Throws: What `body` throws; `.cancelled` if the task was cancelled while it waited.
    func take<T>(_ body: () async throws -> T) async throws -> T {
        if Self.held == ObjectIdentifier(self) { return try await body() }
        try await begin()
        defer { end() }
        return try await Self.$held.withValue(ObjectIdentifier(self)) { try await body() }
    }

    private func begin() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = Task.isCancelled
                let goesOn = state.withLock { state in
                    if isCancelled { return false }
                    if state.isTaken {
                        state.waiters.append(Waiter(id: id, continuation: continuation))
                        return false
                    }
                    state.isTaken = true
                    return true
                }
                if isCancelled { continuation.resume(throwing: Self.cancelled) }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: Self.cancelled)
        }
    }

    private func end() {
        let next = state.withLock { state in
            if state.waiters.isEmpty {
                state.isTaken = false
                return Optional<Waiter>.none
            }
            return state.waiters.removeFirst()
        }
        next?.continuation.resume()
    }

    private static var cancelled: TarnError {
        TarnError(.cancelled, "The statement was cancelled while it waited to be repeated.")
    }
}
