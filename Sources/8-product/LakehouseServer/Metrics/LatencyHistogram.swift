import Synchronization

/// How long calls took, in fixed buckets; recording is one atomic addition a counter, without a lock.
final class LatencyHistogram: Sendable {
    /// Upper bounds in microseconds; one more bucket holds all that is slower.
    static let boundsMicroseconds: [UInt64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
        2_500_000,
        5_000_000, 10_000_000,
    ]

    private let buckets: InlineArray<17, Atomic<UInt64>> = .init { _ in Atomic(0) }
    private let totalMicroseconds = Atomic<UInt64>(0)

    func record(microseconds: UInt64) {
        var index = 0
        while index < Self.boundsMicroseconds.count, microseconds > Self.boundsMicroseconds[index] {
            index += 1
        }
        buckets[index].wrappingAdd(1, ordering: .relaxed)
        totalMicroseconds.wrappingAdd(microseconds, ordering: .relaxed)
    }

    /// Calls a bucket; not cumulative.
    var counts: [UInt64] { (0...Self.boundsMicroseconds.count).map { buckets[$0].load(ordering: .relaxed) } }

    var sumMicroseconds: UInt64 { totalMicroseconds.load(ordering: .relaxed) }
}

/// Requests of one route: how many ended in each class of status, and how long they took.
final class RouteMetrics: Sendable {
    /// For example `POST /get-online-features`.
    let method: String
    let path: String
    let latency = LatencyHistogram()
    private let classes: InlineArray<5, Atomic<UInt64>> = .init { _ in Atomic(0) }

    init(method: String, path: String) {
        self.method = method
        self.path = path
    }

    func record(status: Int, microseconds: UInt64) {
        classes[min(4, max(0, status / 100 - 1))].wrappingAdd(1, ordering: .relaxed)
        latency.record(microseconds: microseconds)
    }

    /// Requests that ended with 1xx, 2xx, 3xx, 4xx, 5xx.
    var countsByClass: [UInt64] { (0..<5).map { classes[$0].load(ordering: .relaxed) } }
}
