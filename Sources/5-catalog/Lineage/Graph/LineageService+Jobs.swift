import Base
package import Catalog
import Metastore

/// That a job reads or writes a node.
package struct JobUse: Hashable, Sendable {
    package var job: String
    package var node: String
    package var isInput: Bool
}

/// One run of a job.
package struct LineageRun: Hashable, Sendable {
    package var id: String
    package var job: String
    package var state: String
    package var createdMicroseconds: Int64
    package var updatedMicroseconds: Int64
    package var startedMicroseconds: Int64?
    package var endedMicroseconds: Int64?
    /// A JSON object of facets.
    package var facets: String
}

extension LineageService {
    /// What some jobs use, or which jobs use some nodes, as far as the principal may see both.
    ///
    /// - Returns: The uses, and all their jobs and nodes by their keys.
    package func uses(
        byJobs isByJobs: Bool, _ keys: Set<String>, for principal: Principal
    ) async throws -> (uses: [JobUse], nodes: [String: LineageGraph.Node]) {
        await flush()
        let column = isByJobs ? "job_key" : "node_key"
        let uses = try await metastore.read { db in
            try Self.inParts(keys) { part, places in
                try db.rows(
                    """
                    SELECT job_key, node_key, direction FROM lineage_job_tables
                    WHERE \(column) IN (\(places)) ORDER BY job_key, direction, node_key LIMIT 100000
                    """, part
                ).map { row in
                    let direction: String = try row("direction")
                    return JobUse(
                        job: try row("job_key"), node: try row("node_key"), isInput: direction == "in")
                }
            }
        }
        let nodes = try await LineageEyes(self, principal).nodes(Set(uses.flatMap { [$0.job, $0.node] }))
        return (uses.filter { nodes[$0.job] != nil && nodes[$0.node] != nil }, nodes)
    }

    /// The runs of a job, the latest first.
    package func runs(ofJob key: String, limit: Int, offset: Int) async throws -> (
        total: Int64, runs: [LineageRun]
    ) {
        try await metastore.read { db in
            let total: Int64? = try db.value("SELECT count(*) FROM lineage_runs WHERE job_key = ?", [key])
            let runs = try db.rows(
                """
                SELECT * FROM lineage_runs WHERE job_key = ?
                ORDER BY updated_us DESC, run_id LIMIT ? OFFSET ?
                """, [key, limit, offset]
            ).map(Self.run)
            return (total ?? 0, runs)
        }
    }

    /// A run whose job the principal may see.
    package func run(id: String, for principal: Principal) async throws -> (LineageRun, LineageGraph.Node)? {
        let run = try await metastore.read { db in
            try db.row("SELECT * FROM lineage_runs WHERE run_id = ?", [id.lowercased()]).map(Self.run)
        }
        guard let run, let job = try await LineageEyes(self, principal).nodes([run.job])[run.job] else {
            return nil
        }
        return (run, job)
    }

    private static func run(_ row: MetastoreRow) throws -> LineageRun {
        LineageRun(
            id: try row("run_id"), job: try row("job_key"), state: try row("state"),
            createdMicroseconds: try row("created_us"), updatedMicroseconds: try row("updated_us"),
            startedMicroseconds: try row("started_us"), endedMicroseconds: try row("ended_us"),
            facets: try row("facets"))
    }

    /// Events as they came, the latest first: all for administrators, one's own for others.
    ///
    /// Others' events may name what one may not see.
    package func events(
        after: Int64?, before: Int64?, limit: Int, offset: Int, for principal: Principal
    ) async throws -> (total: Int64, events: [String]) {
        let all = principal.isAdministrator ? 1 : 0
        let condition = "time_us >= ? AND time_us < ? AND (? = 1 OR principal = ?)"
        let (first, last, id) = (after ?? .min, before ?? .max, principal.id)
        return try await metastore.read { db in
            let total: Int64? = try db.value(
                "SELECT count(*) FROM lineage_events WHERE \(condition)", [first, last, all, id])
            let events: [String] = try db.column(
                """
                SELECT event FROM lineage_events WHERE \(condition)
                ORDER BY time_us DESC, event_key LIMIT ? OFFSET ?
                """, [first, last, all, id, limit, offset])
            return (total ?? 0, events)
        }
    }
}
