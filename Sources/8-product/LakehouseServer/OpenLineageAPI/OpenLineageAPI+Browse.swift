import Base
import Catalog
import Lakehouse
import Lineage

extension OpenLineageAPI {
    func browseRoutes() -> [Route] {
        [
            read("/namespaces") { try await namespaces($0) },
            read("/namespaces/{namespace}") { request in
                let name = request.parameters[0]
                let nodes = try await lake.lineage.nodes(nil, namespace: name, for: request.principal)
                guard let namespace = Self.namespaces(nodes).first else {
                    throw Self.unknown("Namespace", name)
                }
                return namespace
            },
            read("/namespaces/{namespace}/datasets") { request in
                let nodes = try await lake.lineage.nodes(
                    false, namespace: request.parameters[0], for: request.principal)
                let page = try page(nodes, request)
                var datasets: [JSONValue] = []
                for node in page { datasets.append(try await dataset(node)) }
                return .object(["totalCount": .int(Int64(nodes.count)), "datasets": .array(datasets)])
            },
            read("/namespaces/{namespace}/datasets/{dataset}") { request in
                try await dataset(try await found(false, request))
            },
            read("/namespaces/{namespace}/jobs") { request in
                let nodes = try await lake.lineage.nodes(
                    true, namespace: request.parameters[0], for: request.principal)
                let jobs = try await jobs(try page(nodes, request), request)
                return .object(["totalCount": .int(Int64(nodes.count)), "jobs": .array(jobs)])
            },
            read("/namespaces/{namespace}/jobs/{job}") { request in
                try await jobs([try await found(true, request)], request).first ?? .null
            },
            read("/namespaces/{namespace}/jobs/{job}/runs") { request in
                let job = try await found(true, request)
                let runs = try await lake.lineage.runs(
                    ofJob: job.key,
                    limit: try number(request, "limit", default: 100, atMost: Self.largestPage),
                    offset: try number(request, "offset", default: 0, atMost: .max))
                return .object([
                    "totalCount": .int(runs.total), "runs": .array(runs.runs.map(MarquezJSON.run)),
                ])
            },
            read("/jobs/runs/{id}") { request in
                let id = request.parameters[0]
                guard let (run, job) = try await lake.lineage.run(id: id, for: request.principal) else {
                    throw Self.unknown("Run", id)
                }
                guard case .object(var object) = MarquezJSON.run(run) else { return .null }
                object["job"] = MarquezJSON.id(job)
                return .object(object)
            },
            read("/jobs/runs/{id}/facets") { request in
                let id = request.parameters[0]
                guard let (run, job) = try await lake.lineage.run(id: id, for: request.principal) else {
                    throw Self.unknown("Run", id)
                }
                let isOfJob = request.query("type")?.lowercased() == "job"
                return .object([
                    "runId": .string(run.id), "facets": MarquezJSON.facets(isOfJob ? job.facets : run.facets),
                ])
            },
            read("/search") { request in
                let nodes = try await lake.lineage.nodes(
                    request.query("filter").map { $0.lowercased() == "job" },
                    namespace: request.query("namespace"), holding: try required(request, "q"),
                    for: request.principal)
                let results = try page(nodes, request, default: 10).map { node -> JSONValue in
                    .object([
                        "type": .string(node.kind == .job ? "JOB" : "DATASET"),
                        "name": .string(node.openLineageName),
                        "updatedAt": MarquezJSON.time(node.updatedMicroseconds),
                        "namespace": .string(node.namespace), "nodeId": .string(node.openLineageID),
                    ])
                }
                return .object(["totalCount": .int(Int64(nodes.count)), "results": .array(results)])
            },
            read("/events/lineage") { request in
                let found = try await lake.lineage.events(
                    after: try time(request, "after"), before: try time(request, "before"),
                    limit: try number(request, "limit", default: 100, atMost: Self.largestPage),
                    offset: try number(request, "offset", default: 0, atMost: .max), for: request.principal)
                return .object([
                    "events": .array(found.events.map(MarquezJSON.facets)), "totalCount": .int(found.total),
                ])
            },
        ]
    }

    static func unknown(_ kind: String, _ name: String) -> TarnError {
        TarnError(.notFound, "\(kind) '\(name.prefix(300))' not found.")
    }

    private func page(
        _ nodes: [LineageGraph.Node], _ request: ServerRequest, default size: Int = 100
    ) throws -> ArraySlice<LineageGraph.Node> {
        let offset = try number(request, "offset", default: 0, atMost: .max)
        let limit = try number(request, "limit", default: size, atMost: Self.largestPage)
        return nodes.dropFirst(offset).prefix(limit)
    }

    private func found(_ isJob: Bool, _ request: ServerRequest) async throws -> LineageGraph.Node {
        let (namespace, name) = (request.parameters[0], request.parameters[1])
        if let node = try await lake.lineage.find(
            isJob, namespace: namespace, name: name, for: request.principal)
        {
            return node
        }
        throw Self.unknown(isJob ? "Job" : "Dataset", name)
    }

    private func namespaces(_ request: ServerRequest) async throws -> JSONValue {
        let nodes = try await lake.lineage.nodes(nil, for: request.principal)
        let all = Self.namespaces(nodes)
        let offset = try number(request, "offset", default: 0, atMost: .max)
        let limit = try number(request, "limit", default: 100, atMost: Self.largestPage)
        return .object(["namespaces": .array(Array(all.dropFirst(offset).prefix(limit)))])
    }

    private static func namespaces(_ nodes: [LineageGraph.Node]) -> [JSONValue] {
        let groups = Dictionary(grouping: nodes, by: \.namespace)
        return groups.sorted { $0.key < $1.key }.map { name, nodes in
            .object([
                "name": .string(name),
                "createdAt": MarquezJSON.time(nodes.map(\.createdMicroseconds).min()),
                "updatedAt": MarquezJSON.time(nodes.map(\.updatedMicroseconds).max()),
                "ownerName": .string("tarn"), "description": .null, "isHidden": .bool(false),
            ])
        }
    }

    /// With the columns that the catalog knows.
    func dataset(_ node: LineageGraph.Node) async throws -> JSONValue {
        var columns: [CatalogColumn] = []
        if let id = node.catalogID, !node.isPast { columns = try await lake.catalog.columns(of: id) }
        return MarquezJSON.dataset(node, columns: columns)
    }

    func jobs(_ nodes: some Collection<LineageGraph.Node>, _ request: ServerRequest) async throws
        -> [JSONValue]
    {
        let lineage = try await lake.lineage
        let used = try await lineage.uses(byJobs: true, Set(nodes.map(\.key)), for: request.principal)
        var jobs: [JSONValue] = []
        for node in nodes {
            let own = used.uses.filter { $0.job == node.key }
            let latest = try await lineage.runs(ofJob: node.key, limit: 1, offset: 0).runs.first
            jobs.append(
                MarquezJSON.job(
                    node, inputs: own.filter(\.isInput).compactMap { used.nodes[$0.node] },
                    outputs: own.filter { !$0.isInput }.compactMap { used.nodes[$0.node] },
                    latestRun: latest))
        }
        return jobs
    }
}
