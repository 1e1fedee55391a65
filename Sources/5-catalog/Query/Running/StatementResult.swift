package import Base
package import Engine
internal import TableModel

/// What a statement gave: rows to read, or what it changed.
///
/// ```swift
/// let result = try await query.run("SELECT * FROM orders", context: context)
/// try await result.forEachChunk { chunk in ... }   // on the engine's thread
/// ```
///
/// A result with rows holds a session of the engine until they were read, it is closed, or it is let go.
package final class StatementResult: Sendable {
    package enum Kind: String, Sendable {
        case query, explain, show, describe, create, insert, drop, alter, use, set, copy
        case grant, revoke
        case delete, update, merge, truncate, optimize, vacuum, reorg, restore, clone, convert
    }

    package let kind: Kind
    /// Empty for a statement without rows.
    package let columns: [ResultColumn]
    /// Rows written; `nil` where that is no measure.
    package let affectedRowCount: Int64?
    /// What happened, in one line for people; `nil` for a statement with rows.
    package let message: String?
    /// The version that the statement committed.
    package let version: Int64?
    /// What a statement without rows did, in figures: by Databricks' names first (`num_affected_rows`), then `version`,
    /// then those that the commit records (`numDeletedRows`).
    ///
    /// Empty for a statement that changes no rows or files.
    package let metrics: JSONObject
    package let facts: ScanFacts
    /// After `USE`: what names without a catalog or a schema mean from now on.
    package let newDefaults: (catalog: String, schema: String)?
    /// After `SET`.
    package let newSetting: (name: String, value: String)?

    private enum Rows {
        case none
        case stream(RowStream)
        case fixed(FixedRows, SessionPool)
    }
    private let rows: Rows

    private init(
        _ kind: Kind, columns: [ResultColumn], rows: Rows, affectedRowCount: Int64? = nil,
        message: String? = nil,
        version: Int64? = nil, metrics: JSONObject = [:], facts: ScanFacts = ScanFacts(),
        newDefaults: (catalog: String, schema: String)? = nil,
        newSetting: (name: String, value: String)? = nil
    ) {
        self.kind = kind
        self.columns = columns
        self.rows = rows
        self.affectedRowCount = affectedRowCount
        self.message = message
        self.version = version
        self.metrics = metrics
        self.facts = facts
        self.newDefaults = newDefaults
        self.newSetting = newSetting
    }

    static func rows(_ kind: Kind, _ stream: RowStream, facts: ScanFacts) -> StatementResult {
        StatementResult(kind, columns: stream.columns, rows: .stream(stream), facts: facts)
    }

    static func rows(
        _ kind: Kind, _ fixed: FixedRows, on pool: SessionPool, facts: ScanFacts = ScanFacts()
    ) -> StatementResult {
        let columns = fixed.columns.map { ResultColumn(name: $0.name, type: EngineType($0.type)) }
        return StatementResult(kind, columns: columns, rows: .fixed(fixed, pool), facts: facts)
    }

    /// A statement that is done.
    ///
    /// - Parameters:
    ///   - kind: Of the statement.
    ///   - message: What happened, in one line.
    ///   - affectedRowCount: Comes first among the metrics.
    ///   - version: Committed.
    ///   - named: Databricks' figures besides the affected rows.
    ///   - metrics: The commit's own figures.
    ///   - facts: What was read.
    ///   - newDefaults: After `USE`.
    ///   - newSetting: After `SET`.
    /// - Returns: The result.
    static func done(
        _ kind: Kind, _ message: String, affectedRowCount: Int64? = nil, version: Int64? = nil,
        named: JSONObject = [:], metrics: JSONObject = [:], facts: ScanFacts = ScanFacts(),
        newDefaults: (catalog: String, schema: String)? = nil,
        newSetting: (name: String, value: String)? = nil
    ) -> StatementResult {
        var all = JSONObject()
        if let affectedRowCount { all["num_affected_rows"] = .int(affectedRowCount) }
        for (name, value) in named.members { all[name] = value }
        if let version, affectedRowCount != nil || !named.members.isEmpty || !metrics.members.isEmpty {
            all["version"] = .int(version)
        }
        for (name, value) in metrics.members { all[name] = value }
        return StatementResult(
            kind, columns: [], rows: .none, affectedRowCount: affectedRowCount, message: message,
            version: version, metrics: all, facts: facts, newDefaults: newDefaults,
            newSetting: newSetting)
    }

    /// Calls `body` with each chunk of rows in order, on the engine's thread; a second call sees none.
    ///
    /// Cancelling the task interrupts the query.
    package func forEachChunk(_ body: @escaping @Sendable (EngineChunk) throws -> Void) async throws {
        switch rows {
        case .none: return
        case .stream(let stream): try await stream.forEachChunk(body)
        case .fixed(let fixed, let pool):
            try await RowStream.open(fixed.sql, [], on: pool).forEachChunk(body)
        }
    }

    /// All rows as JSON, for small results and tests.
    ///
    /// - Parameter limit: More rows than this are an error.
    /// - Returns: One array of values a row.
    /// - Throws: `.resourceExhausted` beyond the limit, and what the query throws.
    package func jsonRows(limit: Int = 10_000) async throws -> [[JSONValue]] {
        let collected = RowCollector(limit: limit)
        try await forEachChunk { try collected.add($0) }
        return collected.rows
    }

    /// Ends a query whose rows are not wanted.
    package func close() {
        if case .stream(let stream) = rows { stream.close() }
    }
}

/// Gathers rows; chunks come one after the other.
private final class RowCollector: @unchecked Sendable {
    private let limit: Int
    private(set) var rows: [[JSONValue]] = []

    init(limit: Int) { self.limit = limit }

    func add(_ chunk: EngineChunk) throws {
        if rows.count + chunk.rowCount > limit {
            throw TarnError(.resourceExhausted, "The result has more than \(limit) rows; read it in chunks.")
        }
        for row in 0..<chunk.rowCount { rows.append(chunk.columns.map { $0.json(row) }) }
    }
}
