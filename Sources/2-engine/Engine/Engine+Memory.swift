package import Base
internal import Synchronization

extension Engine {
    /// Gives half of this instance's memory away, to another instance in the same process.
    ///
    /// Two instances have no buffer pool in common: with a limit of its own for each they would take more together
    /// than the settings allow. The first call halves the limit; each later one gives the same answer.
    ///
    /// - Returns: The limit for the other one, in DuckDB's spelling.
    /// - Throws: What DuckDB says.
    package func shareMemory() throws(TarnError) -> String {
        if let shared = database.sharedMemory.withLock({ $0 }) { return shared }
        let connection = try EngineConnection(database: database, interrupter: Interrupter())
        let result = try connection.execute("SELECT current_setting('memory_limit')")
        guard let chunk = try result.nextChunk(), chunk.rowCount == 1,
            let half = Self.half(of: chunk.column(0).string(0))
        else { throw TarnError(.internal, "The engine does not say how much memory it may take.") }
        // It stays as it is where more than half is in use right now: the limits are upper bounds.
        _ = try? connection.execute("SET GLOBAL memory_limit = '\(half)'")
        return database.sharedMemory.withLock { shared in
            let kept = shared ?? half
            shared = kept
            return kept
        }
    }

    /// `18.8 GiB` as `9.40GiB`.
    static func half(of text: String) -> String? {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let number = Double(parts[0]), number.isFinite else { return nil }
        let hundredths = Int((number * 50).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)\(parts[1])"
    }
}
