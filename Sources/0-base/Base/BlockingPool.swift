import Foundation
import Synchronization

/// A fixed number of threads for calls that block, so that they never hold one of Swift's cooperative threads.
///
/// Work runs in the order in which it came; the queue is bounded only by the callers that await it.
package final class BlockingPool: Sendable {
    private let queue = Queue()
    package let threadCount: Int

    /// Starts the threads at once.
    ///
    /// - Parameters:
    ///   - name: Shown by debuggers and `top -H`; at most 15 bytes are kept.
    ///   - threadCount: At least 1.
    package init(name: String, threadCount: Int) {
        self.threadCount = max(1, threadCount)
        for _ in 0..<self.threadCount {
            let thread = Thread { [queue] in
                while let job = queue.take() { job() }
            }
            thread.name = name
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// For file system calls of the whole process.
    package static let files = BlockingPool(name: "tarn-files", threadCount: 4)

    /// Runs `body` on one of the pool's threads.
    package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `body` for 0..<count on all threads; results in order.
    ///
    /// The first error wins and stops the rest.
    package func map<T: Sendable>(
        count: Int, _ body: @escaping @Sendable (Int) throws -> T
    ) async throws -> [T] {
        if count == 0 { return [] }
        let batches = Batches(count: count)
        let workers = min(threadCount, count)
        let parts = try await withThrowingTaskGroup(of: [(Int, T)].self) { group in
            for _ in 0..<workers {
                group.addTask {
                    try await self.run {
                        var part: [(Int, T)] = []
                        part.reserveCapacity(count / workers + 16)
                        while let batch = batches.next() {
                            for index in batch {
                                do { part.append((index, try body(index))) } catch {
                                    batches.stop()
                                    throw error
                                }
                            }
                        }
                        return part
                    }
                }
            }
            var all: [(Int, T)] = []
            all.reserveCapacity(count)
            for try await part in group { all.append(contentsOf: part) }
            return all
        }
        return parts.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Hands out 0..<count, 16 a time: one lock for 16 items.
    private final class Batches: Sendable {
        private let position: Mutex<Int>
        private let count: Int

        init(count: Int) {
            self.count = count
            position = Mutex(0)
        }

        func next() -> Range<Int>? {
            position.withLock { next in
                if next >= count { return nil }
                defer { next += 16 }
                return next..<min(next + 16, count)
            }
        }

        func stop() { position.withLock { $0 = count } }
    }

    private func submit(_ job: @escaping @Sendable () -> Void) { queue.add(job) }

    deinit { queue.close(threadCount: threadCount) }

    /// The jobs that wait; shared by the pool and its threads, so that a pool that is let go ends its threads.
    private final class Queue: Sendable {
        private struct State {
            var jobs: [@Sendable () -> Void] = []
            var head = 0
        }
        private let state = Mutex(State())
        private let wake = DispatchSemaphore(value: 0)

        func add(_ job: @escaping @Sendable () -> Void) {
            state.withLock { $0.jobs.append(job) }
            wake.signal()
        }

        /// Waits for a job; `nil` once the pool is closed and nothing is left to do.
        func take() -> (@Sendable () -> Void)? {
            wake.wait()
            return state.withLock { state in
                guard state.head < state.jobs.count else { return nil }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head == state.jobs.count {
                    state.jobs.removeAll(keepingCapacity: true)
                    state.head = 0
                } else if state.head > 1024 {
                    state.jobs.removeFirst(state.head)
                    state.head = 0
                }
                return job
            }
        }

        func close(threadCount: Int) {
            for _ in 0..<threadCount { wake.signal() }
        }
    }
}
