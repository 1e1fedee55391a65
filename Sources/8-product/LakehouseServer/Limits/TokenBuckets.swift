import Base
import Synchronization

/// A bucket of tokens for each caller: it fills at a steady rate up to a burst, and each request takes one.
///
/// Bounded: callers whose bucket is full again are forgotten when there are too many, and if that is not enough all are.
final class TokenBuckets: Sendable {
    private struct Bucket {
        var tokens: Double
        var microseconds: Int64
    }
    private let buckets = Mutex<[String: Bucket]>([:])
    let perSecond: Double
    let burst: Double
    private let capacity: Int

    init(perSecond: Double, burst: Double, capacity: Int = 100_000) {
        self.perSecond = perSecond
        self.burst = burst
        self.capacity = capacity
    }

    /// Takes a token.
    ///
    /// - Parameters:
    ///   - caller: An id or an address.
    ///   - now: Microseconds.
    /// - Returns: 0, or without a token the seconds until there is one.
    func take(_ caller: String, at now: Int64) -> Double {
        buckets.withLock { buckets in
            if buckets.count >= capacity, buckets[caller] == nil {
                buckets = buckets.filter { filled($0.value, at: now).tokens < burst }
                if buckets.count >= capacity { buckets = [:] }
            }
            var bucket = filled(buckets[caller] ?? Bucket(tokens: burst, microseconds: now), at: now)
            defer { buckets[caller] = bucket }
            if bucket.tokens < 1 { return (1 - bucket.tokens) / perSecond }
            bucket.tokens -= 1
            return 0
        }
    }

    var callerCount: Int { buckets.withLock { $0.count } }

    private func filled(_ bucket: Bucket, at now: Int64) -> Bucket {
        // A clock that was set back fills nothing.
        let passed = Double(max(0, now - bucket.microseconds)) / 1_000_000
        return Bucket(tokens: min(burst, bucket.tokens + passed * perSecond), microseconds: now)
    }
}
