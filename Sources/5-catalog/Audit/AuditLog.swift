package import Base
package import Metastore
package import ObjectStore
internal import Synchronization
package import Tables

/// The audit log of one process: its chain of events, in a journal first, and later in the table of all processes.
///
/// ```swift
/// let audit = AuditLog(folder: home + "/audit", metastore: metastore, context: { tables.context })
/// try await audit.record(event, isDurable: true)   // returns when the event is on disk
/// let report = try await audit.verify()
/// await audit.close()
/// ```
///
/// Nothing is made on disk before the first event. Several processes may share a folder.
package final class AuditLog: Sendable {
    package struct Options: Sendable {
        /// A journal goes into the table after so long, if anything is in it.
        package var flushInterval: Duration = .seconds(60)
        /// Of events that nobody waits for: how long they may be written and not yet saved.
        package var syncInterval: Duration = .seconds(1)
        /// A journal goes into the table when it has so many bytes.
        package var segmentBytes = 8 << 20
        /// Whether the process ends soon, as a command does: every event is waited for, and a small journal is left
        /// for a longer-lived process to move.
        package var isShortLived = false
        package init() {}
    }

    /// What there is from the first event on.
    struct Running: Sendable {
        let writer: JournalWriter
        let lock: JournalLock
        let ticker: Task<Void, Never>
    }

    let folder: JournalFolder
    let registry: ChainRegistry
    let mover: AuditMover
    let table: @Sendable () async throws -> AuditTable
    private let options: Options
    private let time: any TimeSource
    private let random: any RandomSource
    private let warn: @Sendable (String) -> Void
    private let running = Mutex<Running?>(nil)
    private let starting = Mutex<Task<Running, any Error>?>(nil)

    /// Left journals of dead processes that a short-lived process does not move yet.
    private static let leftoverLimit = 16

    /// - Parameters:
    ///   - folder: Absolute; made when it is first needed.
    ///   - metastore: With `AuditMigrations.all`.
    ///   - context: Engine and clock for the table; asked for when it is first needed.
    ///   - options: How often, how much.
    ///   - time: For waits between rounds of moving.
    ///   - random: For the chain's id.
    ///   - warn: Told of what will be tried again.
    ///   - store: Opens the folder of the table.
    package init(
        folder: String, metastore: Metastore, context: @escaping @Sendable () async throws -> TableContext,
        options: Options = Options(), time: any TimeSource = SystemTimeSource(),
        random: any RandomSource = SystemRandomSource(),
        warn: @escaping @Sendable (String) -> Void = { _ in },
        store: @escaping @Sendable (String) -> any ObjectStore = { LocalStore(root: $0) }
    ) {
        self.folder = JournalFolder(path: folder + "/journal")
        self.options = options
        self.time = time
        self.random = random
        self.warn = warn
        let registry = ChainRegistry(metastore: metastore, time: time)
        self.registry = registry
        let table: @Sendable () async throws -> AuditTable = {
            AuditTable(
                store: store(try await registry.eventsFolder(folder + "/events")),
                context: try await context())
        }
        self.table = table
        mover = AuditMover(self.folder, registry, table: table, warn: warn)
    }

    // MARK: Recording

    /// Why nothing can be recorded at present; whoever is about to change something should be refused then.
    package var failure: TarnError? { running.withLock { $0 }?.writer.failure }

    /// Whether this process has recorded anything.
    package var hasRecorded: Bool { running.withLock { $0 != nil } }

    /// Adds an event without waiting, the fast way.
    ///
    /// - Returns: `false` if that cannot be done now: then `record`.
    package func add(_ event: AuditEvent) -> Bool {
        if options.isShortLived { return false }
        return running.withLock { $0 }?.writer.add(event) ?? false
    }

    /// Adds an event; waits for room where too many are queued.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - isDurable: Whether to return only when the event is on disk: for what changed something.
    /// - Throws: `.storage` or `.resourceExhausted` if the disk does not take it.
    package func record(_ event: AuditEvent, isDurable: Bool) async throws {
        try await started().writer.record(event, isDurable: isDurable || options.isShortLived)
    }

    /// Returns when all that was recorded is on disk.
    package func save() async throws { try await running.withLock { $0 }?.writer.save() }

    /// Moves all journals that can be moved into the table: this process's, and those of dead ones.
    package func flush() async throws {
        let current = running.withLock { $0 }
        if let writer = current?.writer {
            if writer.hasLines { try await writer.seal() }
            try await mover.move(writer)
        }
        try await mover.takeOver(except: current?.writer.chain)
    }

    /// Saves everything, moves what is to be moved; nothing can be recorded afterwards.
    package func close() async {
        let task = starting.withLock { $0 }
        guard let running = try? await task?.value else { return }
        running.ticker.cancel()
        await running.ticker.value
        defer { running.lock.release() }
        do {
            try await running.writer.close()
            let left = try folder.chains().count
            if !options.isShortLived || left >= Self.leftoverLimit {
                try await mover.move(running.writer)
                if options.isShortLived { try await mover.takeOver(except: running.writer.chain) }
            } else {
                try await registry.advance(running.writer.chain, to: running.writer.head)
            }
            if running.writer.sealed.isEmpty { running.lock.removeFile() }
        } catch { warn("The audit log could not be moved into its table yet: \(Self.text(error))") }
    }

    // MARK: The first event

    private func started() async throws -> Running {
        if let running = running.withLock({ $0 }) { return running }
        let task = starting.withLock { starting in
            if let starting { return starting }
            let task = Task {
                let made = try await self.start()
                self.running.withLock { $0 = made }
                return made
            }
            starting = task
            return task
        }
        do { return try await task.value } catch {
            starting.withLock { $0 = nil }
            throw error
        }
    }

    private func start() async throws -> Running {
        let chain = random.uuid()
        let folder = folder
        let lock = try await BlockingPool.files.run {
            try folder.make()
            return try JournalLock(folder.lockFile(chain))
        }
        guard let lock else { throw TarnError(.internal, "A new chain of the audit log is in use already.") }
        try await registry.begin(chain)
        var limits = JournalWriter.Limits()
        limits.syncInterval = options.syncInterval
        limits.segmentBytes = options.segmentBytes
        let writer = JournalWriter(folder, chain: chain, limits: limits)
        return Running(writer: writer, lock: lock, ticker: Task { await self.tick(writer) })
    }

    /// Once a second: full segments go at once, others when they are old.
    private func tick(_ writer: JournalWriter) async {
        if options.isShortLived { return }
        var elapsed = Duration.zero
        await attempt { try await self.mover.takeOver(except: writer.chain) }
        let step = min(.seconds(1), options.flushInterval)
        while !Task.isCancelled {
            do { try await time.waitInBackground(for: step) } catch { return }
            elapsed += step
            let isOld = elapsed >= options.flushInterval
            if isOld { elapsed = .zero }
            if !writer.sealed.isEmpty || (isOld && writer.hasLines) {
                await attempt {
                    if isOld { try await writer.seal() }
                    try await self.mover.move(writer)
                }
            }
            if isOld { await attempt { try await self.mover.takeOver(except: writer.chain) } }
        }
    }

    private func attempt(_ body: @Sendable () async throws -> Void) async {
        do { try await body() } catch {
            if Task.isCancelled { return }
            warn("The audit log could not be moved into its table; it is tried again. \(Self.text(error))")
        }
    }

    private static func text(_ error: any Error) -> String { (error as? TarnError)?.message ?? "\(error)" }
}
