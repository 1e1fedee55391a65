import Metastore
import Synchronization

/// Callers of tokens that were looked up already, true as long as nothing was written to the metastore.
///
/// Keyed by the tokens' hashes, so that no secret stays in memory. Bounded: when it is full it begins anew.
final class KnownCallers: Sendable {
    private struct State {
        var changes: MetastoreChangeToken?
        var callers: [[UInt8]: (caller: Caller, until: Int64?)] = [:]
    }
    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// - Parameters:
    ///   - hash: Of the token.
    ///   - now: Microseconds; a token that expired is not known any more.
    ///   - changes: The metastore's, taken just before.
    /// - Returns: `nil` if it has to be looked up.
    func caller(_ hash: [UInt8], at now: Int64, _ changes: MetastoreChangeToken) -> Caller? {
        state.withLock { state in
            guard state.changes == changes, let found = state.callers[hash] else { return nil }
            if let until = found.until, until <= now { return nil }
            return found.caller
        }
    }

    /// - Parameters:
    ///   - caller: What was found.
    ///   - hash: Of the token.
    ///   - until: When it expires.
    ///   - changes: The metastore's, taken before it was looked up.
    func add(_ caller: Caller, _ hash: [UInt8], until: Int64?, _ changes: MetastoreChangeToken) {
        state.withLock { state in
            if state.changes != changes || state.callers.count >= capacity { state.callers = [:] }
            state.changes = changes
            state.callers[hash] = (caller, until)
        }
    }
}
