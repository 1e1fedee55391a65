import Base
import Metastore

/// Gathers changes and writes them behind the statements that made them: within 100 ms, or from 500 rows on.
///
/// What cannot be written is dropped and counted: lineage never makes a statement fail or wait.
actor LineageWriter {
    static let delay: Duration = .milliseconds(100)
    static let largestBatch = 500

    private let metastore: Metastore
    private let time: any TimeSource
    private var pending = PendingLineage()
    private var timer: Task<Void, Never>?
    private var running: Task<Void, Never>?
    private var isClosed = false
    /// Changes that could not be written.
    private(set) var droppedCount = 0

    init(_ metastore: Metastore, time: any TimeSource) {
        self.metastore = metastore
        self.time = time
    }

    func add(_ change: LineageChange) {
        guard !isClosed else {
            droppedCount += 1
            return
        }
        // The bound while the metastore is kept busy by somebody else.
        guard pending.count < 100 * Self.largestBatch else {
            droppedCount += 1
            return
        }
        pending.add(change)
        if pending.count >= Self.largestBatch {
            startFlush()
        } else if timer == nil {
            timer = Task { [weak self, time] in
                guard (try? await time.waitInBackground(for: Self.delay)) != nil else { return }
                await self?.timerFired()
            }
        }
    }

    private func timerFired() {
        timer = nil
        startFlush()
    }

    private func startFlush() {
        guard running == nil, !pending.isEmpty else { return }
        running = Task { await self.writeAll() }
    }

    private func writeAll() async {
        while !pending.isEmpty {
            let batch = pending
            pending = PendingLineage()
            do { try await metastore.write { try batch.write(to: $0) } } catch {
                droppedCount += batch.count
            }
        }
        running = nil
    }

    /// Returns when everything that was added before is written.
    func flush() async {
        startFlush()
        await running?.value
    }

    func close() async {
        isClosed = true
        timer?.cancel()
        timer = nil
        await flush()
    }
}
