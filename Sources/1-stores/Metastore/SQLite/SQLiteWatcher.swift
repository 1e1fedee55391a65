import Base
import GRDB
import Synchronization

/// A connection that never writes, so that SQLite tells it of every other connection's commits.
///
/// It has a thread of its own: SQLite may have to wait for a moment, and statements outside of a transaction cost a
/// hundredth of GRDB's reads.
final class SQLiteWatcher: Sendable {
    private let thread = BlockingPool(name: "tarn-watch", threadCount: 1)
    private let queue: DatabaseQueue
    /// GRDB would use a connection that is closed.
    private let isClosed = Mutex(false)

    init(_ queue: DatabaseQueue) { self.queue = queue }

    /// Another number after every commit of another connection, whichever process has it.
    func version() async throws -> Int64 {
        try await thread.run {
            try self.isClosed.withLock { isClosed in
                if isClosed { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
                return try self.queue.unsafeReentrantRead { db in
                    let statement = try db.cachedStatement(sql: "PRAGMA data_version")
                    return try Int64.fetchOne(statement) ?? 0
                }
            }
        }
    }

    func close() throws {
        try isClosed.withLock { isClosed in
            isClosed = true
            try queue.close()
        }
    }
}
