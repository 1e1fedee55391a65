/// Which way to follow the edges.
package enum LineageDirection: String, Sendable, CaseIterable {
    /// To what a node was made from.
    case upstream
    /// To what was made from a node.
    case downstream
}

/// A part of the graph that a principal may see.
package struct LineageGraph: Sendable {
    /// A node as the one who asks sees it.
    package struct Node: Hashable, Sendable {
        package var key: String
        package var kind: LineageKind
        package var namespace: String
        /// Of a table: as it is called now, or was when it was dropped.
        package var name: String
        package var catalogID: String?
        /// A table that was dropped.
        package var isPast: Bool
        package var createdMicroseconds: Int64
        package var updatedMicroseconds: Int64
        /// A JSON object: OpenLineage's facets, by their names.
        package var facets: String
        /// Steps from where the question started.
        package var depth: Int
    }

    package struct Edge: Hashable, Sendable {
        package var source: String
        package var target: String
        /// The key of the job; `nil` where none is known.
        package var job: String?
        package var firstMicroseconds: Int64
        package var lastMicroseconds: Int64
        package var times: Int64
        package var sourceVersion: Int64?
        package var targetVersion: Int64?
        package var statementKind: String
        package var principal: String
    }

    package var root: Node
    /// With the root, by their keys.
    package var nodes: [String: Node]
    package var edges: [Edge]

    /// The nodes one step further from a node, in the order of their names.
    package func next(to key: String, _ direction: LineageDirection) -> [Node] {
        let keys = Set(
            edges.compactMap { edge -> String? in
                switch direction {
                case .upstream: edge.target == key ? edge.source : nil
                case .downstream: edge.source == key ? edge.target : nil
                }
            })
        return keys.compactMap { nodes[$0] }.sorted { ($0.name, $0.key) < ($1.name, $1.key) }
    }
}
