package import Base
import CDuckDB
import Synchronization

/// One DuckDB instance in memory, and the threads that talk to it.
///
/// ```swift
/// let engine = try Engine(settings: EngineSettings(memoryLimit: "2GB", spillFolder: "/tmp/spill"))
/// let total = try await engine.onSessionThread { connection in
///     let result = try connection.stream("SELECT x FROM range(100) t(x)")
///     var total: Int64 = 0
///     while let chunk = try result.nextChunk() {
///         for value in chunk.column(0).int64s ?? .init(start: nil, count: 0) { total += value }
///     }
///     return total
/// }
/// engine.close()
/// ```
///
/// Each session has a thread of its own, so no DuckDB call ever holds one of Swift's cooperative threads. There are
/// two pools over the one instance: a user's statement keeps a user session busy while the tables that it names are
/// opened through trusted ones, so neither can starve the other.
package final class Engine: Sendable {
    /// Sessions for Tarn's own statements.
    package let trusted: SessionPool
    /// Sessions for statements that a user wrote.
    package let user: SessionPool

    package let settings: EngineSettings
    let database: DatabaseHandle

    var liveRowsRegistry: LiveRowsRegistry { database.liveRows }

    /// Opens the instance.
    ///
    /// Threads and connections are made when they are first needed.
    ///
    /// - Throws: `.invalidInput` if DuckDB refuses a setting.
    package init(settings: EngineSettings) throws(TarnError) {
        let database = try DatabaseHandle(settings: settings)
        self.settings = settings
        self.database = database
        trusted = SessionPool(name: "tarn-engine", size: settings.connections, database: database)
        user = SessionPool(name: "tarn-user", size: settings.connections, database: database)
    }

    deinit { close() }

    /// The version of the DuckDB library, for example `v1.5.5`.
    package static var libraryVersion: String { String(cString: duckdb_library_version()) }

    /// Borrows a trusted session for the time of `body`; waits its turn if all are busy.
    ///
    /// Do not borrow a second one inside `body`: when every session's holder waits for another, none goes on.
    ///
    /// - Throws: What `body` throws; `.cancelled` if the task was cancelled while it waited.
    package func withSession<T: Sendable>(
        _ body: @Sendable (EngineSession) async throws -> T
    ) async throws -> T {
        try await trusted.withSession(body)
    }

    /// Runs all of `body` on the thread of a trusted session: the fastest way, without a hop a call.
    ///
    /// Cancelling the task interrupts the statement that runs.
    package func onSessionThread<T: Sendable>(
        _ body: @escaping @Sendable (EngineConnection) throws -> T
    ) async throws -> T {
        try await trusted.onSessionThread(body)
    }

    /// Interrupts what runs, refuses what waits, and ends the threads.
    ///
    /// Calls after it throw `.failedPrecondition`.
    package func close() {
        user.close()
        trusted.close()
    }
}

/// Keeps the instance open until the last connection is gone.
final class DatabaseHandle: @unchecked Sendable {
    // Set once in `init`; DuckDB allows connecting from any thread.
    private var handle: duckdb_database?
    private let tracksProgress: Bool
    let liveRows = LiveRowsRegistry()
    /// What `Engine.shareMemory` gave away.
    let sharedMemory = Mutex<String?>(nil)

    init(settings: EngineSettings) throws(TarnError) {
        // It is switched on connection by connection, which a locked instance refuses.
        tracksProgress = settings.tracksProgress && settings.lockedFolders == nil
        var config: duckdb_config?
        duckdb_create_config(&config)
        defer { duckdb_destroy_config(&config) }
        var options: [(String, String)] = [
            ("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false"),
            ("allow_community_extensions", "false"),
            // An empty folder name turns spilling off; the default would be a folder where the program was started.
            ("temp_directory", settings.spillFolder ?? ""),
        ]
        if let limit = settings.memoryLimit { options.append(("memory_limit", limit)) }
        if let threads = settings.threads { options.append(("threads", String(threads))) }
        if let folder = settings.extensionFolder { options.append(("extension_directory", folder)) }
        for (name, value) in options where duckdb_set_config(config, name, value) == DuckDBError {
            throw Self.refused(name, value, detail: nil)
        }
        var message: UnsafeMutablePointer<CChar>?
        if duckdb_open_ext(":memory:", &handle, config, &message) == DuckDBError {
            let text = message.map { String(cString: $0) } ?? "no reason given"
            duckdb_free(message)
            throw EngineFailure(message: text, sql: nil).tarnError
        }
        let first = try RawConnection(database: self)
        try RowSourceFunction.register(on: first)
        try LiveRowsFunction.register(liveRows, on: first.handle)
        // Global, so that every connection made later starts with them.
        try first.run("SET GLOBAL TimeZone = 'UTC'")
        try first.run("SET GLOBAL errors_as_json = true")
        try first.run("SET GLOBAL parquet_metadata_cache = true")
        if let folders = settings.lockedFolders {
            try Self.lock(first, to: folders + [settings.spillFolder].compactMap(\.self))
        }
    }

    deinit { duckdb_close(&handle) }

    /// Shuts everything outside of these folders off, for good.
    private static func lock(_ connection: RawConnection, to folders: [String]) throws(TarnError) {
        let list = folders.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")
        for statement in [
            "SET GLOBAL disabled_optimizers = 'statistics_propagation,sampling_pushdown'",
            "SET GLOBAL allowed_directories = [\(list)]", "SET GLOBAL enable_external_access = false",
            "SET GLOBAL lock_configuration = true",
        ] { try connection.run(statement) }
    }

    /// Settings that DuckDB keeps for each connection alone.
    var connectionSettings: [String] {
        tracksProgress
            ? [
                "SET enable_progress_bar = true", "SET enable_progress_bar_print = false",
                "SET progress_bar_time = 0",
            ]
            : []
    }

    func connect() throws(TarnError) -> duckdb_connection {
        var connection: duckdb_connection?
        guard duckdb_connect(handle, &connection) == DuckDBSuccess, let connection else {
            throw TarnError(.internal, "The engine could not make a connection to its own database.")
        }
        return connection
    }

    private static func refused(_ name: String, _ value: String, detail: String?) -> TarnError {
        TarnError(
            .invalidInput,
            "The engine does not accept the setting \(name) = '\(value)'. Correct it in the settings and try again.",
            context: [("setting", name), ("value", value)])
    }
}

/// A connection before any session owns it.
final class RawConnection {
    private(set) var handle: duckdb_connection?
    private let database: DatabaseHandle

    init(database: DatabaseHandle) throws(TarnError) {
        self.database = database
        handle = try database.connect()
        for sql in database.connectionSettings { try run(sql) }
    }

    deinit { duckdb_disconnect(&handle) }

    func run(_ sql: String) throws(TarnError) {
        var result = duckdb_result()
        defer { duckdb_destroy_result(&result) }
        if duckdb_query(handle, sql, &result) == DuckDBError {
            let text = duckdb_result_error(&result).map { String(cString: $0) } ?? ""
            throw EngineFailure(message: text, sql: sql).tarnError
        }
    }
}
