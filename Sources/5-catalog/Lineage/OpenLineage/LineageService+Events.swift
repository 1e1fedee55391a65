import Base
package import Catalog
import Metastore

extension LineageService {
    /// Takes in an event, durably, and once: the same one sent again changes nothing.
    ///
    /// Datasets that are tables of the catalog, by name or by location, become those tables, if the one who reports
    /// them may see them.
    ///
    /// - Parameters:
    ///   - event: Checked already.
    ///   - principal: Who reports it.
    /// - Returns: Whether it was new.
    /// - Throws: What the metastore throws.
    @discardableResult
    package func receive(_ event: OpenLineageEvent, from principal: Principal) async throws -> Bool {
        let visible = catalog.acting(as: principal)
        var names: [String: (LineageNode, OpenLineageEvent.Dataset)] = [:]
        func node(_ dataset: OpenLineageEvent.Dataset) async throws -> LineageNode {
            let node = try await self.node(namespace: dataset.namespace, name: dataset.name, in: visible)
            names[node.key] = (node, dataset)
            return node
        }
        var sources: [LineageChange.Use] = []
        var targets: [LineageChange.Use] = []
        var columns: [ColumnEdge] = []
        for input in event.inputs { sources.append(.init(try await node(input))) }
        for output in event.outputs + [event.dataset].compactMap(\.self) {
            let target = try await node(output)
            targets.append(.init(target))
            columns += try await columnEdges(of: output, target, in: visible)
        }
        let job = event.job.map { LineageNode(.job, namespace: $0.namespace, name: $0.name) }
        let change = LineageChange(
            sources: sources, targets: targets, job: job, columns: columns,
            statementKind: "OPENLINEAGE", principal: principal.id, timeMicroseconds: event.timeMicroseconds)
        var facets = names.mapValues { $0.1.facets }
        if let job, let given = event.job?.facets { facets[job.key] = given }
        let (key, facetsByNode, reporter) = (event.key, facets, principal.id)
        return try await metastore.write { db in
            let isNew =
                try db.execute(
                    "INSERT INTO lineage_events VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (event_key) DO NOTHING",
                    [key, event.timeMicroseconds, job?.key, event.runID, event.json.jsonText, reporter]) == 1
            if !isNew { return false }
            var pending = PendingLineage()
            pending.add(change)
            try pending.write(to: db)
            for (key, facets) in facetsByNode where !facets.members.isEmpty {
                let known: String =
                    try db.value(
                        "SELECT facets FROM lineage_nodes WHERE node_key = ?", [key]) ?? "{}"
                try db.execute(
                    "UPDATE lineage_nodes SET facets = ? WHERE node_key = ?",
                    [Self.merged(known, facets), key])
            }
            if let runID = event.runID, let job { try Self.update(run: runID, job.key, event, db) }
            return true
        }
    }

    /// The node of a dataset's name as other programs say it.
    func node(namespace: String, name: String, in catalog: CatalogService) async throws -> LineageNode {
        if namespace == LineageNode.ownNamespace {
            if let parsed = try? QualifiedName(name), let entry = try? await catalog.table(parsed) {
                return .table(id: entry.id, name: entry.name.description)
            }
            return LineageNode(.dataset, namespace: namespace, name: name)
        }
        var place = name
        if namespace != "file" && !namespace.hasPrefix("file:") {
            if !namespace.contains("://") { return LineageNode(.dataset, namespace: namespace, name: name) }
            place = namespace + (name.hasPrefix("/") ? "" : "/") + name
        } else if name.hasPrefix("file://") {
            place = String(name.dropFirst(7))
        }
        while place.utf8.count > 1, place.hasSuffix("/") { place.removeLast() }
        let ids = try await self.catalog.tables(atLocation: place).map(\.id)
        let seen = try await catalog.visibleTables(ids: ids)
        if let entry = ids.compactMap({ seen[$0] }).first {
            return .table(id: entry.id, name: entry.name.description)
        }
        // One spelling for files: `file`, whatever the program calls their namespace.
        if namespace == "file" || namespace.hasPrefix("file:") { return .file(place) }
        return LineageNode(.dataset, namespace: namespace, name: name)
    }

    private func columnEdges(
        of output: OpenLineageEvent.Dataset, _ target: LineageNode, in catalog: CatalogService
    ) async throws -> [ColumnEdge] {
        guard let facet = output.facets["columnLineage"] else { return [] }
        var edges: [ColumnEdge] = []
        let targetKeys = try await keys(of: target)
        func add(_ inputs: [JSONValue], _ column: String) async throws {
            for input in inputs.prefix(1000) {
                guard let namespace = input["namespace"]?.string, let name = input["name"]?.string,
                    let field = input["field"]?.string
                else { continue }
                let source = try await node(namespace: namespace, name: name, in: catalog)
                let sourceKeys = try await keys(of: source)
                edges.append(
                    ColumnEdge(
                        source: source, column: sourceKeys[field.lowercased()] ?? field, target: target,
                        column: column))
            }
        }
        for (name, field) in (facet["fields"]?.object?.members ?? []).prefix(10_000) {
            try await add(
                field["inputFields"]?.array ?? [], targetKeys[name.lowercased()] ?? name)
        }
        try await add(facet["dataset"]?.array ?? [], ColumnEdge.everyColumn)
        return edges
    }

    /// From a column's name in lower case to its key, for tables.
    private func keys(of node: LineageNode) async throws -> [String: String] {
        guard let id = node.catalogID else { return [:] }
        let columns = try await catalog.columns(of: id)
        return Dictionary(columns.map { ($0.name.lowercased(), $0.key) }, uniquingKeysWith: { $1 })
    }

    private static func merged(_ known: String, _ new: JSONObject) -> String {
        var all = (try? JSONValue.parse(known))?.object ?? [:]
        for (name, value) in new.members { all[name] = value }
        return JSONValue.object(all).jsonText
    }

    /// Events may come late: the state is that of the latest, and an end stays.
    private static func update(
        run: String, _ job: String, _ event: OpenLineageEvent, _ db: MetastoreConnection
    ) throws {
        let state = event.state ?? .other
        let time = event.timeMicroseconds
        let row = try db.row("SELECT * FROM lineage_runs WHERE run_id = ?", [run])
        guard let row else {
            try db.execute(
                "INSERT INTO lineage_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    run, job, state.rawValue, time, time, state == .start ? time : nil,
                    state.isLast ? time : nil, JSONValue.object(event.runFacets).jsonText,
                ])
            return
        }
        let updated: Int64 = try row("updated_us")
        let created: Int64 = try row("created_us")
        let knownState: String = try row("state")
        let started: Int64? = try row("started_us")
        let ended: Int64? = try row("ended_us")
        let isOver = ended != nil
        let facets: String = try row("facets")
        let newState = isOver && !state.isLast || time < updated ? knownState : state.rawValue
        try db.execute(
            """
            UPDATE lineage_runs SET state = ?, created_us = ?, updated_us = ?, started_us = ?, ended_us = ?,
                facets = ? WHERE run_id = ?
            """,
            [
                newState, min(created, time), max(updated, time), state == .start ? time : started,
                state.isLast ? max(ended ?? time, time) : ended, merged(facets, event.runFacets), run,
            ])
    }
}
