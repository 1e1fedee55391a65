import Base
import CDuckDB
import Synchronization

/// Lets other threads interrupt what a connection runs, and never anything else: not the next job, and not a
/// connection that is gone.
final class Interrupter: Sendable {
    private struct State: @unchecked Sendable {
        var connection: duckdb_connection?
        var job: JobToken?
        var isClosed = false
    }
    private let state = Mutex(State())

    func attach(_ connection: duckdb_connection?) {
        let box = ConnectionBox(connection)
        state.withLock { $0.connection = box.connection }
    }

    func begin(_ job: JobToken) throws(TarnError) {
        let isClosed = state.withLock { state in
            state.job = job
            return state.isClosed
        }
        if isClosed {
            end()
            throw TarnError(.failedPrecondition, "The engine is closed.")
        }
        if job.isCancelled {
            end()
            throw JobToken.error
        }
    }

    func end() { state.withLock { $0.job = nil } }

    /// The job's token is set first: `check` after a statement has begun then sees what DuckDB, which clears its
    /// own mark as the statement begins, would forget.
    func cancel(_ job: JobToken) {
        job.cancel()
        state.withLock { state in
            if state.job === job, let connection = state.connection { duckdb_interrupt(connection) }
        }
    }

    /// Interrupts whatever job runs now.
    func interrupt() {
        if let job = state.withLock({ $0.job }) { cancel(job) }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        interrupt()
    }

    /// - Throws: `.cancelled` if the job that runs now was cancelled.
    func check() throws(TarnError) {
        if state.withLock({ $0.job?.isCancelled ?? false }) { throw JobToken.error }
    }

    var progress: Double? {
        state.withLock { state in
            guard state.job != nil, let connection = state.connection else { return nil }
            let percentage = duckdb_query_progress(connection).percentage
            return percentage < 0 ? nil : percentage / 100
        }
    }

    private struct ConnectionBox: @unchecked Sendable {
        let connection: duckdb_connection?
        init(_ connection: duckdb_connection?) { self.connection = connection }
    }
}
