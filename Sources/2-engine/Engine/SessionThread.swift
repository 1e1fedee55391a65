import Base
import Foundation
import Synchronization

/// A thread that owns one connection and runs one job after another on it.
final class SessionThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(name: String) {
        // The closure holds the thread's own queue, so the thread ends by `close`, never by being let go.
        let thread = Thread { [self] in
            // Only from inside does the name reach the system's own list of threads.
            Thread.current.name = name
            while let job = take() { job() }
        }
        // DuckDB's binder recurses up to `max_expression_depth` (1,000) levels.
        thread.stackSize = 16 << 20
        thread.start()
    }

    func submit(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    /// Ends the thread after the jobs that it has.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    private func take() -> (@Sendable () -> Void)? {
        wake.wait()
        return state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
    }
}

/// Says whether the job it belongs to was cancelled; shared by the job's task and the session's thread.
final class JobToken: Sendable {
    private let flag = Atomic<Bool>(false)
    var isCancelled: Bool { flag.load(ordering: .acquiring) }
    func cancel() { flag.store(true, ordering: .releasing) }

    static var error: TarnError { TarnError(.cancelled, "The statement was cancelled.") }
}
