internal import Synchronization

/// The values used last, up to a number of them.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var values: [Key: (value: Value, used: UInt64)] = [:]
        var clock: UInt64 = 0
    }
    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    subscript(key: Key) -> Value? {
        get {
            state.withLock { state in
                guard let found = state.values[key] else { return nil }
                state.clock += 1
                state.values[key]?.used = state.clock
                return found.value
            }
        }
        set {
            state.withLock { state in
                state.clock += 1
                state.values[key] = newValue.map { ($0, state.clock) }
                // Half of them go at once, so that the sort is rare.
                if state.values.count > limit {
                    let oldest = state.values.sorted { $0.value.used < $1.value.used }.prefix(limit / 2 + 1)
                    for (key, _) in oldest { state.values[key] = nil }
                }
            }
        }
    }
}
