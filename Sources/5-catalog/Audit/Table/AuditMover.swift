internal import Base
internal import DeltaLake
internal import Tables

/// Moves journals into the table: of this process when they are full or old, of dead processes when it meets them.
///
/// The order is: rows committed, head written, file removed. A crash in between repeats a step that then does nothing,
/// for the commit carries the last sequence of the batch.
actor AuditMover {
    private let folder: JournalFolder
    private let registry: ChainRegistry
    private let table: @Sendable () async throws -> AuditTable
    private let warn: @Sendable (String) -> Void
    private var previous: Task<Void, any Error>?
    private var opened: (AuditTable, DeltaTable)?

    init(
        _ folder: JournalFolder, _ registry: ChainRegistry,
        table: @escaping @Sendable () async throws -> AuditTable, warn: @escaping @Sendable (String) -> Void
    ) {
        self.folder = folder
        self.registry = registry
        self.table = table
        self.warn = warn
    }

    /// One after the other, however many ask.
    private func inTurn(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let before = previous
        let task = Task {
            _ = await before?.result
            try await body()
        }
        previous = task
        try await task.value
    }

    /// Moves what this process has sealed.
    func move(_ writer: JournalWriter) async throws {
        try await inTurn {
            for segment in writer.sealed {
                guard try await self.moveSegment(segment) else { return }
                writer.forget(segment)
            }
        }
    }

    /// Moves what dead processes left.
    func takeOver(except own: String?) async throws {
        try await inTurn {
            for chain in try self.folder.chains().keys.sorted() where chain != own {
                guard let lock = try JournalLock(self.folder.lockFile(chain)) else { continue }
                // Listed again: another process may have taken it over before the lock was had.
                var isDone = true
                for segment in try self.folder.chains()[chain] ?? [] {
                    isDone = try await self.moveSegment(segment)
                    if !isDone { break }
                }
                if isDone { lock.removeFile() }
            }
        }
    }

    /// - Returns: Whether the segment is gone.
    private func moveSegment(_ segment: JournalFolder.Segment) async throws -> Bool {
        guard let content = try readable(segment) else { return false }
        if let last = content.lines.last {
            let (audit, table) = try await openTable()
            let moved = try await table.snapshot().transactions[AuditTable.application(segment.chain)]?
                .version
            let lines = content.lines.filter { $0.sequence > moved ?? 0 }
            try await audit.append(lines, chain: segment.chain, to: table)
            try await registry.advance(
                segment.chain, to: JournalWriter.Head(sequence: last.sequence, hash: last.hash))
        }
        try folder.remove(segment)
        return true
    }

    /// The segment's lines; `nil` where something in it is no line: it stays for `tarn audit verify` to tell of.
    private func readable(_ segment: JournalFolder.Segment) throws -> JournalSegment? {
        let empty = JournalSegment(
            chain: segment.chain, firstSequence: 1, previous: .genesis(of: segment.chain), lines: [])
        do {
            let content = try JournalSegment.read(folder.file(segment)) ?? empty
            if content.damage == nil, content.chain == segment.chain, content.isContiguous { return content }
        } catch let error as TarnError where error.code == .corruptMetadata {}
        warn("A journal of the audit log is damaged and stays where it is; tarn audit verify tells more.")
        return nil
    }

    private func openTable() async throws -> (AuditTable, DeltaTable) {
        if let opened { return opened }
        let audit = try await table()
        let new = (audit, try await audit.openOrCreate())
        opened = new
        return new
    }
}
