import Base
import GRDB
import Glibc
import Synchronization

/// One SQLite file by GRDB: WAL, several processes, every commit on disk.
final class SQLiteStore: MetastoreStore {
    private let pool: any DatabaseWriter
    /// `nil` for one in memory, which nobody else can write.
    private let watcher: SQLiteWatcher?
    private let ownWrites = Mutex<Int64>(0)

    private init(_ pool: any DatabaseWriter, watcher: SQLiteWatcher? = nil) {
        self.pool = pool
        self.watcher = watcher
    }

    static func open(
        path: String, migrations: [MetastoreMigration], busyTimeout: Duration
    ) async throws -> SQLiteStore {
        try await BlockingPool.files.run {
            // Two processes that make the file at once would meet in states in which SQLite does not wait.
            let lock = try OpeningLock(path + "-opening")
            defer { lock.release() }
            let pool = try DatabasePool(path: path, configuration: configuration(busyTimeout))
            try pool.writeWithoutTransaction { db in
                // GRDB opens WAL files with NORMAL, which may lose the last commits in a power cut.
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            try migrate(pool, migrations)
            var watching = configuration(busyTimeout)
            watching.readonly = true
            return SQLiteStore(
                pool, watcher: SQLiteWatcher(try DatabaseQueue(path: path, configuration: watching)))
        }
    }

    static func inMemory(migrations: [MetastoreMigration]) async throws -> SQLiteStore {
        try await BlockingPool.files.run {
            let queue = try DatabaseQueue(configuration: configuration(.seconds(1)))
            try migrate(queue, migrations)
            return SQLiteStore(queue)
        }
    }

    private static func configuration(_ busyTimeout: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "metastore"
        configuration.foreignKeysEnabled = true
        let (seconds, attoseconds) = busyTimeout.components
        configuration.busyMode = .timeout(Double(seconds) + Double(attoseconds) / 1e18)
        configuration.maximumReaderCount = 4
        return configuration
    }

    static func migrate(_ pool: any DatabaseWriter, _ migrations: [MetastoreMigration]) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try migration.migrate(MetastoreConnection(driver: SQLiteDriver(db)))
            }
        }
        if try pool.read(migrator.hasBeenSuperseded) { throw MetastoreFailure.madeByNewerVersion }
        try migrator.migrate(pool)
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws -> T {
        try await pool.read { db in try body(MetastoreConnection(driver: SQLiteDriver(db))) }
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws -> T {
        let result = try await pool.write { db in try body(MetastoreConnection(driver: SQLiteDriver(db))) }
        ownWrites.withLock { $0 += 1 }
        return result
    }

    func currentChangeToken() async throws -> MetastoreChangeToken {
        let own = ownWrites.withLock { $0 }
        guard let watcher else { return MetastoreChangeToken(parts: [own]) }
        return MetastoreChangeToken(parts: [own, try await watcher.version()])
    }

    func close() throws {
        try watcher?.close()
        try pool.close()
    }
}

/// A lock file that processes hold one after the other; the system lets go of it when a process dies.
private struct OpeningLock {
    private let file: Int32

    init(_ path: String) throws {
        file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        if file < 0 || flock(file, LOCK_EX) != 0 {
            throw TarnError(
                .storage,
                "Cannot open the metastore: \(String(cString: strerror(errno))). Check that the home folder exists and is yours."
            )
        }
    }

    func release() { Glibc.close(file) }
}
