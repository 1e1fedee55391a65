import Base
import Query
import TableModel

/// A version of a table, or a time.
public enum LakehouseTime: Sendable, Hashable {
    case version(Int64)
    /// The newest version at or before it, for example `2026-01-31 12:00:00` (UTC).
    case timestamp(String)

    var sql: String {
        switch self {
        case .version(let number): "VERSION AS OF \(number)"
        case .timestamp(let text): "TIMESTAMP AS OF \(quoteLiteral(text))"
        }
    }
}

extension LakehouseTable {
    /// Joins small files to large ones, and sorts rows so that queries read less.
    ///
    /// - Parameters:
    ///   - condition: Over partition columns; `nil` is the whole table.
    ///   - columns: Rows that are alike in all of these come together.
    ///   - isFull: Does files anew that are well already.
    /// - Returns: What was done; `numFilesAdded` and `numFilesRemoved` among the figures.
    /// - Throws: As `Lakehouse.sql`.
    @discardableResult
    public func optimize(
        where condition: String? = nil, zOrderBy columns: [String] = [], full isFull: Bool = false
    ) async throws -> LakehouseChange {
        var sql = "OPTIMIZE \(reference)" + (isFull ? " FULL" : "")
        if let condition { sql += " WHERE \(condition)" }
        if !columns.isEmpty {
            sql += " ZORDER BY (\(columns.map(TableReference.column).joined(separator: ", ")))"
        }
        return try await lake.change(sql)
    }

    /// Removes files that no version within the retention needs.
    ///
    /// - Parameters:
    ///   - hours: How long files stay after they left the table; `nil` is the table's own retention, 7 days by default.
    ///   - force: Allows less than the table's own, which may take files from readers and writers at work.
    /// - Returns: What was done.
    /// - Throws: `TarnError` `.failedPrecondition` for a retention that is too short.
    @discardableResult
    public func vacuum(retainingHours hours: Double? = nil, force: Bool = false) async throws
        -> LakehouseChange
    {
        try await lake.change(vacuumSQL(hours) + (force ? " FORCE" : ""))
    }

    /// The files that `vacuum` would remove; the first thousand.
    public func vacuumPreview(retainingHours hours: Double? = nil, force: Bool = false) async throws
        -> [String]
    {
        try await lake.sql(vacuumSQL(hours) + " DRY RUN" + (force ? " FORCE" : "")).rows
            .compactMap { $0["path"]?.text }
    }

    private func vacuumSQL(_ hours: Double?) -> String {
        "VACUUM \(reference)" + (hours.map { " RETAIN \($0) HOURS" } ?? "")
    }

    /// Writes files anew without the rows that deletion vectors mark as deleted, and without columns that were dropped.
    @discardableResult
    public func purge(where condition: String? = nil) async throws -> LakehouseChange {
        try await lake.change(
            "REORG TABLE \(reference)" + (condition.map { " WHERE \($0)" } ?? "") + " APPLY (PURGE)")
    }

    /// Makes the table what it was, as a new version.
    @discardableResult
    public func restore(to time: LakehouseTime) async throws -> LakehouseChange {
        try await lake.change("RESTORE TABLE \(reference) TO \(time.sql)")
    }

    /// Makes another table of this one's rows.
    ///
    /// - Parameters:
    ///   - name: Of the new table, or its folder.
    ///   - isShallow: Whether it reads this table's files instead of copies.
    ///   - time: Which version; `nil` is the newest.
    /// - Returns: What was done.
    /// - Throws: As `Lakehouse.sql`; `.alreadyExists` if the name is taken.
    @discardableResult
    public func clone(
        to name: String, shallow isShallow: Bool = false, at time: LakehouseTime? = nil
    ) async throws -> LakehouseChange {
        try await lake.change(
            "CREATE TABLE \(TableReference.sql(name)) \(isShallow ? "SHALLOW" : "DEEP") CLONE \(reference)"
                + (time.map { " \($0.sql)" } ?? ""))
    }

    /// The versions that the log still has, newest first.
    public func history(limit: Int? = nil) async throws -> LakehouseResult {
        try await lake.sql("DESCRIBE HISTORY \(reference)" + (limit.map { " LIMIT \($0)" } ?? ""))
    }

    /// Size, version, properties and features, as one row.
    public func detail() async throws -> LakehouseResult {
        try await lake.sql("DESCRIBE DETAIL \(reference)")
    }

    /// What changed between two versions, both included: the rows with `_change_type`, `_commit_version` and
    /// `_commit_timestamp`.
    ///
    /// - Throws: As `Lakehouse.sql`; `.failedPrecondition` for versions at which the change feed was off.
    public func changes(from first: Int64, to last: Int64? = nil) async throws -> LakehouseResult {
        let end = last.map { ", \($0)" } ?? ""
        return try await lake.sql("SELECT * FROM table_changes(\(quoteLiteral(reference)), \(first)\(end))")
    }
}

extension Lakehouse {
    /// Makes a Delta table of a folder of Parquet files, or of an Iceberg table, where it lies.
    ///
    /// - Parameters:
    ///   - folder: Its path.
    ///   - format: `parquet` or `iceberg`.
    ///   - name: Of the table in the catalog; `nil` gives it none.
    ///   - partitionColumns: `name type` of each column that folder names stand for; `nil` finds them.
    /// - Returns: What was done.
    /// - Throws: As `sql`.
    @discardableResult
    public func convertToDelta(
        _ folder: String, format: String = "parquet", name: String? = nil,
        partitionedBy partitionColumns: [String]? = nil
    ) async throws -> LakehouseChange {
        let partitions = partitionColumns.map { " PARTITIONED BY (\($0.joined(separator: ", ")))" } ?? ""
        let change = try await change(
            "CONVERT TO DELTA \(format).`\(folder.replacing("`", with: "``"))`\(partitions)")
        if let name { _ = try await self.change("CREATE TABLE \(name) LOCATION \(quoteLiteral(folder))") }
        return change
    }
}
