internal import Base
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Takes events from any task, and writes them in the order in which they came, on one thread.
///
/// Those that come within a few milliseconds share a write, and those that wait share an `fdatasync`. The queue is
/// bounded: when it is full, callers wait; nothing is ever dropped.
final class JournalWriter: Sendable {
    struct Limits: Sendable {
        /// Events that nobody waits for are written together after so long: what a killed process may lose.
        var linger: Duration = .milliseconds(10)
        /// Written events are made durable after so long: what a power cut may take of those that nobody waited for.
        var syncInterval: Duration = .seconds(1)
        /// A segment that is larger is sealed, and goes into the table.
        var segmentBytes = 8 << 20
        /// Events in the queue; more make callers wait.
        var capacity = 65_536
        /// So many do not linger.
        var batch = 4_096
    }

    /// The newest durable line of the chain.
    struct Head: Hashable, Sendable {
        var sequence: Int64
        var hash: AuditHash
    }

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var pending: [AuditEvent] = []
        var waiters: [Waiter] = []
        var roomWaiters: [CheckedContinuation<Void, Never>] = []
        var sealWaiters: [Waiter] = []
        var isUrgent = false
        var isClosing = false
        var isClosed = false
        var failure: TarnError?
        var head: Head
        var sealed: [JournalFolder.Segment] = []
        var hasOpenSegment = false
    }

    private struct Batch {
        var events: [AuditEvent]
        var waiters: [Waiter]
        var sealWaiters: [Waiter]
        var isClosing: Bool
    }

    let chain: String
    private let folder: JournalFolder
    private let limits: Limits
    private let state: Mutex<State>
    private let wake = DispatchSemaphore(value: 0)

    init(_ folder: JournalFolder, chain: String, limits: Limits) {
        self.folder = folder
        self.chain = chain
        self.limits = limits
        state = Mutex(State(head: Head(sequence: 0, hash: .genesis(of: chain))))
        let thread = Thread { [self] in run() }
        thread.name = "tarn-audit"
        thread.start()
    }

    var head: Head { state.withLock { $0.head } }

    /// Why events cannot be written at present; `nil` if they can.
    var failure: TarnError? { state.withLock { $0.failure } }

    /// The bytes of segments are full, and wait to be moved into the table.
    var sealed: [JournalFolder.Segment] { state.withLock { $0.sealed } }

    /// Whether anything is in this process's journals.
    var hasLines: Bool { state.withLock { $0.hasOpenSegment || !$0.sealed.isEmpty || !$0.pending.isEmpty } }

    func forget(_ segment: JournalFolder.Segment) {
        state.withLock { state in state.sealed.removeAll { $0 == segment } }
    }

    /// Adds an event that nobody waits for.
    ///
    /// - Returns: `false` if the queue is full; then `record` waits for room.
    func add(_ event: AuditEvent) -> Bool {
        let (isAdded, mustWake) = state.withLock { state -> (Bool, Bool) in
            if state.pending.count >= limits.capacity || state.isClosed { return (false, false) }
            state.pending.append(event)
            let isFirst = state.pending.count == 1 && !state.isUrgent
            let isMany = state.pending.count == limits.batch && !state.isUrgent
            if isMany { state.isUrgent = true }
            return (true, isFirst || isMany)
        }
        if mustWake { wake.signal() }
        return isAdded
    }

    /// Adds an event, after waiting for room where the queue is full.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - isDurable: Whether to return only after the event is on disk.
    /// - Throws: `.storage` or `.resourceExhausted` if it could not be written; it is tried again, and not lost as long
    ///   as the process lives.
    func record(_ event: AuditEvent, isDurable: Bool) async throws {
        while !isDurable {
            if add(event) { return }
            try await room()
        }
        while state.withLock({ $0.pending.count >= limits.capacity || $0.isClosed }) { try await room() }
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let mustWake = state.withLock { state -> Bool? in
                if state.isClosed { return nil }
                state.pending.append(event)
                state.waiters.append(waiter)
                defer { state.isUrgent = true }
                return !state.isUrgent
            }
            guard let mustWake else { return waiter.resume(throwing: Self.closed) }
            if mustWake { wake.signal() }
        }
    }

    private static var closed: TarnError { TarnError(.failedPrecondition, "The audit log is closed.") }

    private func room() async throws {
        if let failure { throw failure }
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            let isFree = state.withLock { state in
                if state.pending.count < limits.capacity || state.isClosed { return true }
                state.roomWaiters.append(waiter)
                return false
            }
            if isFree { waiter.resume() }
        }
        if state.withLock({ $0.isClosed }) { throw Self.closed }
    }

    /// Writes and saves what is queued.
    func save() async throws {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let isOpen = state.withLock { state in
                if state.isClosed { return false }
                state.waiters.append(waiter)
                state.isUrgent = true
                return true
            }
            if isOpen { wake.signal() } else { waiter.resume() }
        }
    }

    /// Writes and saves what is queued, and ends the segment that is being written.
    func seal() async throws {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let isOpen = state.withLock { state in
                if state.isClosed { return false }
                state.sealWaiters.append(waiter)
                state.isUrgent = true
                return true
            }
            if isOpen { wake.signal() } else { waiter.resume() }
        }
    }

    /// Writes and saves what is queued, seals it, and ends the thread.
    func close() async throws {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let isOpen = state.withLock { state in
                if state.isClosing { return false }
                state.isClosing = true
                state.sealWaiters.append(waiter)
                state.isUrgent = true
                return true
            }
            if isOpen { wake.signal() } else { waiter.resume() }
        }
    }

    // MARK: The thread

    /// What only the thread touches.
    private final class Work {
        var file: JournalFile?
        var number = 0
        var head: Head
        /// Lines with their place in the chain that are not in a file yet.
        var unwritten: [UInt8] = []
        /// The first of them, and the hash before it: the header of a file that would begin with them.
        var unwrittenFirst: Head
        var unsyncedSince: DispatchTime?
        /// The disk lost what it had said it would save; nobody knows what is there.
        var isBroken = false

        init(_ head: Head) {
            self.head = head
            unwrittenFirst = head
        }
    }

    private func run() {
        let work = Work(head)
        while true {
            let isTimeout = wake.wait(timeout: nextTime(work)) == .timedOut
            if !isTimeout, !state.withLock({ $0.isUrgent }) {
                _ = wake.wait(timeout: .now() + limits.linger.dispatch)
            }
            let batch = take()
            process(batch, work)
            if batch.isClosing {
                let left = state.withLock { state in
                    state.isClosed = true
                    defer {
                        state.waiters = []
                        state.roomWaiters = []
                        state.sealWaiters = []
                    }
                    return (state.waiters + state.sealWaiters, state.roomWaiters)
                }
                for waiter in left.0 { waiter.resume(throwing: Self.closed) }
                for waiter in left.1 { waiter.resume() }
                return
            }
        }
    }

    private func nextTime(_ work: Work) -> DispatchTime {
        if !work.unwritten.isEmpty { return .now() + .milliseconds(200) }
        if let since = work.unsyncedSince { return since + limits.syncInterval.dispatch }
        return .distantFuture
    }

    private func take() -> Batch {
        let (batch, roomWaiters) = state.withLock { state in
            let batch = Batch(
                events: state.pending, waiters: state.waiters, sealWaiters: state.sealWaiters,
                isClosing: state.isClosing)
            let roomWaiters = state.roomWaiters
            state.pending = []
            state.pending.reserveCapacity(min(batch.events.count, limits.batch))
            state.waiters = []
            state.sealWaiters = []
            state.roomWaiters = []
            state.isUrgent = false
            return (batch, roomWaiters)
        }
        for waiter in roomWaiters { waiter.resume() }
        return batch
    }

    private func process(_ batch: Batch, _ work: Work) {
        if work.unwritten.isEmpty { work.unwrittenFirst = work.head }
        for event in batch.events { append(event, work) }
        var failure: TarnError?
        do throws(TarnError) {
            try write(work)
            if !batch.waiters.isEmpty || !batch.sealWaiters.isEmpty || isSyncDue(work) { try sync(work) }
            if let file = work.file, file.size >= limits.segmentBytes || !batch.sealWaiters.isEmpty {
                try sync(work)
                seal(file, work)
            }
        } catch { failure = error }
        state.withLock { $0.failure = failure }
        for waiter in batch.waiters + batch.sealWaiters {
            if let failure { waiter.resume(throwing: failure) } else { waiter.resume() }
        }
    }

    private func append(_ event: AuditEvent, _ work: Work) {
        let start = work.unwritten.count
        work.head.sequence += 1
        work.unwritten.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 65))
        event.writeCanonical(chain: chain, sequence: work.head.sequence, to: &work.unwritten)
        work.head.hash = work.unwritten.withUnsafeBytes {
            .next(after: work.head.hash, UnsafeRawBufferPointer(rebasing: $0[(start + 65)...]))
        }
        work.head.hash.writeHex(over: &work.unwritten, at: start)
        work.unwritten.append(0x0A)
    }

    private func isSyncDue(_ work: Work) -> Bool {
        work.unsyncedSince.map { DispatchTime.now() >= $0 + limits.syncInterval.dispatch } ?? false
    }

    private func write(_ work: Work) throws(TarnError) {
        if work.isBroken { throw Self.broken }
        if work.unwritten.isEmpty { return }
        if work.file == nil {
            let segment = JournalFolder.Segment(chain: chain, number: work.number + 1)
            let header = JournalSegment.header(
                chain, work.unwrittenFirst.sequence + 1, work.unwrittenFirst.hash)
            work.file = try JournalFile(folder, segment, header: header)
            work.number += 1
            state.withLock { $0.hasOpenSegment = true }
        }
        try work.file?.append(work.unwritten)
        work.unwritten.removeAll(keepingCapacity: work.unwritten.count < 4 << 20)
        if work.unsyncedSince == nil { work.unsyncedSince = .now() }
    }

    private func sync(_ work: Work) throws(TarnError) {
        if work.isBroken { throw Self.broken }
        guard let file = work.file, work.unsyncedSince != nil else { return }
        do throws(TarnError) { try file.sync() } catch {
            work.isBroken = true
            throw error
        }
        work.unsyncedSince = nil
        let head = work.head
        state.withLock { $0.head = head }
    }

    private func seal(_ file: JournalFile, _ work: Work) {
        work.file = nil
        state.withLock { state in
            state.sealed.append(file.segment)
            state.hasOpenSegment = false
        }
    }

    private static var broken: TarnError {
        TarnError(
            .storage,
            "The disk did not save the audit log. Changes are refused until Tarn is started again; "
                + "`tarn audit verify` tells what is there.")
    }
}

extension Duration {
    fileprivate var dispatch: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        return .nanoseconds(Int(clamping: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }
}
