import Engine
import Lakehouse

/// What the rooms below the server count.
enum RoomMetrics {
    static func write(_ lake: Lakehouse, to out: inout MetricsText) {
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
