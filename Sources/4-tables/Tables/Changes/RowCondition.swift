package import Base
package import DeltaLake
package import Engine
package import TableModel

/// A condition on a table's rows, as the engine's SQL.
///
/// ```swift
/// let old = RowCondition("o.day < $1", parameters: [.date(15_706)], targetAlias: "o")
/// try await table.delete(where: old)
/// ```
///
/// A row meets it where the SQL gives true; neither false nor null does. Subqueries stand in it as scans already.
package struct RowCondition: Sendable {
    /// An expression over the table's columns.
    package var sql: String
    /// For `$1`, `$2` …: numbered over all texts of the statement together, never `?`.
    package var parameters: [EngineValue]
    /// No narrower than the condition: files that it rules out hold no row that meets it.
    package var filter: ScanFilter
    /// What the SQL calls the table; `nil` if it names columns alone.
    package var targetAlias: String?
    /// What the scans in the SQL need to stay alive until they are read.
    package var resources: [any Sendable]

    package init(
        _ sql: String, parameters: [EngineValue] = [], filter: ScanFilter = .always,
        targetAlias: String? = nil, resources: [any Sendable] = []
    ) {
        self.sql = sql
        self.parameters = parameters
        self.filter = filter
        self.targetAlias = targetAlias
        self.resources = resources
    }
}

/// How a DELETE, UPDATE, MERGE or TRUNCATE is recorded.
package struct ChangeOptions: Sendable {
    /// In the history, beside what the operation writes there itself; the `predicate` as the user wrote it, for example.
    package var operationParameters: JSONObject
    package var userMetadata: String?
    /// Makes the change happen once: if the table has this application's version already, nothing is done.
    package var transaction: SetTransaction?

    package init(
        operationParameters: JSONObject = [:], userMetadata: String? = nil,
        transaction: SetTransaction? = nil
    ) {
        self.operationParameters = operationParameters
        self.userMetadata = userMetadata
        self.transaction = transaction
    }
}
