internal import Synchronization

/// The tables that a statement has used so far.
final class StatementRecord: Sendable {
    private struct State {
        var reads: [StatementFacts.Table] = []
        var writes: [StatementFacts.Table] = []
        var derivation: ColumnDerivation?
    }
    private let state = Mutex(State())

    func read(_ id: String?, _ name: String, version: Int64?) {
        let table = StatementFacts.Table(id: id, name: name, version: version)
        state.withLock { state in
            // A name is looked up first, and its version is known later.
            let known = state.reads.firstIndex {
                $0.id == id && $0.name == name && ($0.version == nil || $0.version == version)
            }
            if let known {
                state.reads[known].version = version ?? state.reads[known].version
            } else if version != nil || !state.reads.contains(where: { $0.id == id && $0.name == name }) {
                state.reads.append(table)
            }
        }
    }

    /// The table that the statement changes; looking it up was no reading.
    func writes(_ id: String?, _ name: String) {
        let table = StatementFacts.Table(id: id, name: name, version: nil)
        state.withLock { state in
            state.reads.removeAll { $0.id == id && $0.name == name && $0.version == nil }
            if !state.writes.contains(table) { state.writes.append(table) }
        }
    }

    /// How the written columns come about; the last attempt counts.
    func derives(_ derivation: ColumnDerivation?) { state.withLock { $0.derivation = derivation } }

    /// What the statement read and wrote, and how its columns come about.
    ///
    /// - Parameter version: What the statement committed.
    /// - Returns: In the order in which they were first used.
    func tables(
        version: Int64?
    ) -> (reads: [StatementFacts.Table], writes: [StatementFacts.Table], derivation: ColumnDerivation?) {
        state.withLock { state in
            let writes = state.writes.map { table in
                var table = table
                table.version = version
                return table
            }
            return (state.reads, writes, state.derivation)
        }
    }
}
