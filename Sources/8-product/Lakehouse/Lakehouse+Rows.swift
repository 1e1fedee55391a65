package import Base
import Query

extension Lakehouse {
    /// The rows of a small result as objects.
    ///
    /// - Parameters:
    ///   - sql: One statement of Tarn's own making.
    ///   - localFiles: Whether it may name a folder.
    /// - Returns: An object a row.
    /// - Throws: What the statement throws; `.resourceExhausted` beyond 10,000 rows.
    package func rows(_ sql: String, localFiles: Bool = false) async throws -> [JSONValue] {
        let result = try await run(sql, context: QueryContext(localFiles: localFiles))
        let names = distinctNames(result.columns.map(\.name))
        return try await result.jsonRows().map { .object(JSONObject(Array(zip(names, $0)))) }
    }
}
