import Glibc
import Synchronization

/// Lets many readers in at a cost of two atomic additions, and sometimes one caller that needs the place for itself.
///
/// Readers must not enter twice, and the one that comes alone must not read inside.
final class ReaderGate: Sendable {
    /// The readers inside, less `closed` while somebody wants to be alone.
    private let inside = Atomic<Int>(0)
    /// Held by whoever is alone: readers that came meanwhile wait on it.
    private let alone = Mutex(())

    private static let closed = 1 << 40

    func enter() {
        while inside.add(1, ordering: .acquiringAndReleasing).newValue <= 0 {
            inside.subtract(1, ordering: .acquiringAndReleasing)
            alone.withLock { _ in }
        }
    }

    func leave() { inside.subtract(1, ordering: .acquiringAndReleasing) }

    /// Waits for the readers inside, which takes microseconds, and keeps new ones out while `body` runs.
    func alone<T>(_ body: () -> T) -> T {
        alone.withLock { _ in
            inside.subtract(Self.closed, ordering: .acquiringAndReleasing)
            while inside.load(ordering: .acquiring) != -Self.closed { sched_yield() }
            defer { inside.add(Self.closed, ordering: .acquiringAndReleasing) }
            return body()
        }
    }
}
