import Base
import Catalog
import Lakehouse
import Lineage

extension OpenLineageAPI {
    func graphRoutes() -> [Route] {
        [
            read("/lineage") { try await lineage($0) },
            read("/column-lineage") { try await columnLineage($0) },
        ]
    }

    private func start(_ request: ServerRequest) async throws -> LineageGraph.Node {
        let id = try required(request, "nodeId")
        if let node = try await lake.lineage.find(nodeID: id, for: request.principal) { return node }
        throw Self.unknown("Node", id)
    }

    /// Datasets and jobs around a node; a step of `depth` leads from a dataset to a job or back.
    private func lineage(_ request: ServerRequest) async throws -> JSONValue {
        let root = try await start(request)
        let depth = try number(request, "depth", default: 20, atMost: 1000)
        let lineage = try await lake.lineage
        var nodes: [String: LineageGraph.Node] = [root.key: root]
        var starts = [root.key]
        if root.kind == .job {
            let own = try await lineage.uses(byJobs: true, [root.key], for: request.principal)
            starts = Set(own.uses.map(\.node)).sorted()
        }
        for start in starts {
            let graph = try await lineage.graph(from: start, depth: depth / 2, for: request.principal)
            for (key, node) in graph?.nodes ?? [:] { nodes[key] = node }
        }
        let datasets = Set(nodes.values.filter { $0.kind != .job }.map(\.key))
        let used = try await lineage.uses(byJobs: false, datasets, for: request.principal)
        for use in used.uses where depth > 0 { nodes[use.job] = used.nodes[use.job] }
        let edges = used.uses.filter { nodes[$0.job] != nil && nodes[$0.node] != nil }.map { use in
            use.isInput ? (origin: use.node, destination: use.job) : (origin: use.job, destination: use.node)
        }
        var jobs: [String: JSONValue] = [:]
        let jobNodes = nodes.values.filter { $0.kind == .job }.sorted { $0.key < $1.key }
        for (node, json) in zip(jobNodes, try await self.jobs(jobNodes, request)) { jobs[node.key] = json }
        var graph: [JSONValue] = []
        for node in nodes.values.sorted(by: { $0.openLineageID < $1.openLineageID }) {
            let data: JSONValue
            if let job = jobs[node.key] { data = job } else { data = try await dataset(node) }
            graph.append(
                .object([
                    "id": .string(node.openLineageID),
                    "type": .string(node.kind == .job ? "JOB" : "DATASET"), "data": data,
                    "inEdges": .array(
                        edges.filter { $0.destination == node.key }.map { Self.edge($0, nodes) }),
                    "outEdges": .array(edges.filter { $0.origin == node.key }.map { Self.edge($0, nodes) }),
                ]))
        }
        return .object(["graph": .array(graph)])
    }

    private static func edge(
        _ edge: (origin: String, destination: String), _ nodes: [String: LineageGraph.Node]
    ) -> JSONValue {
        .object([
            "origin": .string(nodes[edge.origin]?.openLineageID ?? ""),
            "destination": .string(nodes[edge.destination]?.openLineageID ?? ""),
        ])
    }

    /// Where the columns of a dataset, or one of them, come from; with `withDownstream=true` also where they go.
    private func columnLineage(_ request: ServerRequest) async throws -> JSONValue {
        let id = try required(request, "nodeId")
        let lineage = try await lake.lineage
        let depth = try number(request, "depth", default: 20, atMost: 1000)
        var root: LineageGraph.Node?
        var column: String?
        if id.hasPrefix("datasetField:"), let colon = id.lastIndex(of: ":") {
            let dataset = "dataset:" + id.dropFirst("datasetField:".count)[..<colon]
            column = String(id[id.index(after: colon)...])
            root = try await lineage.find(nodeID: dataset, for: request.principal)
        } else {
            root = try await lineage.find(nodeID: id, for: request.principal)
        }
        guard let root else { throw Self.unknown("Node", id) }
        let names = ColumnNames(try await lake.catalog)
        var columns: Set<String>?
        if let column { columns = [try await names.key(of: column, in: root)] }
        var ways: [LineageDirection] = [.upstream]
        if request.query("withDownstream") == "true" { ways.append(.downstream) }
        var edges: Set<ColumnLineage.Edge> = []
        var nodes: [String: LineageGraph.Node] = [root.key: root]
        for way in ways {
            let found = try await lineage.columnLineage(
                from: root.key, columns: columns, way, depth: depth, for: request.principal)
            edges.formUnion(found.edges.filter { $0.target.column != ColumnEdge.everyColumn })
            nodes.merge(found.nodes) { first, _ in first }
        }
        let all = Set(edges.flatMap { [$0.source, $0.target] })
        var ids: [ColumnLineage.Column: (id: String, name: String, node: LineageGraph.Node)] = [:]
        for column in all {
            guard let node = nodes[column.node] else { continue }
            let name = try await names.name(of: column.column, in: node)
            ids[column] = ("datasetField:\(node.namespace):\(node.openLineageName):\(name)", name, node)
        }
        func edge(_ edge: ColumnLineage.Edge) -> JSONValue {
            .object([
                "origin": .string(ids[edge.source]?.id ?? ""),
                "destination": .string(ids[edge.target]?.id ?? ""),
            ])
        }
        let graph = ids.sorted { $0.value.id < $1.value.id }.map { column, entry -> JSONValue in
            let incoming = edges.filter { $0.target == column }.sorted {
                (ids[$0.source]?.id ?? "") < (ids[$1.source]?.id ?? "")
            }
            let outgoing = edges.filter { $0.source == column }.sorted {
                (ids[$0.target]?.id ?? "") < (ids[$1.target]?.id ?? "")
            }
            let inputs = incoming.compactMap { ids[$0.source] }.map { input -> JSONValue in
                .object([
                    "namespace": .string(input.node.namespace),
                    "dataset": .string(input.node.openLineageName),
                    "field": .string(input.name),
                ])
            }
            return .object([
                "id": .string(entry.id), "type": .string("DATASET_FIELD"),
                "data": .object([
                    "namespace": .string(entry.node.namespace),
                    "dataset": .string(entry.node.openLineageName), "field": .string(entry.name),
                    "fieldType": .null, "transformationDescription": .null, "transformationType": .null,
                    "inputFields": .array(inputs),
                ]),
                "inEdges": .array(incoming.map(edge)), "outEdges": .array(outgoing.map(edge)),
            ])
        }
        return .object(["graph": .array(graph)])
    }
}
