import Base
import HTTPTypes
import Lakehouse

/// `/health`, `/version` and `/metrics`.
struct HealthAPI {
    let metrics: ServerMetrics
    /// Writes what the rooms below count.
    let writeRooms: @Sendable (inout MetricsText) async -> Void
    /// All routes, for their counters; known once the server is put together.
    let routes: @Sendable () -> [Route]

    func makeRoutes() -> [Route] {
        [
            Route(.get, "/health", errors: .plain, access: .open, isBounded: true) { _ in
                .json(.object(["status": .string("ok")]))
            },
            Route(.get, "/version", errors: .plain) { _ in
                .json(.object(["name": .string("tarn"), "version": .string(tarnVersion)]))
            },
            Route(.get, "/metrics", errors: .plain) { [metrics, writeRooms, routes] _ in
                var out = MetricsText()
                metrics.write(routes: routes(), to: &out)
                await writeRooms(&out)
                return .text(out.text, contentType: "text/plain; version=0.0.4; charset=utf-8")
            },
        ]
    }
}
