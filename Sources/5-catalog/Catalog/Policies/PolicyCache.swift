import Metastore
import Synchronization

/// The policies of the tables that were asked for since the metastore last changed.
final class PolicyCache: Sendable {
    private struct State {
        var token: MetastoreChangeToken?
        var tables: [String: StoredPolicies] = [:]
    }
    private let state = Mutex(State())
    private static let limit = 4096

    /// What is known of a table since the metastore was as the token says.
    func policies(of tableID: String, at token: MetastoreChangeToken) -> StoredPolicies? {
        state.withLock { $0.token == token ? $0.tables[tableID] : nil }
    }

    /// Keeps what was read after the token was taken: it is never older than that.
    func keep(_ policies: StoredPolicies, of tableID: String, at token: MetastoreChangeToken) {
        state.withLock { state in
            if state.token != token || state.tables.count >= Self.limit {
                state.tables = [:]
                state.token = token
            }
            state.tables[tableID] = policies
        }
    }
}
