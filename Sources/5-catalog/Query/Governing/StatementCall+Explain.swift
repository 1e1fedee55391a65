internal import Base
internal import Engine
internal import TableModel

extension StatementCall {
    /// The plan of a query over governed tables as it would be over empty tables of their names and columns: it tells
    /// what the query's text tells, and nothing of policies, files or statistics.
    func explainHidden(_ range: Range<Int>, _ prepared: PreparedQuery) async throws -> StatementResult {
        let parsed = try await service.reader.read(
            text.part(range), parameters: parameters, localFiles: false)
        let resolved = try await resolve(parsed.sources)
        var shapes: [(name: String, sql: String)] = []
        for source in resolved {
            shapes.append((source.name, try await emptyRelation(of: source.source)))
        }
        let relations = shapes.map { "(SELECT * FROM \($0.sql))" }
        let text = try parsed.rewriter.plan(
            relations: relations, fullNames: resolved.map(\.source.fullName))
        var plan = "The plan is not told for this query."
        if let text {
            do {
                plan = try await engine.user.onSessionThread { connection in
                    let result = try connection.execute("EXPLAIN " + text)
                    guard let chunk = try result.nextChunk(), chunk.rowCount > 0 else { return "" }
                    return chunk.column(1).string(0)
                }
            } catch let error as TarnError where error.code != .cancelled {}
        }
        let tables = shapes.map(\.name).joined(separator: "\n")
        let fixed = FixedRows(
            columns: [("explain_key", .string), ("explain_value", .string)],
            rows: [
                [.text("physical_plan"), .text(plan)], [.text("tables"), .text(tables)],
            ])
        return .rows(.explain, fixed, on: service.engine.trusted, facts: prepared.facts)
    }

    /// No rows, with the columns that a source shows to the one who asks.
    private func emptyRelation(of source: ResolvedSource) async throws -> String {
        var relations: [String] = []
        var resources: [any Sendable] = []
        for leaf in source.leaves {
            let relation = try await leaf.relation(nil)
            relations.append(relation.sql)
            resources += relation.resources
        }
        let sql = "SELECT * FROM \([source].sql(over: relations)[0])"
        let columns = try await engine.user.onSessionThread { connection in
            let result = try connection.execute("DESCRIBE " + sql)
            var columns: [(name: String, type: String)] = []
            while let chunk = try result.nextChunk() {
                for row in 0..<chunk.rowCount {
                    columns.append((chunk.column(0).string(row), chunk.column(1).string(row)))
                }
            }
            return columns
        }
        withExtendedLifetime(resources) {}
        // `range` is a scan that nothing is known of, so that the plan keeps the query's own operators.
        let items = columns.map {
            "CAST(NULL AS \($0.type)) AS \(quoteIdentifier($0.name))"
        }
        return "(SELECT \(items.joined(separator: ", ")) FROM range(1))"
    }
}
