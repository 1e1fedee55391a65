internal import Synchronization

/// How many rows online requests asked for: one a view and entity.
package final class OnlineCounters: Sendable {
    private let found = Atomic<UInt64>(0)
    private let missing = Atomic<UInt64>(0)

    func count(found foundCount: Int, of total: Int) {
        found.wrappingAdd(UInt64(foundCount), ordering: .relaxed)
        missing.wrappingAdd(UInt64(total - foundCount), ordering: .relaxed)
    }

    /// Rows that the store had.
    package var foundCount: UInt64 { found.load(ordering: .relaxed) }
    /// Rows that it had not.
    package var missingCount: UInt64 { missing.load(ordering: .relaxed) }
}
