package import Base

/// The small facts of a lakehouse: catalog, feature definitions, grants; in an SQLite file or in PostgreSQL.
///
/// ```swift
/// let metastore = try await Metastore.open(.file(home + "/metastore.sqlite"), migrations: CatalogMigrations.all)
/// let count = try await metastore.read { db -> Int? in try db.value("SELECT count(*) FROM catalog_securables") }
/// ```
///
/// Rooms above keep their SQL in files of their own. Several processes may have the same metastore open: readers never
/// wait, and writers wait for each other up to the busy timeout. A write that returned is durable, one that failed left
/// nothing. docs/metastore.md tells what differs between the stores.
package final class Metastore: Sendable {
    let store: any MetastoreStore
    private let watch: ChangeWatch

    private init(_ store: any MetastoreStore) {
        self.store = store
        watch = ChangeWatch { try await store.currentChangeToken() }
    }

    /// Opens the metastore, makes it if it is absent, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - location: File, database or memory.
    ///   - migrations: Of all rooms, those of a room in their order. A migration that has run once never runs again, so
    ///     a change is a new one at the end.
    ///   - busyTimeout: How long a writer waits for another process.
    /// - Returns: The open metastore.
    /// - Throws: `.unsupported` when a newer Tarn made tables in it, `.corruptMetadata` when the file is no SQLite file,
    ///   `.storage` (may be repeated) when the database cannot be reached.
    package static func open(
        _ location: MetastoreLocation, migrations: [MetastoreMigration],
        busyTimeout: Duration = .seconds(30)
    ) async throws(TarnError) -> Metastore {
        do {
            switch location {
            case .file(let path):
                return Metastore(
                    try await SQLiteStore.open(path: path, migrations: migrations, busyTimeout: busyTimeout))
            case .postgres(let location):
                return Metastore(
                    try await PostgresStore.open(location, migrations: migrations, busyTimeout: busyTimeout))
            case .memory:
                return Metastore(try await SQLiteStore.inMemory(migrations: migrations))
            }
        } catch {
            throw MetastoreFailure.tarnError(error, doing: "open the metastore")
        }
    }

    /// Opens an SQLite file; as `open(.file(path), ...)`.
    package static func open(
        path: String, migrations: [MetastoreMigration], busyTimeout: Duration = .seconds(30)
    ) async throws(TarnError) -> Metastore {
        try await open(.file(path), migrations: migrations, busyTimeout: busyTimeout)
    }

    /// A metastore that leaves nothing behind, for a lakehouse that is only passing.
    package static func inMemory(migrations: [MetastoreMigration]) async throws(TarnError) -> Metastore {
        try await open(.memory, migrations: migrations)
    }

    /// Reads in one transaction, on a connection of its own: what another writes meanwhile is not seen.
    ///
    /// - Parameter body: Must do nothing but read and compute: when the connection is lost it runs once more.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws; `.storage` (may be repeated) when the database cannot be reached.
    @discardableResult
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws(TarnError) -> T {
        do { return try await store.read(body) } catch {
            throw MetastoreFailure.tarnError(error, doing: "read the metastore")
        }
    }

    /// Writes in one transaction, all or nothing, durable when it returns.
    ///
    /// - Parameter body: May throw a `TarnError`, which goes through as it is and undoes everything. After a statement
    ///   that failed it must throw, or have run that statement in a `savepoint`.
    /// - Returns: What `body` returned.
    /// - Throws: `.storage` (may be repeated, nothing was written) when another process kept the metastore busy or the
    ///   database cannot be reached, `.resourceExhausted` when the disk is full.
    @discardableResult
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (MetastoreConnection) throws -> T
    ) async throws(TarnError) -> T {
        do { return try await store.write(body) } catch {
            throw MetastoreFailure.tarnError(error, doing: "write to the metastore")
        }
    }

    /// A value that is another one after every committed write, by this process or any other.
    ///
    /// What was read from the metastore after a token was taken is still true as long as the token is the same. The
    /// store is asked after each call began, never before; calls that come at the same time share the question.
    package func changeToken() async throws(TarnError) -> MetastoreChangeToken {
        do { return try await watch.token() } catch {
            throw MetastoreFailure.tarnError(error, doing: "read the metastore")
        }
    }

    /// Waits for running reads and writes, then closes; later calls fail.
    package func close() throws(TarnError) {
        do { try store.close() } catch {
            throw MetastoreFailure.tarnError(error, doing: "close the metastore")
        }
    }
}
