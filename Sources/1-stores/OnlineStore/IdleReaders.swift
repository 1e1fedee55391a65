import CLMDB
import Glibc
import Synchronization

/// Read transactions that are reset and wait to be renewed, which spares LMDB's lock and an allocation.
///
/// Reset ones hold no snapshot, so that they keep no page from being used again.
final class IdleReaders: Sendable {
    private static let capacity = 64
    /// Each holds the address of a transaction, or 0.
    nonisolated(unsafe) private let slots: UnsafeMutablePointer<Atomic<UInt>>

    init() {
        slots = .allocate(capacity: Self.capacity)
        for index in 0..<Self.capacity { (slots + index).initialize(to: Atomic(0)) }
    }

    deinit {
        removeAll()
        slots.deinitialize(count: Self.capacity)
        slots.deallocate()
    }

    func take() -> OpaquePointer? {
        let start = Self.ownSlot
        for offset in 0..<Self.capacity {
            let slot = slots + (start + offset) % Self.capacity
            if slot.pointee.load(ordering: .relaxed) == 0 { continue }
            let found = slot.pointee.exchange(0, ordering: .acquiringAndReleasing)
            if found != 0 { return OpaquePointer(bitPattern: found) }
        }
        return nil
    }

    func put(_ transaction: OpaquePointer) {
        let start = Self.ownSlot
        for offset in 0..<Self.capacity {
            let slot = slots + (start + offset) % Self.capacity
            let (done, _) = slot.pointee.compareExchange(
                expected: 0, desired: UInt(bitPattern: transaction), ordering: .acquiringAndReleasing)
            if done { return }
        }
        mdb_txn_abort(transaction)
    }

    func removeAll() {
        while let transaction = take() { mdb_txn_abort(transaction) }
    }

    /// Threads begin at different slots, so that they seldom meet.
    private static var ownSlot: Int { Int((UInt(pthread_self()) >> 12) % UInt(capacity)) }
}
