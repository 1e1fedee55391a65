import Base
import Foundation

/// A schema of a PostgreSQL database: several processes, on several machines, see one metastore.
///
/// Readers each see one moment (repeatable read). Writers of all processes come one after the other, as with SQLite, by
/// an advisory lock; each leaves a new version and its own number in the same transaction, from which others see that
/// something changed, and it sees itself whether it was committed when the connection broke just then.
final class PostgresStore: MetastoreStore {
    let location: PostgresLocation
    private let busyTimeout: Duration
    private let readers: PostgresPool
    private let writer: PostgresPool
    private let watcher: PostgresPool

    private init(_ location: PostgresLocation, busyTimeout: Duration) {
        self.location = location
        self.busyTimeout = busyTimeout
        readers = PostgresPool(location, name: "tarn-pg-read", size: location.poolSize)
        writer = PostgresPool(location, name: "tarn-pg-write", size: 1)
        watcher = PostgresPool(location, name: "tarn-pg-watch", size: 1)
    }

    static func open(
        _ location: PostgresLocation, migrations: [MetastoreMigration], busyTimeout: Duration
    ) async throws -> PostgresStore {
        let store = PostgresStore(location, busyTimeout: busyTimeout)
        do { try await store.migrate(migrations) } catch {
            store.close()
            throw error
        }
        return store
    }

    // MARK: Reading

    func read<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws -> T {
        try await readers.run { [readers] connection in
            do { return try Self.read(connection, body) } catch  where connection.isLost {
                connection = try readers.replacement()
                return try Self.read(connection, body)
            }
        }
    }

    private static func read<T>(
        _ connection: PostgresConnection, _ body: (MetastoreConnection) throws -> T
    ) throws -> T {
        _ = try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        do {
            let result = try body(MetastoreConnection(driver: PostgresDriver(connection)))
            // A body that hid the loss of the connection may have seen half of what is there.
            _ = try connection.query("COMMIT")
            return result
        } catch {
            if !connection.isLost { _ = try? connection.query("ROLLBACK") }
            throw error
        }
    }

    // MARK: Writing

    func write<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws -> T {
        try await writer.run { [self] connection in
            try begin(&connection)
            return try finish(&connection, body)
        }
    }

    /// Begins a transaction and waits until no other writer is left.
    func begin(_ connection: inout PostgresConnection) throws {
        let (seconds, attoseconds) = busyTimeout.components
        let milliseconds = max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        let sql = """
            BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout TO \(milliseconds);
            SELECT pg_advisory_xact_lock(\(lockNumber));
            """
        do { _ = try connection.query(sql) } catch {
            guard connection.isLost else {
                _ = try? connection.query("ROLLBACK")
                throw error
            }
            // Nothing has been done yet. A server that was restarted has cut all connections.
            connection = try writer.replacement()
            _ = try connection.query(sql)
        }
    }

    /// Runs `body` in the transaction that has begun, and commits.
    func finish<T>(
        _ connection: inout PostgresConnection, _ body: (MetastoreConnection) throws -> T
    ) throws -> T {
        let result: T
        let mark: CommitMark?
        do {
            let driver = PostgresDriver(connection)
            result = try body(MetastoreConnection(driver: driver))
            guard connection.isInTransaction else {
                if connection.isLost { throw PostgresError(state: "", isConnectionLost: true) }
                throw TarnError(
                    .internal, "Cannot write to the metastore: a statement failed and the write went on.")
            }
            mark = driver.hasChanged ? try CommitMark.leave(connection) : nil
        } catch {
            if !connection.isLost { _ = try? connection.query("ROLLBACK") }
            throw error
        }
        do { _ = try connection.query("COMMIT") } catch {
            guard connection.isLost else { throw error }
            guard let mark else { return result }
            try settle(mark, &connection)
        }
        return result
    }

    /// Finds out what became of a transaction whose connection broke while it was being committed.
    ///
    /// Whoever holds the writers' lock knows that the transaction has ended, for it held the lock itself.
    ///
    /// - Throws: Unless it was committed.
    private func settle(_ mark: CommitMark, _ connection: inout PostgresConnection) throws {
        switch try? isCommitted(mark, &connection) {
        case true: return
        case false: throw PostgresError(state: "08006", isConnectionLost: true)
        default:
            throw TarnError(
                .storage,
                """
                Cannot tell whether a change of the metastore was made: the connection to its database broke just then. \
                Look whether it is there before you repeat it.
                """, context: [("outcome", "unknown")])
        }
    }

    private func isCommitted(_ mark: CommitMark, _ connection: inout PostgresConnection) throws -> Bool? {
        connection = try writer.replacement()
        try begin(&connection)
        let answer = try mark.isCommitted(connection)
        _ = try connection.query("ROLLBACK")
        return answer
    }

    /// Different for each schema of a database; advisory locks do not reach beyond the database.
    private var lockNumber: Int64 {
        // FNV-1a.
        let hash = ("tarn metastore " + location.schema).utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }

    // MARK: Changes

    func currentChangeToken() async throws -> MetastoreChangeToken {
        try await watcher.run { [watcher] connection in
            do { return try CommitMark.latest(connection) } catch  where connection.isLost {
                connection = try watcher.replacement()
                return try CommitMark.latest(connection)
            }
        }
    }

    func close() {
        readers.close()
        writer.close()
        watcher.close()
    }

    // MARK: Migrations

    private func migrate(_ migrations: [MetastoreMigration]) async throws {
        try await writer.run { [self] connection in
            let known = migrations.map(\.name)
            let before = try? PostgresMigrations.applied(connection)
            if let before, try PostgresMigrations.missing(known, before).isEmpty { return }
            try begin(&connection)
            let migrated = connection
            try finish(&connection) { db in
                try PostgresMigrations.prepare(db, migrated, schema: location.schema)
                let missing = try PostgresMigrations.missing(known, PostgresMigrations.applied(migrated))
                for migration in migrations where missing.contains(migration.name) {
                    try migration.migrate(db)
                    try db.execute("INSERT INTO metastore_migrations (name) VALUES (?)", [migration.name])
                }
            }
            try connection.forgetStatements()
        }
    }
}
