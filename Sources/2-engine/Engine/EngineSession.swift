import Base
import Synchronization

/// A session borrowed from a pool: one connection on a thread of its own.
///
/// Calls hop to that thread and back; several statements in a row are faster inside one `run`. Temporary tables,
/// settings and open transactions live as long as the session is borrowed; the next borrower finds none of them.
package final class EngineSession: Sendable {
    private let thread: SessionThread
    private let slot: ConnectionSlot

    init(name: String, database: DatabaseHandle) {
        thread = SessionThread(name: name)
        slot = ConnectionSlot(database: database)
    }

    /// Runs all of `body` on the session's thread; cancelling the task interrupts the statement that runs.
    ///
    /// - Throws: What `body` throws; `.cancelled` if the task was cancelled, and the session stays usable.
    package func run<T: Sendable>(
        _ body: @escaping @Sendable (EngineConnection) throws -> T
    ) async throws -> T {
        try await run(forgetting: false, body)
    }

    /// With `forgetting`, state is dropped as soon as `body` is done, which saves the pool a hop.
    func run<T: Sendable>(
        forgetting: Bool, _ body: @escaping @Sendable (EngineConnection) throws -> T
    ) async throws -> T {
        let token = JobToken()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                thread.submit { [slot] in
                    let result = Result { try slot.use(token, body) }
                    if forgetting { slot.forgetState() }
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            slot.interrupter.cancel(token)
        }
    }

    /// Runs one statement for its effect.
    ///
    /// - Returns: The rows that it changed; 0 for a statement that changes none.
    @discardableResult
    package func execute(_ sql: String, _ parameters: [EngineValue] = []) async throws -> Int64 {
        try await run { try $0.execute(sql, parameters).changedRowCount }
    }

    /// Calls `body` with each chunk of the result, on the session's thread; not more than a few chunks are held.
    package func forEachChunk(
        _ sql: String, _ parameters: [EngineValue] = [],
        _ body: @escaping @Sendable (EngineChunk) throws -> Void
    ) async throws {
        try await run { connection in
            let result = try connection.stream(sql, parameters)
            while let chunk = try result.nextChunk() { try body(chunk) }
        }
    }

    /// How far the running statement is, from 0 to 1; `nil` where DuckDB cannot tell.
    ///
    /// Needs `EngineSettings.tracksProgress`. May be asked from any thread.
    package var progress: Double? { slot.interrupter.progress }

    /// Makes the session as new; called by the pool before the next borrower, whatever became of the task.
    func reset() async {
        guard slot.mayHoldState else { return }
        await withCheckedContinuation { continuation in
            thread.submit { [slot] in
                slot.forgetState()
                continuation.resume()
            }
        }
    }

    func submit(_ job: @escaping @Sendable () -> Void) { thread.submit(job) }

    func close() {
        slot.interrupter.close()
        thread.submit { [slot] in slot.drop() }
        thread.close()
    }
}

/// The connection of a session; touched on the session's thread only.
final class ConnectionSlot: @unchecked Sendable {
    let interrupter = Interrupter()
    private let database: DatabaseHandle
    private var connection: EngineConnection?
    private let usedSinceReset = Atomic<Bool>(false)

    init(database: DatabaseHandle) { self.database = database }

    func use<T>(_ token: JobToken, _ body: (EngineConnection) throws -> T) throws -> T {
        try interrupter.begin(token)
        defer { interrupter.end() }
        let connection = try existing()
        usedSinceReset.store(true, ordering: .releasing)
        do {
            return try body(connection)
        } catch {
            // Whatever broke because of the interrupt, the caller gets one clear answer.
            if token.isCancelled { throw JobToken.error }
            throw error
        }
    }

    var mayHoldState: Bool { usedSinceReset.load(ordering: .acquiring) }

    func forgetState() {
        usedSinceReset.store(false, ordering: .releasing)
        if connection?.forgetState() == false { connection = nil }
    }

    func drop() { connection = nil }

    private func existing() throws(TarnError) -> EngineConnection {
        if let connection { return connection }
        let made = try EngineConnection(database: database, interrupter: interrupter)
        connection = made
        return made
    }
}
