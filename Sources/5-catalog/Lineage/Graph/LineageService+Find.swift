import Base
package import Catalog
import Metastore

extension LineageGraph.Node {
    /// By what name OpenLineage's programs know it, within its namespace.
    ///
    /// Tables and datasets by their own; what OpenLineage has no kind for with its kind before it:
    /// `feature_view/trips`.
    package var openLineageName: String {
        switch kind {
        case .table, .dataset, .job: name
        default: "\(kind.rawValue)/\(name)"
        }
    }

    /// `dataset:NAMESPACE:NAME` or `job:NAMESPACE:NAME`, as Marquez writes it.
    package var openLineageID: String {
        "\(kind == .job ? "job" : "dataset"):\(namespace):\(openLineageName)"
    }
}

extension LineageService {
    /// The node that Marquez's `nodeId` means.
    ///
    /// Namespaces hold colons and so may names, so every way to cut the text in two is tried.
    ///
    /// - Returns: `nil` if there is none that the principal may see.
    package func find(nodeID: String, for principal: Principal) async throws -> LineageGraph.Node? {
        let isJob = nodeID.hasPrefix("job:")
        guard isJob || nodeID.hasPrefix("dataset:") else { return nil }
        let rest = nodeID.dropFirst(isJob ? 4 : 8)
        for index in rest.indices where rest[index] == ":" {
            let name = String(rest[rest.index(after: index)...])
            if name.isEmpty || index == rest.startIndex { continue }
            let namespace = String(rest[..<index])
            if let found = try await find(isJob, namespace: namespace, name: name, for: principal) {
                return found
            }
        }
        return nil
    }

    /// The dataset or job of a namespace and a name.
    package func find(
        _ isJob: Bool, namespace: String, name: String, for principal: Principal
    ) async throws -> LineageGraph.Node? {
        await flush()
        let eyes = LineageEyes(self, principal)
        for key in try await keys(isJob, namespace: namespace, name: name, for: principal) {
            if let node = try await eyes.nodes([key])[key] { return node }
        }
        return nil
    }

    private func keys(
        _ isJob: Bool, namespace: String, name: String, for principal: Principal
    ) async throws -> [String] {
        let visible = catalog.acting(as: principal)
        if isJob {
            var keys = [LineageNode(.job, namespace: namespace, name: name).key]
            // What stands for statements is named after their table, whose name may have changed.
            if namespace == LineageNode.ownNamespace, let space = name.firstIndex(of: " ") {
                let table = String(name[name.index(after: space)...])
                if let parsed = try? QualifiedName(table), let entry = try? await visible.table(parsed) {
                    keys.append(
                        LineageNode(.job, namespace: namespace, name: "\(name[..<space]) \(entry.id)").key)
                }
            }
            return keys
        }
        var keys = [try await node(namespace: namespace, name: name, in: visible).key]
        if namespace == LineageNode.ownNamespace {
            if let slash = name.firstIndex(of: "/"), let kind = LineageKind(rawValue: String(name[..<slash]))
            {
                keys.append(LineageNode(kind, name: String(name[name.index(after: slash)...])).key)
            }
            // A table that was dropped goes by its last name.
            keys += try await metastore.read { db in
                try db.column(
                    """
                    SELECT node_key FROM lineage_nodes WHERE namespace = ? AND name = ? AND kind <> 'job'
                    ORDER BY updated_us DESC
                    """, [namespace, name])
            }
        }
        return keys
    }

    /// All datasets or jobs that a principal may see, in the order of their namespaces and names.
    ///
    /// - Parameters:
    ///   - isJob: Which of the two; `nil` is both.
    ///   - namespace: `nil` is all.
    ///   - text: What the name has to hold, in any case.
    ///   - principal: Who asks.
    /// - Returns: All of them.
    /// - Throws: What the metastore throws.
    package func nodes(
        _ isJob: Bool?, namespace: String? = nil, holding text: String? = nil, for principal: Principal
    ) async throws -> [LineageGraph.Node] {
        await flush()
        let keys = try await metastore.read { db -> [String] in
            switch (isJob, namespace) {
            case (nil, let namespace?):
                try db.column("SELECT node_key FROM lineage_nodes WHERE namespace = ?", [namespace])
            case (nil, nil): try db.column("SELECT node_key FROM lineage_nodes")
            case (let isJob?, let namespace):
                try db.column(
                    """
                    SELECT node_key FROM lineage_nodes WHERE (kind = 'job') = (? = 1)
                        AND (? = 1 OR namespace = ?)
                    """, [isJob ? 1 : 0, namespace == nil ? 1 : 0, namespace ?? ""])
            }
        }
        let seen = try await LineageEyes(self, principal).nodes(Set(keys))
        let wanted = text?.lowercased()
        return seen.values.filter { node in
            wanted.map { node.openLineageName.lowercased().contains($0) } ?? true
        }.sorted { ($0.namespace, $0.openLineageName, $0.key) < ($1.namespace, $1.openLineageName, $1.key) }
    }
}
