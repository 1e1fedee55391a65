import Base
import Catalog
import Query
import TableModel

/// One table of a lakehouse, by its name or its folder, and what can be done with it.
///
/// ```swift
/// let orders = lake.table("sales.orders")
/// try await orders.delete(where: "day < DATE '2020-01-01'")
/// try await orders.update(["price": "price * 1.1"], where: "country = 'CH'")
/// try await orders.optimize(zOrderBy: ["customer"])
/// try await orders.vacuum()
/// ```
///
/// Each method is one statement of SQL, and one version of the table. Conditions and values are SQL.
public struct LakehouseTable: Sendable {
    let lake: Lakehouse
    /// As SQL names it.
    let reference: String

    /// `table`, `schema.table` or `catalog.schema.table`, odd names in double quotes; or a folder's path, which has a
    /// slash in it.
    init(_ lake: Lakehouse, _ name: String) {
        self.lake = lake
        reference = TableReference.sql(name)
    }

    /// Adds the rows of a query.
    ///
    /// - Parameters:
    ///   - query: A SELECT; its columns are found by name.
    ///   - addingColumns: Whether columns that the table lacks join it; otherwise they are an error.
    /// - Returns: What was done.
    /// - Throws: As `Lakehouse.sql`.
    @discardableResult
    public func append(_ query: String, addingColumns: Bool = false) async throws -> LakehouseChange {
        let evolution = addingColumns ? "WITH SCHEMA EVOLUTION " : ""
        return try await lake.change("INSERT \(evolution)INTO \(reference) BY NAME \(query)")
    }

    /// Puts the rows of a query in the place of all rows, or of those that meet a condition.
    ///
    /// - Parameters:
    ///   - query: A SELECT; its columns are found by name.
    ///   - condition: The new rows have to meet it too; `nil` replaces all rows.
    /// - Returns: What was done.
    /// - Throws: As `Lakehouse.sql`.
    @discardableResult
    public func overwrite(_ query: String, where condition: String? = nil) async throws -> LakehouseChange {
        guard let condition else {
            return try await lake.change("INSERT OVERWRITE \(reference) BY NAME \(query)")
        }
        return try await lake.change(
            "INSERT INTO \(reference) BY NAME REPLACE WHERE (\(condition)) \(query)")
    }

    /// Deletes the rows that meet a condition; all of them without one.
    ///
    /// - Parameters:
    ///   - condition: Over the table's columns.
    ///   - parameters: Values for `$name` and `:name` in it.
    /// - Returns: What was done; `numDeletedRows` among the figures.
    /// - Throws: As `Lakehouse.sql`.
    @discardableResult
    public func delete(
        where condition: String? = nil, _ parameters: [String: LakehouseValue] = [:]
    ) async throws -> LakehouseChange {
        try await lake.change(
            "DELETE FROM \(reference)" + (condition.map { " WHERE \($0)" } ?? ""), parameters)
    }

    /// Changes columns of the rows that meet a condition; of all rows without one.
    ///
    /// - Parameters:
    ///   - values: By column (`a`, or `a.b` for a member of a structure), an expression over the row.
    ///   - condition: Over the table's columns.
    ///   - parameters: Values for `$name` and `:name` in both.
    /// - Returns: What was done; `numUpdatedRows` among the figures.
    /// - Throws: As `Lakehouse.sql`.
    @discardableResult
    public func update(
        _ values: KeyValuePairs<String, String>, where condition: String? = nil,
        _ parameters: [String: LakehouseValue] = [:]
    ) async throws -> LakehouseChange {
        let assignments = values.map { "\(TableReference.column($0)) = \($1)" }.joined(separator: ", ")
        return try await lake.change(
            "UPDATE \(reference) SET \(assignments)" + (condition.map { " WHERE \($0)" } ?? ""), parameters)
    }

    /// Begins a MERGE; it runs with `run()`.
    ///
    /// - Parameters:
    ///   - source: The name of a table, or a SELECT.
    ///   - condition: When a row of the table, called `t`, and one of the source, called `s`, find each other.
    /// - Returns: The merge, still without clauses.
    public func merge(using source: String, on condition: String) -> LakehouseMerge {
        LakehouseMerge(table: self, source: source, condition: condition)
    }

    /// Removes all rows.
    @discardableResult
    public func truncate() async throws -> LakehouseChange {
        try await lake.change("TRUNCATE TABLE \(reference)")
    }
}

/// What a change did.
public struct LakehouseChange: Sendable, Hashable {
    /// The table's version after it.
    public let version: Int64?
    /// Rows that were written, changed or removed; `nil` where rows are no measure.
    public let affectedRowCount: Int64?
    /// Figures of the change: `num_affected_rows`, `numDeletedRows`, `numAddedFiles`...
    public let metrics: [String: Int64]
    /// What happened, in one line for people.
    public let message: String
}

extension Lakehouse {
    /// A table by its name (`sales.orders`) or by its folder (`/data/orders`); it need not be there yet.
    public func table(_ name: String) -> LakehouseTable { LakehouseTable(self, name) }

    /// Runs a statement that gives no rows.
    func change(
        _ sql: String, _ parameters: [String: LakehouseValue] = [:]
    ) async throws -> LakehouseChange {
        let values = try parameters.mapValues { try $0.engineValue() }
        let result = try await run(
            sql, parameters: values.isEmpty ? .none : .named(values), context: QueryContext(localFiles: true))
        return LakehouseChange(
            version: result.version, affectedRowCount: result.affectedRowCount, metrics: result.numbers,
            message: result.message ?? "")
    }
}

extension StatementResult {
    /// Its figures, as far as they are whole numbers.
    var numbers: [String: Int64] {
        var numbers: [String: Int64] = [:]
        for (name, value) in metrics.members { numbers[name] = value.int64 }
        return numbers
    }
}

/// Names as a person gives them, as SQL.
package enum TableReference {
    /// A table's name as it is, or its folder in ``delta.`/folder` ``.
    package static func sql(_ name: String) -> String {
        guard name.contains("/") else { return name }
        return "delta.`\(name.replacing("`", with: "``"))`"
    }

    /// `a.b` with quotes around each part; quotes that are there stay.
    package static func column(_ path: String) -> String {
        if path.contains("\"") || path.contains("`") { return path }
        return path.split(separator: ".", omittingEmptySubsequences: false).map {
            quoteIdentifier(String($0))
        }
        .joined(separator: ".")
    }
}
