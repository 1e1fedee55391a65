/// A MERGE in the making: what becomes of rows that find each other, and of those that do not.
///
/// ```swift
/// try await lake.table("customers").merge(using: "updates", on: "t.id = s.id")
///     .whenMatched("s.is_gone", .delete)
///     .whenMatched(.updateAll)
///     .whenNotMatched(.insertAll)
///     .whenNotMatchedBySource("t.is_temporary", .delete)
///     .run()
/// ```
///
/// Of each kind of clause the first whose condition holds decides.
public struct LakehouseMerge: Sendable {
    /// What becomes of a row of the table.
    public struct Change: Sendable {
        let sql: String
        /// Removes it.
        public static let delete = Change(sql: "DELETE")
        /// Every column from the source's column of that name.
        public static let updateAll = Change(sql: "UPDATE SET *")
        /// Some columns, from expressions over both rows.
        public static func update(_ values: KeyValuePairs<String, String>) -> Change {
            let items = values.map { "\(TableReference.column($0)) = \($1)" }
            return Change(sql: "UPDATE SET " + items.joined(separator: ", "))
        }
    }

    /// What becomes of a row of the source that finds none.
    public struct Insertion: Sendable {
        let sql: String
        /// A row of the source's columns, by name.
        public static let insertAll = Insertion(sql: "INSERT *")
        /// A row of expressions over the source's.
        public static func insert(_ values: KeyValuePairs<String, String>) -> Insertion {
            let columns = values.map { TableReference.column($0.key) }.joined(separator: ", ")
            return Insertion(
                sql: "INSERT (\(columns)) VALUES (\(values.map(\.value).joined(separator: ", ")))")
        }
    }

    let table: LakehouseTable
    let source: String
    let condition: String
    private var clauses: [String] = []
    private var evolution = ""

    init(table: LakehouseTable, source: String, condition: String) {
        self.table = table
        self.source = source
        self.condition = condition
    }

    /// For rows of the table that a row of the source found.
    public func whenMatched(_ change: Change) -> LakehouseMerge { adding("WHEN MATCHED", nil, change.sql) }

    /// The same, where a condition holds as well.
    public func whenMatched(_ condition: String, _ change: Change) -> LakehouseMerge {
        adding("WHEN MATCHED", condition, change.sql)
    }

    /// For rows of the source that found none.
    public func whenNotMatched(_ insertion: Insertion) -> LakehouseMerge {
        adding("WHEN NOT MATCHED", nil, insertion.sql)
    }

    /// The same, where a condition holds as well.
    public func whenNotMatched(_ condition: String, _ insertion: Insertion) -> LakehouseMerge {
        adding("WHEN NOT MATCHED", condition, insertion.sql)
    }

    /// For rows of the table that no row of the source found.
    public func whenNotMatchedBySource(_ change: Change) -> LakehouseMerge {
        adding("WHEN NOT MATCHED BY SOURCE", nil, change.sql)
    }

    /// The same, where a condition holds as well.
    public func whenNotMatchedBySource(_ condition: String, _ change: Change) -> LakehouseMerge {
        adding("WHEN NOT MATCHED BY SOURCE", condition, change.sql)
    }

    /// Columns of the source that the table lacks join it.
    public func addingColumns() -> LakehouseMerge {
        var copy = self
        copy.evolution = "WITH SCHEMA EVOLUTION "
        return copy
    }

    private func adding(_ head: String, _ condition: String?, _ action: String) -> LakehouseMerge {
        var copy = self
        copy.clauses.append("\(head)\(condition.map { " AND (\($0))" } ?? "") THEN \(action)")
        return copy
    }

    /// The statement.
    var sql: String {
        let isQuery = source.contains(where: \.isWhitespace)
        return """
            MERGE \(evolution)INTO \(table.reference) AS t
            USING \(isQuery ? "(\(source))" : TableReference.sql(source)) AS s ON \(condition)
            \(clauses.joined(separator: "\n"))
            """
    }

    /// Runs it, as one version of the table.
    ///
    /// - Parameter parameters: Values for `$name` and `:name`.
    /// - Returns: What was done; `num_updated_rows`, `num_deleted_rows` and `num_inserted_rows` among the figures.
    /// - Throws: As `Lakehouse.sql`; `.invalidInput` naming the key where several rows of the source would change one row.
    @discardableResult
    public func run(_ parameters: [String: LakehouseValue] = [:]) async throws -> LakehouseChange {
        try await table.lake.change(sql, parameters)
    }
}
