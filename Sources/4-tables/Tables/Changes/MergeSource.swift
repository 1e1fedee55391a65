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
            let isListed = rowCount <= listedKeyLimit
            let items =
                isListed
                ? "DISTINCT (\(expression)) AS k" : "unnest([min(\(expression)), max(\(expression))]) AS k"
            let text = run.withParameters(
                """
                SELECT k FROM (SELECT \(items) FROM \(name) AS \(quoteIdentifier(plan.sourceAlias))) \
                WHERE k IS NOT NULL ORDER BY k
                """)
            let values = try await run.session.run { connection -> [Scalar]? in
                let result = try connection.execute(text, run.parameters)
                guard orders(result.columnTypes.first) else { return nil }
                return try result.allRows().map { $0[0] }
            }
            guard let values else { continue }
            if isListed {
                parts.append(values.isEmpty ? .never : .isIn(column, values))
            } else if let low = values.first, let high = values.last {
                parts.append(.compare(column, .greaterOrEqual, low))
                parts.append(.compare(column, .lessOrEqual, high))
            } else {
                parts.append(.never)
            }
        }
        return .and(parts)
    }

    /// Whether values of a type order and compare as the statistics' values do; those of an enumeration, for example,
    /// do not.
    private static func orders(_ type: EngineType?) -> Bool {
        switch type {
        case .boolean, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .int128, .float,
            .double, .decimal, .varchar, .date, .timestamp, .timestampTz:
            true
        default: false
        }
    }
}
