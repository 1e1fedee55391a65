import Base
package import Catalog
package import Lineage

/// Questions about lineage as people ask them: by names, of tables or of columns.
package struct LineageQuestions: Sendable {
    /// What a name means.
    package struct Subject: Sendable {
        package var node: LineageGraph.Node
        /// The key of one of its columns, and what it is called.
        package var column: (key: String, name: String)?
    }

    /// Something that would no longer work, or work otherwise.
    package struct Impacted: Hashable, Sendable {
        package enum Certainty: String, Hashable, Sendable {
            /// A column is made from it.
            case value
            /// It decides which rows there are: in a filter, a join, a group or an order.
            case rows
            /// The table as a whole is made from it, and it is not known from which columns.
            case unknown
        }

        package var kind: String
        package var name: String
        /// Those that are made from it; none where the whole object is.
        package var columns: [String]
        package var certainty: Certainty
        package var depth: Int
    }

    /// The names of policies that use a table, or a column of it by its key.
    package typealias PolicyNames =
        @Sendable (_ tableID: String, _ columnKey: String?) async throws -> [String]

    let lineage: LineageService
    let catalog: CatalogService
    let principal: Principal
    let policies: PolicyNames

    package init(
        _ lineage: LineageService, catalog: CatalogService, as principal: Principal = .system,
        policies: @escaping PolicyNames = { _, _ in [] }
    ) {
        self.lineage = lineage
        self.catalog = catalog.acting(as: principal)
        self.principal = principal
        self.policies = policies
    }

    /// Reads `table`, `schema.table.column`, `feature_view/trips`, `dataset:s3://lake:raw/orders`, ...
    ///
    /// - Throws: `.notFound` where lineage knows nothing of that name that may be seen.
    package func subject(_ text: String) async throws -> Subject {
        if let node = try await node(text) { return Subject(node: node) }
        if let dot = text.lastIndex(of: "."), let node = try await node(String(text[..<dot])) {
            let name = String(text[text.index(after: dot)...])
            let key = try await ColumnNames(catalog).key(of: name, in: node)
            return Subject(node: node, column: (key, name))
        }
        // A table that nothing was ever made from or of is there all the same: it has no lineage.
        if let name = try? QualifiedName(text) { _ = try await catalog.table(name) }
        throw TarnError(.notFound, "Nothing is known of where '\(text.prefix(300))' comes from or goes to.")
    }

    private func node(_ text: String) async throws -> LineageGraph.Node? {
        if text.hasPrefix("dataset:") || text.hasPrefix("job:") {
            return try await lineage.find(nodeID: text, for: principal)
        }
        return try await lineage.find(
            false, namespace: LineageNode.ownNamespace, name: text, for: principal)
    }

    /// As `LineageService.graph`.
    package func graph(
        of subject: Subject, _ direction: LineageDirection, depth: Int?
    ) async throws -> LineageGraph? {
        try await lineage.graph(from: subject.node.key, direction, depth: depth, for: principal)
    }

    /// The columns that a column comes from or goes to: a row an edge, with tables and columns by their names.
    package func columns(
        of subject: Subject, _ direction: LineageDirection, depth: Int?
    ) async throws -> [[String?]] {
        let found = try await lineage.columnLineage(
            from: subject.node.key, columns: subject.column.map { [$0.key] }, direction, depth: depth,
            for: principal)
        let names = ColumnNames(catalog)
        var rows: [[String?]] = []
        for edge in found.edges {
            guard let source = found.nodes[edge.source.node], let target = found.nodes[edge.target.node]
            else { continue }
            rows.append([
                source.name, try await names.name(of: edge.source.column, in: source), target.name,
                try await names.name(of: edge.target.column, in: target),
            ])
        }
        return rows
    }

    /// What breaks when a table, or one column of it, is dropped.
    ///
    /// - Returns: The nearest first.
    package func impact(of subject: Subject) async throws -> [Impacted] {
        let graph = try await lineage.graph(from: subject.node.key, .downstream, for: principal)
        var impacted: [Impacted] = []
        if let column = subject.column {
            impacted = try await impact(of: column.key, subject.node, graph)
        } else {
            impacted = (graph?.nodes.values.filter { $0.key != subject.node.key } ?? []).map { node in
                Impacted(
                    kind: node.kind.rawValue, name: node.name, columns: [], certainty: .value,
                    depth: node.depth)
            }
        }
        if let id = subject.node.catalogID {
            impacted += try await policies(id, subject.column?.key).map {
                Impacted(kind: "policy", name: $0, columns: [], certainty: .value, depth: 1)
            }
        }
        return impacted.sorted { ($0.depth, $0.kind, $0.name) < ($1.depth, $1.kind, $1.name) }
    }

    private func impact(
        of column: String, _ root: LineageGraph.Node, _ graph: LineageGraph?
    ) async throws -> [Impacted] {
        let found = try await lineage.columnLineage(
            from: root.key, columns: [column], .downstream, for: principal)
        let everything = try await lineage.columnLineage(
            from: root.key, columns: nil, .downstream, for: principal)
        let names = ColumnNames(catalog)
        var impacted: [Impacted] = []
        for (key, node) in found.nodes where key != root.key {
            let keys = Set(found.edges.map(\.target).filter { $0.node == key }.map(\.column))
            var columns: [String] = []
            for column in keys where column != ColumnEdge.everyColumn {
                columns.append(try await names.name(of: column, in: node))
            }
            impacted.append(
                Impacted(
                    kind: node.kind.rawValue, name: node.name, columns: columns.sorted(),
                    certainty: columns.isEmpty ? .rows : .value, depth: graph?.nodes[key]?.depth ?? 1))
        }
        for node in graph?.nodes.values ?? [:].values
        where node.key != root.key && everything.nodes[node.key] == nil {
            impacted.append(
                Impacted(
                    kind: node.kind.rawValue, name: node.name, columns: [], certainty: .unknown,
                    depth: node.depth))
        }
        return impacted
    }
}
