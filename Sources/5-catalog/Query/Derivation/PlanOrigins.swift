internal import Base

/// Follows the columns of a bound plan, as `json_serialize_plan` writes it, down to the tables that it scans.
///
/// In such a plan an operator's expressions refer to the columns of its children by their place.
struct PlanOrigins {
    /// A column of a stand-in, by their numbers.
    struct Origin: Hashable {
        var source: Int
        var column: Int
    }
    typealias Columns = [Set<Origin>]

    /// What filters, join conditions, groups and orders use.
    private(set) var deciding: Set<Origin> = []
    private let sourceNumber: (String) -> Int?
    private var tables: [Int64: Columns] = [:]
    /// Those that the surrounding joins hand to their inner sides.
    private var outer: [Columns] = []

    init(sourceNumber: @escaping (String) -> Int?) { self.sourceNumber = sourceNumber }

    /// The origins of each column that an operator gives; `nil` for an operator that is not known.
    mutating func columns(_ node: JSONValue) -> Columns? {
        let children = node["children"]?.array ?? []
        switch node["type"]?.string ?? "" {
        case "LOGICAL_GET": return scan(node, children)
        case "LOGICAL_PROJECTION":
            guard let below = only(children) else { return nil }
            return origins(node["expressions"], below)
        case "LOGICAL_FILTER":
            guard let below = only(children) else { return nil }
            decide(node["expressions"], below)
            return picked(below, node["projection_map"])
        case "LOGICAL_ORDER_BY":
            guard let below = only(children) else { return nil }
            decide(node["orders"], below)
            return picked(below, node["projections"])
        case "LOGICAL_TOP_N", "LOGICAL_LIMIT", "LOGICAL_DISTINCT", "LOGICAL_SAMPLE":
            guard let below = only(children) else { return nil }
            decide(node["orders"], below)
            return below
        case "LOGICAL_AGGREGATE_AND_GROUP_BY":
            guard let below = only(children) else { return nil }
            decide(node["groups"], below)
            let functions = node["grouping_functions"]?.array?.count ?? 0
            return origins(node["groups"], below) + origins(node["expressions"], below)
                + Array(repeating: [], count: functions)
        case "LOGICAL_WINDOW", "LOGICAL_UNNEST":
            guard let below = only(children) else { return nil }
            return below + origins(node["expressions"], below)
        case "LOGICAL_COMPARISON_JOIN", "LOGICAL_ANY_JOIN", "LOGICAL_ASOF_JOIN", "LOGICAL_DELIM_JOIN",
            "LOGICAL_DEPENDENT_JOIN":
            return join(node, children)
        case "LOGICAL_CROSS_PRODUCT", "LOGICAL_POSITIONAL_JOIN":
            guard children.count == 2, let left = columns(children[0]), let right = columns(children[1])
            else { return nil }
            return left + right
        case "LOGICAL_UNION", "LOGICAL_INTERSECT", "LOGICAL_EXCEPT": return together(node, children)
        case "LOGICAL_MATERIALIZED_CTE":
            guard children.count == 2, let made = columns(children[0]) else { return nil }
            if let number = node["table_index"]?.int64 { tables[number] = made }
            return columns(children[1])
        case "LOGICAL_RECURSIVE_CTE":
            guard children.count == 2, var made = columns(children[0]) else { return nil }
            // A column may reach another one in as many rounds as there are columns.
            for _ in 0...min(made.count, 32) {
                if let number = node["table_index"]?.int64 { tables[number] = made }
                guard let more = columns(children[1]) else { return nil }
                let joined = zip(made, more).map { $0.union($1) }
                if joined == made { break }
                made = joined
            }
            return made
        case "LOGICAL_CTE_REF":
            return node["cte_index"]?.int64.flatMap { tables[$0] }
        case "LOGICAL_DELIM_GET":
            let count = node["chunk_types"]?.array?.count ?? 0
            guard let given = outer.last(where: { $0.count == count }) else { return nil }
            return given
        case "LOGICAL_DUMMY_SCAN": return [[]]
        case "LOGICAL_EXPRESSION_GET":
            let below = only(children) ?? []
            let rows = (node["expressions"]?.array ?? []).map { origins($0, below) }
            let width = node["expr_types"]?.array?.count ?? 0
            return (0..<width).map { column in
                rows.reduce(into: []) { found, row in
                    if row.indices.contains(column) { found.formUnion(row[column]) }
                }
            }
        case "LOGICAL_EMPTY_RESULT":
            return Array(repeating: [], count: node["return_types"]?.array?.count ?? 0)
        default: return nil
        }
    }

    private mutating func only(_ children: [JSONValue]) -> Columns? {
        children.count == 1 ? columns(children[0]) : nil
    }

    private mutating func scan(_ node: JSONValue, _ children: [JSONValue]) -> Columns? {
        let name = node["function_data"]?["table"]?.string ?? ""
        let indexes = (node["column_indexes"]?.array ?? []).map { $0["index"]?.int64 }
        let source = sourceNumber(name)
        let width = node["returned_types"]?.array?.count ?? 0
        var below: Columns = []
        if let child = children.first {
            guard let columns = columns(child) else { return nil }
            below = columns
        }
        // A table function over rows may make anything from all of them.
        let all = below.reduce(into: Set<Origin>()) { $0.formUnion($1) }
        var scanned: Columns = indexes.map { index in
            guard let source else { return all }
            guard let index, index < Int64(width) else { return [] }
            return [Origin(source: source, column: Int(index))]
        }
        if let kept = node["projection_ids"]?.array, !kept.isEmpty {
            scanned = kept.compactMap { $0.int64.map(Int.init) }.compactMap {
                scanned.indices.contains($0) ? scanned[$0] : nil
            }
        }
        let handed = (node["projected_input"]?.array ?? []).compactMap { $0.int64.map(Int.init) }
        return scanned + handed.map { below.indices.contains($0) ? below[$0] : [] }
    }

    private mutating func join(_ node: JSONValue, _ children: [JSONValue]) -> Columns? {
        guard children.count == 2 else { return nil }
        let isFlipped = node["delim_flipped"]?.bool == true
        let given = node["duplicate_eliminated_columns"]?.array ?? []
        var sides: [Columns?] = [nil, nil]
        let first = isFlipped ? 1 : 0
        guard let outside = columns(children[first]) else { return nil }
        sides[first] = outside
        if !given.isEmpty { outer.append(origins(node["duplicate_eliminated_columns"], outside)) }
        defer { if !given.isEmpty { outer.removeLast() } }
        sides[1 - first] = columns(children[1 - first])
        guard let left = sides[0], let right = sides[1] else { return nil }
        for condition in node["conditions"]?.array ?? [] {
            for (side, below) in [("left", left), ("right", right)] {
                if let expression = condition[side] { decide(.array([expression]), below) }
            }
        }
        for name in ["condition", "predicate", "expressions"] {
            if let expression = node[name] { decide(.array([expression]), left + right) }
        }
        let (kept, other) = (
            picked(left, node["left_projection_map"]), picked(right, node["right_projection_map"])
        )
        switch node["join_type"]?.string ?? "" {
        case "SEMI", "ANTI": return kept
        case "RIGHT_SEMI", "RIGHT_ANTI": return other
        // Whether there is a match depends on all columns of the other side.
        case "MARK": return kept + [right.reduce(into: []) { $0.formUnion($1) }]
        default: return kept + other
        }
    }

    private mutating func together(_ node: JSONValue, _ children: [JSONValue]) -> Columns? {
        var made: Columns?
        for child in children {
            guard let columns = columns(child) else { return nil }
            guard let known = made else {
                made = columns
                continue
            }
            if node["type"]?.string == "LOGICAL_EXCEPT" {
                for column in columns { deciding.formUnion(column) }
            } else {
                made = zip(known, columns).map { $0.union($1) }
            }
        }
        return made
    }

    private func picked(_ columns: Columns, _ map: JSONValue?) -> Columns {
        guard let places = map?.array, !places.isEmpty else { return columns }
        return places.compactMap { $0.int64.map(Int.init) }.map {
            columns.indices.contains($0) ? columns[$0] : []
        }
    }

    private func origins(_ expressions: JSONValue?, _ below: Columns) -> Columns {
        (expressions?.array ?? []).map { expression in
            var found: Set<Origin> = []
            Self.collect(expression, below, &found)
            return found
        }
    }

    private mutating func decide(_ expressions: JSONValue?, _ below: Columns) {
        for columns in origins(expressions, below) { deciding.formUnion(columns) }
    }

    private static func collect(_ value: JSONValue, _ below: Columns, _ found: inout Set<Origin>) {
        switch value {
        case .array(let items): for item in items { collect(item, below, &found) }
        case .object(let object):
            let kind = object["expression_class"]?.string
            if kind == "BOUND_CONSTANT" { return }
            if kind == "BOUND_REF", let index = object["index"]?.int64, below.indices.contains(Int(index)) {
                found.formUnion(below[Int(index)])
            }
            // Inside a lambda, references are to its own arguments; what it takes from outside are children.
            for (name, member) in object.members where name != "lambda_expr" {
                collect(member, below, &found)
            }
        default: return
        }
    }
}
