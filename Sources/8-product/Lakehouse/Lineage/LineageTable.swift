import Catalog
import Engine
import Lineage
import Query
import TableModel

/// `system.lineage`: an edge a row, of those that the one who asks may see.
enum LineageTable {
    /// As many rows fit the memory; a bigger graph is read through the HTTP API.
    static let mostRows = 1_000_000

    static func make(_ lineage: @escaping @Sendable () async throws -> LineageService) -> SystemTable {
        .rows(
            [
                ("source_type", .string), ("source_name", .string), ("target_type", .string),
                ("target_name", .string), ("job_name", .string), ("statement_kind", .string),
                ("source_version", .long), ("target_version", .long), ("times", .long),
                ("first_seen", .timestamp), ("last_seen", .timestamp), ("principal_id", .string),
            ], "what was made from what; the edges between objects that you may see"
        ) { scope in
            var rows: [[EngineValue]] = []
            try await lineage().forEachEdge(for: scope.principal) { edges, nodes in
                for edge in edges {
                    let tellsWho =
                        scope.principal.isAdministrator || edge.principal == scope.principal.id
                    guard let source = nodes[edge.source], let target = nodes[edge.target] else { continue }
                    rows.append([
                        .string(source.kind.rawValue), .string(source.name), .string(target.kind.rawValue),
                        .string(target.name),
                        edge.job.flatMap { nodes[$0] }.map { .string($0.name) } ?? .null,
                        .string(edge.statementKind), edge.sourceVersion.map { .int64($0) } ?? .null,
                        edge.targetVersion.map { .int64($0) } ?? .null, .int64(edge.times),
                        .timestamp(edge.firstMicroseconds), .timestamp(edge.lastMicroseconds),
                        tellsWho ? .string(edge.principal) : .null,
                    ])
                }
                return rows.count < mostRows
            }
            return rows
        }
    }
}
