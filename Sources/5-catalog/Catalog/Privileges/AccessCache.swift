import Metastore
import Synchronization

/// What was looked up about tables and who may do what with them, true as long as nothing was written to the metastore.
///
/// Shared by all who act on one catalog. Bounded: each shard begins anew when it is full. An answer counts only under the
/// token of changes that was taken before it was looked up, so that nothing outlives a grant that was taken away.
final class AccessCache: Sendable {
    /// Names as they were written: other spellings are other keys, which costs a lookup and no more.
    private let tables: [Shard<QualifiedName, TableEntry>]
    private let accesses: [Shard<AccessKey, Access>]

    struct AccessKey: Hashable, Sendable {
        /// With all groups, so that nobody who holds an older one of himself is taken for what he is now.
        let principal: Principal
        let tableID: String

        // A user's groups are many, and his id tells users apart well enough.
        func hash(into hasher: inout Hasher) {
            hasher.combine(principal.id)
            hasher.combine(tableID)
        }
    }

    /// - Parameter capacity: Tables, and pairs of a principal and a table, that are kept at most.
    init(capacity: Int = 65_536) {
        let shards = 16
        tables = (0..<shards).map { _ in Shard(limit: max(1, capacity / shards)) }
        accesses = (0..<shards).map { _ in Shard(limit: max(1, capacity / shards)) }
    }

    private func place(_ key: some Hashable) -> Int { Int(UInt(bitPattern: key.hashValue) % 16) }

    func table(_ name: QualifiedName, _ changes: MetastoreChangeToken) -> TableEntry? {
        tables[place(name)].value(name, changes)
    }

    /// `nil` also where the principal may not reach the table by its name: that is looked up again every time.
    func access(_ key: AccessKey, _ changes: MetastoreChangeToken) -> Access? {
        accesses[place(key)].value(key, changes)
    }

    /// - Parameters:
    ///   - name: As it was written.
    ///   - entry: What it names, visible to the principal with all that it lies in.
    ///   - key: Of the principal and the table.
    ///   - access: What he may do with it.
    ///   - changes: Taken before anything was looked up.
    func add(
        _ name: QualifiedName, _ entry: TableEntry, _ key: AccessKey, _ access: Access,
        _ changes: MetastoreChangeToken
    ) {
        tables[place(name)].add(name, entry, changes)
        accesses[place(key)].add(key, access, changes)
    }

    /// How many answers are kept, for tests.
    var count: Int { tables.reduce(0) { $0 + $1.count } + accesses.reduce(0) { $0 + $1.count } }
}

private final class Shard<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var changes: MetastoreChangeToken?
        var values: [Key: Value] = [:]
    }
    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.values.count } }

    func value(_ key: Key, _ changes: MetastoreChangeToken) -> Value? {
        state.withLock { $0.changes == changes ? $0.values[key] : nil }
    }

    func add(_ key: Key, _ value: Value, _ changes: MetastoreChangeToken) {
        state.withLock { state in
            if state.changes != changes || state.values.count >= limit { state.values = [:] }
            state.changes = changes
            state.values[key] = value
        }
    }
}
