import Query
import Synchronization

/// Everything that `/metrics` tells about the server itself.
final class ServerMetrics: Sendable {
    /// What had no route.
    let unmatched = RouteMetrics(method: "other", path: "unmatched")
    let statements = StatementCounters()

    final class StatementCounters: Sendable {
        private let succeeded = Atomic<UInt64>(0)
        private let failed = Atomic<UInt64>(0)
        private let cancelled = Atomic<UInt64>(0)

        func countSuccess() { succeeded.wrappingAdd(1, ordering: .relaxed) }
        func countFailure() { failed.wrappingAdd(1, ordering: .relaxed) }
        func countCancellation() { cancelled.wrappingAdd(1, ordering: .relaxed) }

        private let commits = Atomic<UInt64>(0)
        private let filesScanned = Atomic<UInt64>(0)
        private let filesPruned = Atomic<UInt64>(0)

        /// Counts what a statement read, and whether it committed a version of a table.
        func count(_ facts: ScanFacts, isCommit: Bool) {
            if isCommit { commits.wrappingAdd(1, ordering: .relaxed) }
            filesScanned.wrappingAdd(UInt64(facts.filesScanned), ordering: .relaxed)
            filesPruned.wrappingAdd(UInt64(facts.filesPruned), ordering: .relaxed)
        }

        func write(to out: inout MetricsText) {
            out.metric("tarn_sql_statements_total", "counter", "Statements over HTTP that ended, by state.")
            for (state, count) in counts {
                out.sample("tarn_sql_statements_total", [("state", state)], count)
            }
            out.metric(
                "tarn_table_commits_total", "counter",
                "Versions of tables that statements over HTTP committed.")
            out.sample("tarn_table_commits_total", [], commits.load(ordering: .relaxed))
            out.metric(
                "tarn_sql_files_total", "counter", "Data files of statements over HTTP: read, or ruled out.")
            out.sample("tarn_sql_files_total", [("outcome", "read")], filesScanned.load(ordering: .relaxed))
            out.sample("tarn_sql_files_total", [("outcome", "pruned")], filesPruned.load(ordering: .relaxed))
        }

        private var counts: [(state: String, count: UInt64)] {
            [
                ("succeeded", succeeded.load(ordering: .relaxed)),
                ("failed", failed.load(ordering: .relaxed)),
                ("cancelled", cancelled.load(ordering: .relaxed)),
            ]
        }
    }

    /// - Parameters:
    ///   - routes: In any order; they are written by path.
    ///   - out: Where to write.
    func write(routes: [Route], to out: inout MetricsText) {
        let all = routes.map(\.metrics).sorted { ($0.path, $0.method) < ($1.path, $1.method) } + [unmatched]
        out.metric("tarn_http_requests_total", "counter", "Requests answered, by route and class of status.")
        for route in all {
            for (index, count) in route.countsByClass.enumerated() where count > 0 {
                let labels = [("method", route.method), ("route", route.path), ("status", "\(index + 1)xx")]
                out.sample("tarn_http_requests_total", labels, count)
            }
        }
        out.metric(
            "tarn_http_request_seconds", "histogram", "Time from the request's head to its answer, by route.")
        for route in all where route.countsByClass.contains(where: { $0 > 0 }) {
            let labels = [("method", route.method), ("route", route.path)]
            out.histogram("tarn_http_request_seconds", labels, route.latency)
        }
        statements.write(to: &out)
    }
}
