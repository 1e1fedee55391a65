package import Base
internal import GRDB
import Glibc
import Synchronization

/// The small facts of a lakehouse: catalog, feature definitions, grants; in one SQLite file.
///
/// ```swift
/// let metastore = try await Metastore.open(path: home + "/metastore.sqlite", migrations: CatalogMigrations.all)
/// let count = try await metastore.read { db -> Int? in try db.value("SELECT count(*) FROM catalog_tables") }
/// ```
///
/// Rooms above keep their SQL in files of their own. Several processes may have the file open: readers never wait, and
/// writers wait for each other up to the busy timeout. A write that returned is durable, one that failed left nothing.
package final class Metastore: Sendable {
    private let pool: any DatabaseWriter
    /// Never writes, so that SQLite tells it of every other connection's commits.
    private let watcher: DatabaseQueue?
    private let ownWrites = Mutex<Int64>(0)

    private init(_ pool: any DatabaseWriter, watcher: DatabaseQueue? = nil) {
        self.pool = pool
        self.watcher = watcher
    }

    /// Opens the file, makes it if it is absent, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - path: Of the file, in a folder that exists, on a local disk.
    ///   - migrations: Of all rooms, those of a room in their order. A migration that has run once never runs again, so
    ///     a change is a new one at the end.
    ///   - busyTimeout: How long a writer waits for another process.
    /// - Returns: The open metastore.
    /// - Throws: `.unsupported` when a newer Tarn made tables in it, `.corruptMetadata` when it is no SQLite file.
    package static func open(
        path: String, migrations: [MetastoreMigration], busyTimeout: Duration = .seconds(30)
    ) async throws(TarnError) -> Metastore {
        do {
            return try await BlockingPool.files.run {
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
                return Metastore(pool, watcher: try DatabaseQueue(path: path, configuration: watching))
            }
        } catch {
            throw MetastoreFailure.tarnError(error, doing: "open the metastore")
        }
    }

    /// A metastore that leaves nothing behind, for a lakehouse that is only passing.
    ///
    /// - Parameter migrations: As for `open`.
    /// - Returns: The open metastore.
    /// - Throws: What a migration throws.
    package static func inMemory(migrations: [MetastoreMigration]) async throws(TarnError) -> Metastore {
        do {
            return try await BlockingPool.files.run {
                let queue = try DatabaseQueue(configuration: configuration(.seconds(1)))
                try migrate(queue, migrations)
                return Metastore(queue)
            }
        } catch { throw MetastoreFailure.tarnError(error, doing: "make a metastore in memory") }
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

    private static func migrate(_ pool: any DatabaseWriter, _ migrations: [MetastoreMigration]) throws {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { db in
                try migration.migrate(MetastoreConnection(driver: SQLiteDriver(db)))
            }
        }
        if try pool.read(migrator.hasBeenSuperseded) {
            throw TarnError(
                .unsupported,
                "The metastore was made by a newer version of Tarn. Use that version, or a copy of the home from before."
            )
        }
        try migrator.migrate(pool)
    }

    /// Reads in one transaction, on a connection of its own: what another writes meanwhile is not seen.
    @discardableResult
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws(TarnError) -> T {
        do {
            return try await pool.read { db in try body(MetastoreConnection(driver: SQLiteDriver(db))) }
        } catch {
            throw MetastoreFailure.tarnError(error, doing: "read the metastore")
        }
    }

    /// Writes in one transaction, all or nothing, durable when it returns.
    ///
    /// - Parameter body: May throw a `TarnError`, which goes through as it is and undoes everything.
    /// - Returns: What `body` returned.
    /// - Throws: `.storage` (may be repeated) when another process kept the file busy, `.resourceExhausted` when the disk
    ///   is full.
    @discardableResult
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws(TarnError) -> T {
        do {
            let result = try await pool.write { db in
                try body(MetastoreConnection(driver: SQLiteDriver(db)))
            }
            ownWrites.withLock { $0 += 1 }
            return result
        } catch {
            throw MetastoreFailure.tarnError(error, doing: "write to the metastore")
        }
    }

    /// A value that is another one after every committed write, by this process or any other.
    ///
    /// What was read from the metastore after a token was taken is still true as long as the token is the same.
    package func changeToken() async throws(TarnError) -> MetastoreChangeToken {
        let own = ownWrites.withLock { $0 }
        guard let watcher else { return MetastoreChangeToken(parts: [own]) }
        do {
            let others = try await watcher.read { db in try Int64.fetchOne(db, sql: "PRAGMA data_version") }
            return MetastoreChangeToken(parts: [own, others ?? 0])
        } catch { throw MetastoreFailure.tarnError(error, doing: "read the metastore") }
    }

    /// Waits for running reads and writes, then closes; later calls fail.
    package func close() throws(TarnError) {
        do {
            try watcher?.close()
            try pool.close()
        } catch {
            throw MetastoreFailure.tarnError(error, doing: "close the metastore")
        }
    }
}

/// One step in the life of the metastore's tables.
package struct MetastoreMigration: Sendable {
    /// Unique over all rooms, for ever: "catalog-1", "features-1".
    package let name: String
    package let migrate: @Sendable (MetastoreConnection) throws -> Void

    package init(_ name: String, _ migrate: @escaping @Sendable (MetastoreConnection) throws -> Void) {
        self.name = name
        self.migrate = migrate
    }

    /// A step that is SQL alone, one or more statements.
    package init(_ name: String, sql: String) {
        self.init(name) { db in try db.script(sql) }
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
