import TableModel

/// A row as the model keeps it; which one it is stays known through updates.
struct ModelRow: Hashable {
    /// The operation that inserted it, and its number there.
    let origin: [Int]
    let id: Int
    var v: Int
    let p: Int
    /// Values of columns that joined later, by name.
    var extra: [String: Int] = [:]
}

/// A table at one version: plain values, nothing clever.
struct ModelState {
    var columns = ["id", "v", "p"]
    var rows: [ModelRow] = []

    /// One text a row, sorted, as the table's rows are read.
    var texts: [String] {
        rows.map { row in
            columns.map { column in
                switch column {
                case "id": "\(row.id)"
                case "v": "\(row.v)"
                case "p": "p\(row.p)"
                default: row.extra[column].map(String.init) ?? "NULL"
                }
            }.joined(separator: "|")
        }.sorted()
    }
}

/// Which rows an operation is about.
enum ModelCondition: Sendable {
    case all
    case remainder(Int, of: Int)
    case values(ClosedRange<Int>)
    case ids(ClosedRange<Int>)
    case partition(Int)

    func matches(_ row: ModelRow) -> Bool {
        switch self {
        case .all: true
        case .remainder(let rest, let divisor): row.id % divisor == rest
        case .values(let range): range.contains(row.v)
        case .ids(let range): range.contains(row.id)
        case .partition(let p): row.p == p
        }
    }

    /// Columns are qualified by `t`.
    var sql: String {
        switch self {
        case .all: "true"
        case .remainder(let rest, let divisor): "t.id % \(divisor) = \(rest)"
        case .values(let range): "t.v BETWEEN \(range.lowerBound) AND \(range.upperBound)"
        case .ids(let range): "t.id BETWEEN \(range.lowerBound) AND \(range.upperBound)"
        case .partition(let p): "t.p = 'p\(p)'"
        }
    }

    var filter: ScanFilter {
        func between(_ column: ColumnPath, _ range: ClosedRange<Int>) -> ScanFilter {
            .and([
                .compare(column, .greaterOrEqual, .integer(Int64(range.lowerBound))),
                .compare(column, .lessOrEqual, .integer(Int64(range.upperBound))),
            ])
        }
        switch self {
        case .all, .remainder: return .always
        case .values(let range): return between("v", range)
        case .ids(let range): return between("id", range)
        case .partition(let p): return .compare("p", .equal, .string("p\(p)"))
        }
    }
}

/// What a MERGE brings: one row an id.
struct MergeRow: Hashable, Sendable {
    let id: Int
    let v: Int
    let p: Int
}

/// A step of a history.
enum HistoryStep: Sendable {
    case append([MergeRow])
    /// The rows bring a column that the table lacks.
    case appendWithColumn([MergeRow], column: String)
    case overwrite([MergeRow])
    case delete(ModelCondition)
    case update(ModelCondition, adding: Int)
    /// Matching rows get the source's value, or go where it is negative; others are inserted.
    case merge([MergeRow])
    case truncate
    case optimize
    case vacuum
    /// To the version so many before the newest.
    case restore(back: Int)
    case addColumn(String)
    case setProperty(String)
    case checkpoint

    /// Whether it adds rows and reads none.
    var isBlindAppend: Bool { if case .append = self { true } else { false } }

    /// The table after the step.
    ///
    /// - Parameters:
    ///   - state: What the step saw.
    ///   - number: The step's own.
    ///   - target: The version that a restore goes back to.
    /// - Returns: The state that the step leaves.
    func applied(to state: ModelState, number: Int, target: ModelState?) -> ModelState {
        var state = state
        func inserted(_ rows: [MergeRow], _ column: String? = nil) -> [ModelRow] {
            rows.enumerated().map { index, row in
                var new = ModelRow(origin: [number, index], id: row.id, v: row.v, p: row.p)
                if let column { new.extra[column] = row.v }
                return new
            }
        }
        switch self {
        case .append(let rows): state.rows += inserted(rows)
        case .appendWithColumn(let rows, let column):
            if !state.columns.contains(column) { state.columns.append(column) }
            state.rows += inserted(rows, column)
        case .overwrite(let rows): state.rows = inserted(rows)
        case .delete(let condition): state.rows.removeAll { condition.matches($0) }
        case .update(let condition, let added):
            for index in state.rows.indices where condition.matches(state.rows[index]) {
                state.rows[index].v += added
            }
        case .merge(let source):
            let present = Set(state.rows.map(\.id))
            for row in source {
                for index in state.rows.indices where state.rows[index].id == row.id {
                    state.rows[index].v = row.v
                }
            }
            let gone = Set(source.filter { $0.v < 0 }.map(\.id))
            state.rows.removeAll { gone.contains($0.id) }
            for (index, row) in source.enumerated() where !present.contains(row.id) {
                state.rows.append(ModelRow(origin: [number, index], id: row.id, v: row.v, p: row.p))
            }
        case .truncate: state.rows = []
        case .restore: if let target { state = target }
        case .addColumn(let name): state.columns.append(name)
        case .optimize, .vacuum, .setProperty, .checkpoint: break
        }
        return state
    }
}
