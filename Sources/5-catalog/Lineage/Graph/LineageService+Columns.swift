import Base
package import Catalog
import Metastore

/// Which columns the values of some columns come from, or go to.
package struct ColumnLineage: Sendable {
    package struct Column: Hashable, Sendable {
        package var node: String
        package var column: String

        package init(node: String, column: String) {
            self.node = node
            self.column = column
        }
    }
    package struct Edge: Hashable, Sendable {
        package var source: Column
        package var target: Column
        package var lastMicroseconds: Int64
    }

    package var nodes: [String: LineageGraph.Node]
    package var edges: [Edge]
}

extension LineageService {
    /// Follows columns as `graph` follows tables.
    ///
    /// - Parameters:
    ///   - key: The node's.
    ///   - columns: Keys of its columns; `nil` is all.
    ///   - direction: Which way.
    ///   - depth: How many steps; `nil` is all.
    ///   - principal: Who asks.
    /// - Returns: The edges followed; none where nothing is known or may be seen.
    /// - Throws: `.resourceExhausted` beyond `largestGraph` columns, and what the metastore throws.
    package func columnLineage(
        from key: String, columns: Set<String>?, _ direction: LineageDirection, depth: Int? = nil,
        for principal: Principal
    ) async throws -> ColumnLineage {
        await flush()
        let eyes = LineageEyes(self, principal)
        guard let root = try await eyes.nodes([key])[key] else { return ColumnLineage(nodes: [:], edges: []) }
        var answer = ColumnLineage(nodes: [key: root], edges: [])
        let first = try await columnEdges(at: [key], direction).filter {
            columns?.contains((direction == .upstream ? $0.target : $0.source).column) ?? true
        }
        var reached = Set(first.map { direction == .upstream ? $0.target : $0.source })
        var level = reached
        var seenEdges: Set<ColumnLineage.Edge> = []
        var step = 0
        while !level.isEmpty, step < depth ?? .max {
            step += 1
            let found = try await columnEdges(at: Set(level.map(\.node)), direction).filter {
                level.contains(direction == .upstream ? $0.target : $0.source)
            }
            let seen = try await eyes.nodes(
                Set(found.map { (direction == .upstream ? $0.source : $0.target).node }))
            var next: Set<ColumnLineage.Column> = []
            for edge in found {
                let other = direction == .upstream ? edge.source : edge.target
                guard let node = seen[other.node] else { continue }
                if answer.nodes[other.node] == nil { answer.nodes[other.node] = node }
                seenEdges.insert(edge)
                next.insert(other)
            }
            level = next.subtracting(reached)
            reached.formUnion(level)
            if reached.count > Self.largestGraph {
                throw TarnError(
                    .resourceExhausted,
                    "The lineage has more than \(Self.largestGraph) columns. Ask for a smaller depth.")
            }
        }
        answer.edges = seenEdges.sorted {
            ($0.target.node, $0.target.column, $0.source.node, $0.source.column)
                < ($1.target.node, $1.target.column, $1.source.node, $1.source.column)
        }
        return answer
    }

    private func columnEdges(
        at nodes: Set<String>, _ direction: LineageDirection
    ) async throws -> [ColumnLineage.Edge] {
        let column = direction == .upstream ? "target_key" : "source_key"
        return try await metastore.read { db in
            try Self.inParts(nodes) { part, places in
                try db.rows("SELECT * FROM lineage_columns WHERE \(column) IN (\(places)) LIMIT 100000", part)
                    .map { row in
                        ColumnLineage.Edge(
                            source: .init(node: try row("source_key"), column: try row("source_column")),
                            target: .init(node: try row("target_key"), column: try row("target_column")),
                            lastMicroseconds: try row("last_us"))
                    }
            }
        }
    }
}
