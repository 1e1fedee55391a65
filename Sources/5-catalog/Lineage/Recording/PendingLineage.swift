import Metastore

/// Changes that wait to be written; repeated ones only raise a counter.
struct PendingLineage: Sendable {
    struct EdgeKey: Hashable, Sendable {
        var source: String
        var target: String
        var job: String
    }
    struct Edge: Sendable {
        var first: Int64
        var last: Int64
        var times: Int64 = 0
        var sourceVersion: Int64?
        var targetVersion: Int64?
        var statementKind: String
        var principal: String
    }
    struct ColumnKey: Hashable, Sendable {
        var source: String
        var sourceColumn: String
        var target: String
        var targetColumn: String
    }
    struct Times: Sendable {
        var first: Int64
        var last: Int64
        var times: Int64
    }
    struct JobKey: Hashable, Sendable {
        var job: String
        var node: String
        var direction: String
    }

    private(set) var nodes: [String: (node: LineageNode, time: Int64, principal: String)] = [:]
    private(set) var edges: [EdgeKey: Edge] = [:]
    private(set) var columns: [ColumnKey: Times] = [:]
    private(set) var jobTables: [JobKey: Int64] = [:]

    var count: Int { nodes.count + edges.count + columns.count + jobTables.count }
    var isEmpty: Bool { count == 0 }

    mutating func add(_ change: LineageChange) {
        for use in change.sources + change.targets { add(use.node, change) }
        if let job = change.job {
            add(job, change)
            for use in change.sources {
                jobTables[JobKey(job: job.key, node: use.node.key, direction: "in")] = change.timeMicroseconds
            }
            for use in change.targets {
                jobTables[JobKey(job: job.key, node: use.node.key, direction: "out")] =
                    change.timeMicroseconds
            }
        }
        for target in change.targets {
            // A statement that reads what it changes makes nothing come from elsewhere.
            for source in change.sources where source.node != target.node { add(source, target, change) }
        }
        for column in change.columns {
            add(column.source, change)
            add(column.target, change)
            let key = ColumnKey(
                source: column.source.key, sourceColumn: column.sourceColumn, target: column.target.key,
                targetColumn: column.targetColumn)
            let time = change.timeMicroseconds
            columns[key, default: Times(first: time, last: time, times: 0)].times += 1
            columns[key]?.last = time
        }
    }

    private mutating func add(_ node: LineageNode, _ change: LineageChange) {
        let first = nodes[node.key]?.principal ?? change.principal
        nodes[node.key] = (node, change.timeMicroseconds, first)
    }

    private mutating func add(
        _ source: LineageChange.Use, _ target: LineageChange.Use, _ change: LineageChange
    ) {
        let key = EdgeKey(source: source.node.key, target: target.node.key, job: change.job?.key ?? "")
        var edge =
            edges[key]
            ?? Edge(
                first: change.timeMicroseconds, last: 0, statementKind: change.statementKind,
                principal: change.principal)
        edge.last = max(edge.last, change.timeMicroseconds)
        edge.times += 1
        edge.sourceVersion = source.version ?? edge.sourceVersion
        edge.targetVersion = target.version ?? edge.targetVersion
        edge.statementKind = change.statementKind
        edge.principal = change.principal
        edges[key] = edge
    }

    /// Writes everything into the metastore, adding to what is there.
    func write(to db: MetastoreConnection) throws {
        for (key, entry) in nodes.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                """
                INSERT INTO lineage_nodes VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?, ?)
                ON CONFLICT (node_key) DO UPDATE SET name = excluded.name, updated_us = excluded.updated_us
                """,
                [
                    key, entry.node.kind.rawValue, entry.node.catalogID, entry.node.namespace,
                    entry.node.name, entry.node.subjectKey, entry.time, entry.principal, entry.time,
                ])
        }
        for (key, edge) in edges {
            try db.execute(
                """
                INSERT INTO lineage_edges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (source_key, target_key, job_key) DO UPDATE SET
                    last_us = excluded.last_us, times = lineage_edges.times + excluded.times,
                    source_version = coalesce(excluded.source_version, lineage_edges.source_version),
                    target_version = coalesce(excluded.target_version, lineage_edges.target_version),
                    statement_kind = excluded.statement_kind, principal = excluded.principal
                """,
                [
                    key.source, key.target, key.job, edge.first, edge.last, edge.times, edge.sourceVersion,
                    edge.targetVersion, edge.statementKind, edge.principal,
                ])
        }
        for (key, times) in columns {
            try db.execute(
                """
                INSERT INTO lineage_columns VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (source_key, source_column, target_key, target_column) DO UPDATE SET
                    last_us = excluded.last_us, times = lineage_columns.times + excluded.times
                """,
                [
                    key.source, key.sourceColumn, key.target, key.targetColumn, times.first, times.last,
                    times.times,
                ])
        }
        for (key, time) in jobTables {
            try db.execute(
                """
                INSERT INTO lineage_job_tables VALUES (?, ?, ?, ?)
                ON CONFLICT (job_key, direction, node_key) DO UPDATE SET last_us = excluded.last_us
                """, [key.job, key.node, key.direction, time])
        }
    }
}
