import Synchronization

/// Lets callers that ask at the same time share one look at the store.
///
/// A caller that comes while a look is under way waits for the next one, since the one under way may have happened
/// before a write that he already knows of. So each answer is at least as new as its question, and however many ask,
/// at most one look runs and one is due.
final class ChangeWatch: Sendable {
    private typealias Waiter = CheckedContinuation<MetastoreChangeToken, any Error>
    private struct State {
        var isLooking = false
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())
    private let look: @Sendable () async throws -> MetastoreChangeToken

    init(_ look: @escaping @Sendable () async throws -> MetastoreChangeToken) { self.look = look }

    func token() async throws -> MetastoreChangeToken {
        try await withCheckedThrowingContinuation { waiter in
            let starts = state.withLock { state in
                state.waiting.append(waiter)
                defer { state.isLooking = true }
                return !state.isLooking
            }
            if starts { Task.detached { await self.serve() } }
        }
    }

    private func serve() async {
        while let waiters = next() {
            let result: Result<MetastoreChangeToken, any Error>
            do { result = .success(try await look()) } catch { result = .failure(error) }
            for waiter in waiters { waiter.resume(with: result) }
        }
    }

    private func next() -> [Waiter]? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isLooking = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
