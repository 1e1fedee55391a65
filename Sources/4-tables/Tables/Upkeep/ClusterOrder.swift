import Base
import Engine
import TableModel

/// The order of rows along a Z curve through several columns, as SQL.
///
/// Each column's values become ranks among as many equally filled ranges as its bits can tell, by boundaries taken from
/// a sample: so skewed values, texts and times are spread as evenly as small numbers. The ranks' bits take turns in the
/// key by which rows are sorted; rows near each other in the order are near each other in every column.
struct ClusterOrder: Sendable {
    /// SQL for the value of each column, over the rows to be sorted; at least one.
    let columns: [String]

    /// So many rows give the boundaries; about 800 a range, which puts a boundary off by a few percent of a range.
    private static let sampleRowCount: Int64 = 200_000
    private static let variable = "__tarn_bounds"

    /// Ranges are 2 to this power; more would tell rows apart that lie in one row group anyway.
    private var bitCount: Int { min(8, 62 / columns.count) }

    /// What has to run in a session before a statement that uses `sorted`.
    ///
    /// - Parameters:
    ///   - relation: The rows, as for FROM.
    ///   - rowCount: How many there are; `nil` if it is not known.
    /// - Returns: SQL; `nil` where one column is sorted by itself.
    func preparation(over relation: String, rowCount: Int64?) -> String? {
        if columns.count == 1 { return nil }
        let count = 1 << bitCount
        let positions = (1..<count).map { "\(Double($0) / Double(count))" }.joined(separator: ",")
        let bounds = columns.enumerated().map { "c\($0) := quantile_disc(\($1), [\(positions)])" }
        let percent = min(100, 100 * Double(Self.sampleRowCount) / Double(max(1, rowCount ?? 20_000_000)))
        // The sample is the same whenever the rows are.
        let sample = percent >= 100 ? "" : " USING SAMPLE \(percent) PERCENT (bernoulli, 7)"
        return """
            SET VARIABLE \(Self.variable) = (SELECT struct_pack(\(bounds.joined(separator: ", "))) \
            FROM (SELECT * FROM \(relation) AS __rows\(sample)) AS __sample)
            """
    }

    /// A SELECT that gives rows in the curve's order.
    ///
    /// - Parameters:
    ///   - items: What it gives, as after SELECT.
    ///   - relation: The rows, as for FROM.
    /// - Returns: The SELECT.
    func sorted(_ items: [String], from relation: String) -> String {
        let wanted = items.joined(separator: ", ")
        if columns.count == 1 {
            return "SELECT \(wanted) FROM \(relation) AS __rows ORDER BY \(columns[0])"
        }
        let starts = columns.indices.map { "0::BIGINT AS __rank\($0)" }.joined(separator: ", ")
        var ranked = "(SELECT *, \(starts) FROM \(relation) AS __rows)"
        for bit in stride(from: bitCount - 1, through: 0, by: -1) {
            let step = 1 << bit
            let steps = columns.enumerated().map { index, column in
                """
                (__rank\(index) + CASE WHEN \(column) >= \
                getvariable('\(Self.variable)').c\(index)[__rank\(index) + \(step)] \
                THEN \(step) ELSE 0 END) AS __rank\(index)
                """
            }
            ranked = "(SELECT * REPLACE (\(steps.joined(separator: ", "))) FROM \(ranked) AS __rows)"
        }
        let key = columns.indices.map { "(\(spreadTable($0)))[__rank\($0) + 1]" }.joined(separator: " + ")
        return "SELECT \(wanted) FROM \(ranked) AS __rows ORDER BY \(key)"
    }

    /// By rank: its bits at the places that are this column's in the key.
    private func spreadTable(_ column: Int) -> String {
        let values = (0..<(1 << bitCount)).map { rank -> String in
            var spread: Int64 = 0
            for bit in 0..<bitCount where rank >> bit & 1 == 1 {
                spread |= 1 << Int64(bit * columns.count + columns.count - 1 - column)
            }
            return String(spread)
        }
        return "[\(values.joined(separator: ","))]::BIGINT[]"
    }
}
