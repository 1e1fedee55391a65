package import Base
import Query

extension Lakehouse {
    /// The rows of a small result as objects.
    ///
    /// - Parameter sql: One statement of Tarn's own making.
    /// - Returns: An object a row.
    /// - Throws: What the statement throws; `.resourceExhausted` beyond 10,000 rows.
    package func rows(_ sql: String) async throws -> [JSONValue] {
        let result = try await run(sql, context: QueryContext())
        let names = distinctNames(result.columns.map(\.name))
        return try await result.jsonRows().map { .object(JSONObject(Array(zip(names, $0)))) }
    }
}
