import Engine
import FeatureStore
import Lakehouse

/// What the rooms below the server count.
enum RoomMetrics {
    static func write(_ lake: Lakehouse, to out: inout MetricsText) {
        if let counters = lake.featuresInUse?.serving.counters {
            out.metric(
                "tarn_online_rows_total", "counter",
                "Rows that online requests asked for, a view and entity each.")
            out.sample("tarn_online_rows_total", [("outcome", "found")], counters.foundCount)
            out.sample("tarn_online_rows_total", [("outcome", "missing")], counters.missingCount)
        }
        guard let engine = lake.engineInUse else { return }
        let pools = [("trusted", engine.trusted), ("user", engine.user)]
        out.metric("tarn_engine_sessions_busy", "gauge", "Sessions that run a statement, by pool.")
        for (name, pool) in pools {
            out.sample("tarn_engine_sessions_busy", [("pool", name)], pool.size - pool.freeSessionCount)
        }
        out.metric("tarn_engine_sessions_waiting", "gauge", "Callers that wait for a session, by pool.")
        for (name, pool) in pools {
            out.sample("tarn_engine_sessions_waiting", [("pool", name)], pool.waitingCount)
        }
    }
}
