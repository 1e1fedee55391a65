import Base
import DeltaLake
import Engine
import TableModel

/// A MERGE's source in a temporary table of its session, read once: it may be large, or change from run to run.
struct MergeSource: Sendable {
    static let name = "__tarn_source"
    /// Up to so many keys are looked up in the files' statistics one by one; beyond, only their bounds.
    private static let listedKeyLimit: Int64 = 256

    let shape: SourceShape
    let rowCount: Int64
    /// The column that numbers the rows.
    let rowColumn: String

    /// Runs the source's SELECT.
    static func load(_ source: WriteSource, _ run: ChangeRun) async throws -> MergeSource {
        try await run.session.run { connection in
            for statement in source.preparation { try connection.execute(statement) }
            let shape = try SourceShape.of(source.sql, source.parameters, on: connection)
            // A table's rows are numbered already, unless a column hides the number.
            let isHidden = shape.names.contains { $0.lowercased() == "rowid" }
            let extra = isHidden ? ", row_number() OVER () AS __tarn_row" : ""
            let made = try connection.execute(
                "CREATE TEMP TABLE \(name) AS SELECT *\(extra) FROM (\(source.sql)) AS __source",
                source.parameters)
            made.close()
            guard
                case .integer(let count) = try connection.execute("SELECT count(*) FROM \(name)")
                    .firstScalar()
            else { throw TarnError(.internal, "The engine could not count a temporary table's rows.") }
            return MergeSource(
                shape: shape, rowCount: count, rowColumn: isHidden ? "__tarn_row" : "rowid")
        }
    }

    /// What the source's keys demand of the target's columns.
    static func filter(_ plan: MergePlan, rowCount: Int64, _ run: ChangeRun) async throws -> ScanFilter {
        var parts = [plan.targetFilter]
        for (column, expression) in plan.keys {
            if rowCount <= listedKeyLimit {
                let values = try await scalars(
                    "SELECT DISTINCT (\(expression))", plan, "WHERE (\(expression)) IS NOT NULL", run
                ).map { $0[0] }
                parts.append(values.isEmpty ? .never : .isIn(column, values))
            } else {
                let bounds = try await scalars(
                    "SELECT min(\(expression)), max(\(expression))", plan, "", run)
                guard let low = bounds.first?[0], let high = bounds.first?[1] else { continue }
                // Not a number is no bound.
                if low.isNull || high.isNull {
                    parts.append(.never)
                } else {
                    parts.append(.compare(column, .greaterOrEqual, low))
                    parts.append(.compare(column, .lessOrEqual, high))
                }
            }
        }
        return .and(parts)
    }

    private static func scalars(
        _ head: String, _ plan: MergePlan, _ tail: String, _ run: ChangeRun
    ) async throws -> [[Scalar]] {
        let text = run.withParameters(
            "\(head) FROM \(name) AS \(quoteIdentifier(plan.sourceAlias)) \(tail)")
        return try await run.session.run { try $0.execute(text, run.parameters).allRows() }
    }
}
