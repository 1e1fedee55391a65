import Base
import Foundation
import Synchronization

/// Connections to one database and the threads that wait for them, as many of one as of the other.
final class PostgresPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        var isClosed = false
        /// Since when the database has not answered.
        var downSince: ContinuousClock.Instant?
    }

    private let location: PostgresLocation
    private let threads: BlockingPool
    private let state = Mutex(State())
    private let running = DispatchGroup()

    init(_ location: PostgresLocation, name: String, size: Int) {
        self.location = location
        threads = BlockingPool(name: name, threadCount: size)
    }

    /// Runs `body` on a thread of the pool with a connection that nobody else has.
    ///
    /// - Parameter body: May leave the connection in a transaction: that one is then not used again.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws, or what opening a connection does.
    func run<T: Sendable>(_ body: @escaping @Sendable (inout PostgresConnection) throws -> T) async throws
        -> T
    {
        try Task.checkCancellation()
        return try await threads.run {
            try self.enter()
            defer { self.running.leave() }
            var connection = try self.take()
            defer { self.giveBack(connection) }
            return try body(&connection)
        }
    }

    /// A new connection in place of one that was lost; the idle ones are as dead.
    func replacement() throws -> PostgresConnection {
        state.withLock { $0.idle = [] }
        return try connect()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        running.wait()
        state.withLock { $0.idle = [] }
    }

    private func enter() throws {
        try state.withLock { state in
            if state.isClosed { throw PostgresError.closed }
            running.enter()
        }
    }

    private func take() throws -> PostgresConnection {
        if let idle = state.withLock({ $0.idle.popLast() }) { return idle }
        return try connect()
    }

    private func giveBack(_ connection: PostgresConnection) {
        if connection.isLost || !connection.isIdle { return }
        state.withLock { state in
            if !state.isClosed { state.idle.append(connection) }
        }
    }

    /// Connects; while the database restarts or moves, callers wait for it, but not each of them anew.
    private func connect() throws -> PostgresConnection {
        var pause: UInt32 = 20_000
        while true {
            do {
                let connection = try PostgresConnection(location)
                state.withLock { $0.downSince = nil }
                return connection
            } catch let error as PostgresError where error.isUnreachable {
                let now = ContinuousClock.now
                let since = state.withLock { state in
                    let since = state.downSince ?? now
                    state.downSince = since
                    return since
                }
                if now - since > .seconds(location.connectTimeout) || state.withLock({ $0.isClosed }) {
                    throw error
                }
                usleep(pause)
                pause = min(pause * 2, 500_000)
            }
        }
    }
}
