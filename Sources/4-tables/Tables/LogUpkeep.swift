import Base
import Synchronization

/// What the house does to a table's log after a commit: checkpoint, clean-up, compaction, checksum.
///
/// None of it is part of the commit: a failure is told to `TableContext.warn`, and the next due time tries again.
/// Table properties say when something is due; here the owner of the house turns kinds of work off, or moves all of it
/// behind the commits, so that no writer waits for it.
package struct LogUpkeep: Sendable {
    /// Whether checkpoints are written when they are due (`delta.checkpointInterval`).
    package var writesCheckpoints = true
    /// Whether expired log files go after a checkpoint; the property `delta.enableExpiredLogCleanup` must agree.
    package var cleansLog = true
    /// Whether each commit is followed by its version checksum.
    package var writesChecksums = true
    /// So many commits each are also written as one compacted file; 0, the default, writes none.
    package var compactionInterval: Int64 = 0
    /// Runs the work behind the commits; `nil` runs it before the commit returns.
    package var background: BackgroundWork?

    package init() {}
}

/// Work that goes on after its cause has returned: at most one piece a key runs, and one waits.
///
/// A piece that comes while another one of its key waits takes its place: a checkpoint of version 120 makes the one of
/// 110 superfluous. `drain` waits for all of it, before the engine is closed.
package final class BackgroundWork: Sendable {
    package typealias Work = @Sendable () async -> Void

    private struct State {
        var running: [String: Task<Void, Never>] = [:]
        var waiting: [String: Work] = [:]
        var isClosed = false
    }
    private let state = Mutex(State())

    package init() {}

    /// Starts the work, or makes it the one that comes next for its key.
    ///
    /// - Returns: `false` if the house is closing: then the work is not done.
    @discardableResult
    package func submit(_ key: String, _ work: @escaping Work) -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            if state.running[key] != nil {
                state.waiting[key] = work
            } else {
                state.running[key] = Task { await self.run(key, work) }
            }
            return true
        }
    }

    private func run(_ key: String, _ first: @escaping Work) async {
        var next: Work? = first
        while let work = next {
            await work()
            next = state.withLock { state in
                let waiting = state.waiting.removeValue(forKey: key)
                if waiting == nil { state.running[key] = nil }
                return waiting
            }
        }
    }

    /// Waits until everything that was submitted is done.
    package func drain() async {
        while let task = state.withLock({ $0.running.values.first }) { await task.value }
    }

    /// Takes no more work, and waits for what there is.
    package func close() async {
        state.withLock { $0.isClosed = true }
        await drain()
    }
}
