import Foundation
import Synchronization

/// Where the time comes from; passed in, so that tests own it.
public protocol TimeSource: Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    func nowMicroseconds() -> Int64
    /// Waits; a manual clock returns at once after moving itself on.
    func wait(for duration: Duration) async throws
    /// Waits between the rounds of work on the side, on which nothing but speed depends.
    ///
    /// A manual clock has no such rounds: it waits until the task is cancelled.
    func waitInBackground(for duration: Duration) async throws
}

extension TimeSource {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package func nowMilliseconds() -> Int64 { nowMicroseconds() / 1000 }
}

/// The machine's clock.
public struct SystemTimeSource: TimeSource {
    public init() {}

    public func nowMicroseconds() -> Int64 {
        Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down))
    }

    public func wait(for duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }

    public func waitInBackground(for duration: Duration) async throws { try await wait(for: duration) }
}

/// A clock that moves only when told to, so that an hour of back-off costs nothing.
package final class ManualTimeSource: TimeSource {
    private let now: Mutex<Int64>

    package init(microseconds: Int64 = 1_700_000_000_000_000) { now = Mutex(microseconds) }

    package func nowMicroseconds() -> Int64 { now.withLock { $0 } }

    package func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        now.withLock { $0 += seconds * 1_000_000 + attoseconds / 1_000_000_000_000 }
    }

    package func wait(for duration: Duration) async throws { advance(by: duration) }

    package func waitInBackground(for duration: Duration) async throws {
        try await Task.sleep(for: .seconds(1 << 30))
    }
}
