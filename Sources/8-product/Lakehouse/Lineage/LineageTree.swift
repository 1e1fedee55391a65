package import Base
package import Lineage

/// A part of the graph as a tree for people, and as JSON for programs.
package enum LineageTree {
    /// ```
    /// main.default.totals
    /// ├─ main.default.orders
    /// │  └─ file /data/orders.csv
    /// └─ main.default.rates
    /// ```
    ///
    /// A node that was shown before is not followed again.
    package static func lines(_ graph: LineageGraph, _ direction: LineageDirection) -> [String] {
        var shown: Set<String> = [graph.root.key]
        var lines = [label(graph.root)]
        func add(_ key: String, _ indent: String) {
            let next = graph.next(to: key, direction)
            for (index, node) in next.enumerated() {
                let isLast = index == next.count - 1
                let isNew = shown.insert(node.key).inserted
                let again = isNew || graph.next(to: node.key, direction).isEmpty ? "" : " (see above)"
                lines.append(indent + (isLast ? "└─ " : "├─ ") + label(node) + again)
                if isNew { add(node.key, indent + (isLast ? "   " : "│  ")) }
            }
        }
        add(graph.root.key, "")
        return lines
    }

    private static func label(_ node: LineageGraph.Node) -> String {
        let words =
            switch node.kind {
            case .table: node.name
            case .dataset: "\(node.namespace) \(node.name)"
            default: "\(node.kind.rawValue.replacing("_", with: " ")) \(node.name)"
            }
        return node.isPast ? words + " (dropped)" : words
    }

    package static func json(_ graph: LineageGraph) -> JSONValue {
        let nodes = graph.nodes.values.sorted { ($0.depth, $0.openLineageID) < ($1.depth, $1.openLineageID) }
        func id(_ key: String) -> JSONValue { .string(graph.nodes[key]?.openLineageID ?? "") }
        return .object([
            "root": id(graph.root.key),
            "nodes": .array(
                nodes.map { node in
                    .object([
                        "id": .string(node.openLineageID), "kind": .string(node.kind.rawValue),
                        "name": .string(node.name), "depth": .int(Int64(node.depth)),
                        "dropped": .bool(node.isPast),
                    ])
                }),
            "edges": .array(
                graph.edges.map { edge in
                    .object([
                        "source": id(edge.source), "target": id(edge.target),
                        "statement": .string(edge.statementKind), "times": .int(edge.times),
                        "first_us": .int(edge.firstMicroseconds), "last_us": .int(edge.lastMicroseconds),
                        "source_version": edge.sourceVersion.map { .int($0) } ?? .null,
                        "target_version": edge.targetVersion.map { .int($0) } ?? .null,
                    ])
                }),
        ])
    }
}
