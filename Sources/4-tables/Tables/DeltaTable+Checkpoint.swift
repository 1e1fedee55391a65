import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

extension DeltaTable {
    /// Writes a checkpoint of the newest version now, whether it is due or not, and cleans the log if that is on.
    ///
    /// - Returns: The version.
    @discardableResult
    package func checkpoint() async throws -> Int64 {
        try await naming {
            let snapshot = try await refresh().snapshot
            try await checkpoint(snapshot)
            return snapshot.version
        }
    }

    /// A checkpoint is written whole under its name or not at all; then the hint to it, then old log files go.
    func checkpoint(_ snapshot: DeltaSnapshot) async throws {
        let plan = CheckpointPlan(snapshot, nowMilliseconds: context.time.nowMilliseconds())
        let bytes = try await parquet(of: plan)
        try await store.put(
            try LogFolder.file(LogFileName.checkpoint(snapshot.version).text), bytes, mode: .overwrite)
        let hint = plan.lastCheckpoint(byteCount: Int64(bytes.count))
        try await store.put(
            try LogFolder.file(LogFileName.lastCheckpoint.text), hint.bytes, mode: .overwrite)
        try await cleanLog(snapshot)
    }

    /// Removes log files that no version within the retention time needs (`delta.logRetentionDuration`).
    ///
    /// - Returns: How many files went.
    @discardableResult
    package func cleanLog() async throws -> Int {
        try await naming { try await cleanLog(try await refresh().snapshot) }
    }

    @discardableResult
    private func cleanLog(_ snapshot: DeltaSnapshot) async throws -> Int {
        let properties = TableProperties(snapshot.configuration)
        guard properties.enablesExpiredLogCleanup else { return 0 }
        let expired = LogRetention.expiredFiles(
            try await LogReader(self).listing(), properties, nowMilliseconds: context.time.nowMilliseconds())
        // Oldest first, one by one: a crash leaves the log without a gap.
        for entry in expired { try await store.delete(try LogFolder.file(entry.fileName)) }
        return expired.count
    }

    /// The checkpoint's bytes: the actions as JSON lines in a temporary file, which the engine turns into Parquet.
    private func parquet(of plan: CheckpointPlan) async throws -> [UInt8] {
        let id = context.random.uuid()
        let lines = try LogFolder.file(".checkpoint-\(id).json")
        let target = try LogFolder.file(".checkpoint-\(id).parquet")
        do {
            var longestLine = 0
            var text: [UInt8] = []
            plan.forEachChunk { chunk in
                longestLine = chunk.split(separator: 0x0A).reduce(longestLine) { max($0, $1.count) }
                text += chunk
            }
            try await store.put(lines, text, mode: .overwrite)
            let sql = copyStatement(from: lines, to: target, longestLine: longestLine)
            try await context.engine.onSessionThread { _ = try $0.execute(sql, []) }
            let bytes = try await store.get(target)
            for path in [lines, target] { try await store.delete(path) }
            return bytes
        } catch {
            for path in [lines, target] { try? await store.delete(path) }
            throw error
        }
    }

    private func copyStatement(from lines: StorePath, to target: StorePath, longestLine: Int) -> String {
        let columns = CheckpointPlan.columns.map { "\(quoteLiteral($0.name)): \(quoteLiteral($0.type))" }
            .joined(separator: ", ")
        let file = quoteLiteral(ParquetScanSQL.withoutWildcards(store.engineLocation(lines)))
        return """
            COPY (SELECT * FROM read_json(\(file), format = 'newline_delimited', compression = 'uncompressed', \
            maximum_object_size = \(max(16 << 20, 2 * longestLine)), columns = {\(columns)})) \
            TO \(quoteLiteral(store.engineLocation(target))) (FORMAT parquet, COMPRESSION snappy)
            """
    }
}
