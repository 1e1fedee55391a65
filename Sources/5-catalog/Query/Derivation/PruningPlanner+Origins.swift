internal import Base
internal import Engine
internal import TableModel

extension PruningPlanner {
    /// The columns of the sources that each column of a query comes from, and those that decide which rows there are.
    ///
    /// - Parameters:
    ///   - schemas: Of the sources.
    ///   - sql: Makes the query from one relation for each of them.
    /// - Returns: `nil` for a query that cannot be planned alone, such as PIVOT.
    /// - Throws: What the planning engine throws.
    func origins(
        schemas: [TableSchema], sql: @Sendable ([String]) throws -> String?
    ) async throws -> (columns: PlanOrigins.Columns, deciding: Set<PlanOrigins.Origin>)? {
        let standIns = schemas.enumerated().map { StandIn(schema: $1, number: $0, prefix: Self.marker) }
        guard let text = try sql(standIns.map(\.relation)) else { return nil }
        let serialized = try await engine().onSessionThread { [self] connection in
            try prepare(connection)
            for standIn in standIns { try connection.execute(standIn.definition) }
            let result = try connection.execute(
                "SELECT json_serialize_plan($1::VARCHAR)", [.string(text)])
            guard let chunk = try result.nextChunk(), chunk.rowCount > 0 else { return "" }
            return chunk.column(0).string(0)
        }
        guard let plan = try JSONValue.parse(serialized, maximumDepth: 3000)["plans"]?[0] else { return nil }
        let numbers = Dictionary(
            standIns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var walk = PlanOrigins { numbers[$0] }
        guard let columns = walk.columns(plan) else { return nil }
        return (columns, walk.deciding)
    }
}
