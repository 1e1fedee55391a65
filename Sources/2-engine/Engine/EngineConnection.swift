package import Base
import CDuckDB

/// A blocking connection to the engine; used only on its session's thread, inside the closure that received it.
package final class EngineConnection {
    private var raw: RawConnection
    private let database: DatabaseHandle
    let interrupter: Interrupter
    /// Whether a statement ran that may outlive itself: a setting, a temporary table, a transaction.
    private var holdsState = false
    private var stateBeforeTransaction = false
    /// Weak, so that a result that was dropped half read is not kept; DuckDB allows one stream a connection.
    private weak var openStream: EngineResult?

    init(database: DatabaseHandle, interrupter: Interrupter) throws(TarnError) {
        self.database = database
        self.interrupter = interrupter
        raw = try RawConnection(database: database)
        interrupter.attach(raw.handle)
    }

    deinit {
        openStream?.close()
        interrupter.attach(nil)
    }

    var handle: duckdb_connection? { raw.handle }

    /// Runs one or more statements separated by semicolons; the last one's result, all in memory.
    ///
    /// - Parameters:
    ///   - sql: UTF-8 without NUL.
    ///   - parameters: For `?`, `$1`, `$2`; allowed only with a single statement.
    ///   - named: For `$name`.
    /// - Returns: The rows of the last statement; none for one that has none.
    /// - Throws: See `EngineFailure`; `.cancelled` if the task was cancelled or `interrupt` was called.
    @discardableResult
    package func execute(
        _ sql: String, _ parameters: [EngineValue] = [], named: [String: EngineValue] = [:]
    ) throws(TarnError) -> EngineResult {
        try run(sql, parameters, named, streaming: false)
    }

    /// Like `execute`, but the last statement's rows are made while they are read, a chunk at a time.
    ///
    /// The stream ends when the connection begins another statement.
    package func stream(
        _ sql: String, _ parameters: [EngineValue] = [], named: [String: EngineValue] = [:]
    ) throws(TarnError) -> EngineResult {
        try run(sql, parameters, named, streaming: true)
    }

    /// A statement to run several times with different parameters.
    ///
    /// It keeps the plan of its first binding, the list of files behind a pattern such as `*.parquet` included:
    /// prepare again when files came or went. That is why `execute` keeps no statements by itself.
    package func prepare(_ sql: String) throws(TarnError) -> EngineStatement {
        let parts = try ExtractedStatements(sql, on: self)
        guard parts.count == 1 else {
            throw TarnError(
                .invalidInput,
                "Exactly one statement can be prepared at a time, and the text holds \(parts.count).")
        }
        return try parts.prepare(0)
    }

    /// Interrupts the statement that runs; it fails with `.cancelled`, and so does the rest of the session's job.
    ///
    /// May be called from any thread.
    package func interrupt() { interrupter.interrupt() }

    private func run(
        _ sql: String, _ parameters: [EngineValue], _ named: [String: EngineValue], streaming: Bool
    ) throws(TarnError) -> EngineResult {
        let parts = try ExtractedStatements(sql, on: self)
        if parts.count > 1, !parameters.isEmpty || !named.isEmpty {
            throw TarnError(
                .invalidInput,
                "Parameters need a single statement, and the text holds \(parts.count). Send them one by one."
            )
        }
        for index in 0..<(parts.count - 1) {
            let statement = try parts.prepare(index)
            _ = try statement.run(streaming: false)
        }
        let last = try parts.prepare(parts.count - 1)
        try last.bind(parameters, named: named)
        return try last.run(streaming: streaming)
    }

    /// Begins a transaction.
    ///
    /// - Returns: `false` if one is open already.
    func beginUnlessOpen() throws(TarnError) -> Bool {
        let heldState = holdsState
        do { try execute("BEGIN TRANSACTION") } catch {
            if error.message.contains("within a transaction") { return false }
            throw error
        }
        stateBeforeTransaction = heldState
        return true
    }

    /// Ends the transaction that `beginUnlessOpen` began; the connection then holds no more state than before it.
    func endTransaction(_ sql: String) throws(TarnError) {
        try execute(sql)
        holdsState = stateBeforeTransaction
    }

    /// Called by each statement before it runs.
    func willRun(_ type: duckdb_statement_type) throws(TarnError) {
        try interrupter.check()
        openStream?.close()
        openStream = nil
        if !Self.leavesNothing.contains(type.rawValue) { holdsState = true }
    }

    func didOpenStream(_ result: EngineResult) { openStream = result }

    private static let leavesNothing: Set<UInt32> = Set(
        [
            DUCKDB_STATEMENT_TYPE_SELECT, DUCKDB_STATEMENT_TYPE_INSERT, DUCKDB_STATEMENT_TYPE_UPDATE,
            DUCKDB_STATEMENT_TYPE_DELETE, DUCKDB_STATEMENT_TYPE_EXPLAIN, DUCKDB_STATEMENT_TYPE_COPY,
            DUCKDB_STATEMENT_TYPE_DROP, DUCKDB_STATEMENT_TYPE_MERGE_INTO, DUCKDB_STATEMENT_TYPE_ALTER,
        ].map(\.rawValue))

    /// Ends what a borrower may have left: an open stream, a transaction, temporary tables, settings.
    ///
    /// - Returns: `false` if the connection cannot be used any more.
    @discardableResult
    func forgetState() -> Bool {
        openStream?.close()
        openStream = nil
        if !holdsState { return true }
        // Nothing short of a new connection undoes all of them, and it is cheap: 0.1 ms.
        guard let fresh = try? RawConnection(database: database) else { return false }
        interrupter.attach(fresh.handle)
        raw = fresh
        holdsState = false
        return true
    }
}
