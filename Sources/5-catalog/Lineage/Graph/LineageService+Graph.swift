import Base
package import Catalog
import Metastore

extension LineageService {
    /// At most so many nodes are in an answer.
    package static let largestGraph = 10_000

    /// What a node was made from, or what was made from it.
    ///
    /// Cycles are followed once. A node that the principal may not see is left out with all its edges, and nothing is
    /// followed through it.
    ///
    /// - Parameters:
    ///   - key: `LineageNode.key` of where to start.
    ///   - direction: Which way; both if `nil`.
    ///   - depth: How many steps; `nil` is all of them.
    ///   - principal: Who asks.
    /// - Returns: The nodes and the edges between them that were followed; `nil` if the node is not known to lineage or
    ///   may not be seen.
    /// - Throws: `.resourceExhausted` beyond `largestGraph`, and what the metastore throws.
    package func graph(
        from key: String, _ direction: LineageDirection? = nil, depth: Int? = nil, for principal: Principal
    ) async throws -> LineageGraph? {
        await flush()
        let eyes = LineageEyes(self, principal)
        guard let root = try await eyes.nodes([key])[key] else { return nil }
        var graph = LineageGraph(root: root, nodes: [key: root], edges: [])
        var edges: Set<LineageGraph.Edge> = []
        for way in direction.map({ [$0] }) ?? LineageDirection.allCases {
            var reached: Set<String> = [key]
            var level: Set<String> = [key]
            var step = 0
            while !level.isEmpty, step < depth ?? .max {
                step += 1
                let found = try await self.edges(at: level, way)
                let others = Set(found.map { way == .upstream ? $0.source : $0.target })
                let seen = try await eyes.nodes(others)
                for edge in found where seen[way == .upstream ? edge.source : edge.target] != nil {
                    edges.insert(edge)
                }
                level = Set(seen.keys).subtracting(reached)
                reached.formUnion(level)
                for (key, node) in seen where graph.nodes[key] == nil {
                    var node = node
                    node.depth = step
                    graph.nodes[key] = node
                }
                if graph.nodes.count > Self.largestGraph {
                    throw TarnError(
                        .resourceExhausted,
                        "The lineage has more than \(Self.largestGraph) nodes. Ask for a smaller depth.")
                }
            }
        }
        graph.edges = edges.sorted {
            ($0.source, $0.target, $0.job ?? "") < ($1.source, $1.target, $1.job ?? "")
        }
        try await hideJobs(in: &graph, eyes)
        return graph
    }

    /// A job that may not be seen is not named by the edges that it made.
    private func hideJobs(in graph: inout LineageGraph, _ eyes: LineageEyes) async throws {
        let seen = try await eyes.nodes(Set(graph.edges.compactMap(\.job)))
        for index in graph.edges.indices {
            guard let job = graph.edges[index].job else { continue }
            if seen[job] == nil { graph.edges[index].job = nil }
        }
    }

    private func edges(
        at level: Set<String>, _ direction: LineageDirection
    ) async throws -> [LineageGraph.Edge] {
        let column = direction == .upstream ? "target_key" : "source_key"
        return try await metastore.read { db in
            try Self.inParts(level) { part, places in
                try db.rows(
                    "SELECT * FROM lineage_edges WHERE \(column) IN (\(places)) LIMIT 100000", part
                ).map(Self.edge)
            }
        }
    }

    static func edge(_ row: MetastoreRow) throws -> LineageGraph.Edge {
        let job: String = try row("job_key")
        return LineageGraph.Edge(
            source: try row("source_key"), target: try row("target_key"), job: job.isEmpty ? nil : job,
            firstMicroseconds: try row("first_us"), lastMicroseconds: try row("last_us"),
            times: try row("times"), sourceVersion: try row("source_version"),
            targetVersion: try row("target_version"), statementKind: try row("statement_kind"),
            principal: try row("principal"))
    }

    /// Every edge between nodes that the principal may see, in pages, for `system.lineage`.
    ///
    /// - Parameters:
    ///   - principal: Who asks.
    ///   - pageSize: How many edges are read at once.
    ///   - body: Gets some edges, and their nodes by key; answers whether to go on.
    /// - Throws: What `body` and the metastore throw.
    package func forEachEdge(
        for principal: Principal, pageSize: Int = 1000,
        _ body: ([LineageGraph.Edge], [String: LineageGraph.Node]) async throws -> Bool
    ) async throws {
        await flush()
        let eyes = LineageEyes(self, principal)
        var last: (String, String, String) = ("", "", "")
        while true {
            let page = try await metastore.read { [last] db in
                try db.rows(
                    """
                    SELECT * FROM lineage_edges
                    WHERE source_key > ? OR source_key = ? AND (target_key > ? OR target_key = ? AND job_key > ?)
                    ORDER BY source_key, target_key, job_key LIMIT ?
                    """, [last.0, last.0, last.1, last.1, last.2, pageSize]
                ).map(Self.edge)
            }
            guard let end = page.last else { return }
            last = (end.source, end.target, end.job ?? "")
            let nodes = try await eyes.nodes(Set(page.flatMap { [$0.source, $0.target, $0.job ?? ""] }))
            let seen = page.filter { nodes[$0.source] != nil && nodes[$0.target] != nil }.map { edge in
                var edge = edge
                if let job = edge.job, nodes[job] == nil { edge.job = nil }
                return edge
            }
            if try await !body(seen, nodes) { return }
            if page.count < pageSize { return }
        }
    }
}
