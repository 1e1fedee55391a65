import Base
import Catalog
import Metastore

/// What one principal sees of the graph, within one question.
///
/// A table is seen as the catalog says, and one that was dropped by administrators alone. A job that stands for
/// statements is seen like what they write. Anything else is seen by administrators, by who reported it, and by who
/// sees all that it is made from, of which there has to be something.
final class LineageEyes {
    private let service: LineageService
    private let catalog: CatalogService
    private let isAdministrator: Bool
    private let principalID: String
    /// `nil` for what may not be seen.
    private var known: [String: LineageGraph.Node?] = [:]

    init(_ service: LineageService, _ principal: Principal) {
        self.service = service
        catalog = service.catalog.acting(as: principal)
        isAdministrator = principal.isAdministrator
        principalID = principal.id
    }

    private struct Row: Sendable {
        var node: LineageGraph.Node
        var subject: String?
        var reporter: String
    }

    /// Those of some nodes that are seen.
    func nodes(_ keys: Set<String>) async throws -> [String: LineageGraph.Node] {
        try await look(at: keys.subtracting(known.keys))
        var found: [String: LineageGraph.Node] = [:]
        for key in keys { if let node = known[key] ?? nil { found[key] = node } }
        return found
    }

    private func look(at keys: Set<String>) async throws {
        if keys.isEmpty { return }
        let rows = try await rows(keys)
        // Until it is known otherwise, so that a cycle ends.
        for key in keys { known[key] = .some(nil) }
        let tables = try await catalog.visibleTables(ids: rows.compactMap(\.node.catalogID))
        var others: [Row] = []
        for row in rows {
            var node = row.node
            if let id = node.catalogID, node.kind == .table {
                if let entry = tables[id] {
                    node.name = entry.name.description
                    known[node.key] = node
                } else if isAdministrator {
                    node.isPast = true
                    known[node.key] = node
                }
            } else {
                others.append(row)
            }
        }
        let subjects = try await nodes(Set(others.compactMap(\.subject)))
        for row in others {
            var node = row.node
            if let subject = row.subject {
                guard let seen = subjects[subject] else { continue }
                let verb = node.name.prefix { $0 != " " }
                node.name = "\(verb) \(seen.name)"
                known[node.key] = node
            } else {
                let sees: Bool
                if isAdministrator || row.reporter == principalID {
                    sees = true
                } else {
                    sees = try await seesAllSources(of: node.key)
                }
                if sees { known[node.key] = node }
            }
        }
    }

    private func seesAllSources(of key: String) async throws -> Bool {
        let sources = Set(
            try await service.metastore.read { db -> [String] in
                try db.column(
                    """
                    SELECT source_key FROM lineage_edges WHERE target_key = ?
                    UNION SELECT node_key FROM lineage_job_tables WHERE job_key = ?
                    """, [key, key])
            })
        if sources.isEmpty { return false }
        return try await nodes(sources).count == sources.count
    }

    private func rows(_ keys: Set<String>) async throws -> [Row] {
        try await service.metastore.read { db in
            try LineageService.inParts(keys) { part, places in
                try db.rows(
                    """
                    SELECT node_key, kind, catalog_id, namespace, name, subject_key, facets, created_us,
                        created_by, updated_us
                    FROM lineage_nodes WHERE node_key IN (\(places))
                    """, part
                ).compactMap { row in
                    guard let kind = LineageKind(rawValue: try row("kind")) else { return nil }
                    return Row(
                        node: LineageGraph.Node(
                            key: try row("node_key"), kind: kind, namespace: try row("namespace"),
                            name: try row("name"), catalogID: try row("catalog_id"), isPast: false,
                            createdMicroseconds: try row("created_us"),
                            updatedMicroseconds: try row("updated_us"), facets: try row("facets"), depth: 0),
                        subject: try row("subject_key"), reporter: try row("created_by"))
                }
            }
        }
    }
}

extension LineageService {
    /// Asks for many keys in parts that a statement can take.
    static func inParts<T>(
        _ keys: Set<String>, _ body: ([String], _ places: String) throws -> [T]
    ) rethrows -> [T] {
        var rest = keys.sorted()[...]
        var found: [T] = []
        while !rest.isEmpty {
            let part = Array(rest.prefix(400))
            rest = rest.dropFirst(400)
            found += try body(part, part.map { _ in "?" }.joined(separator: ", "))
        }
        return found
    }
}
