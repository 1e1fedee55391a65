import Base
import Synchronization

/// Small appends to one table that come from several tasks of this process: those that come while a commit is on its
/// way wait for it, and then share one data file and one commit.
///
/// An append that meets no other is written at once, by itself, so waiting is never longer than the commit before. The
/// rows of each caller are still all written or none, and each learns of its own failure only.
final class AppendQueue: Sendable {
    /// One caller's rows, and where it waits.
    struct Member: Sendable {
        let id: UInt64
        let source: WriteSource
        let options: WriteOptions
        let continuation: CheckedContinuation<CommitResult, any Error>
    }

    private struct State {
        var waiting: [Member] = []
        var isRunning = false
        var nextID: UInt64 = 0
    }

    /// So many appends share one commit at most; the rest are in the next.
    private static let groupLimit = 512

    private let state = Mutex(State())

    /// Appends whose turn has not come.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Appends the source's rows, alone or with others'.
    ///
    /// - Throws: As `DeltaTable.write`; `.cancelled` if the task was cancelled while its turn had not come.
    func append(
        _ source: WriteSource, _ options: WriteOptions, to table: DeltaTable
    ) async throws -> CommitResult {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let member = Member(id: id, source: source, options: options, continuation: continuation)
                enqueue(member, table)
            }
        } onCancel: {
            let member = state.withLock { state -> Member? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiting.remove(at: index)
            }
            member?.continuation.resume(throwing: Self.cancelled)
        }
    }

    private static var cancelled: TarnError { TarnError(.cancelled, "The append was cancelled.") }

    private func enqueue(_ member: Member, _ table: DeltaTable) {
        // Cancelled before it could wait: the handler has run already and found nothing to remove.
        if Task.isCancelled { return member.continuation.resume(throwing: Self.cancelled) }
        let starts = state.withLock { state in
            state.waiting.append(member)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        // A task of nobody's own: a caller that goes away takes no other's rows with it.
        if starts { Task.detached { await self.run(table) } }
    }

    private func run(_ table: DeltaTable) async {
        while let members = next() { await SharedAppend(table, members).run() }
    }

    /// The appends that have come so far; `nil`, and the end of the run, if there are none.
    private func next() -> [Member]? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isRunning = false
                return nil
            }
            let members = Array(state.waiting.prefix(Self.groupLimit))
            state.waiting.removeFirst(members.count)
            return members
        }
    }
}

extension DeltaTable {
    /// Small appends of this process that wait for a commit to share.
    package var waitingAppendCount: Int { appends.waitingCount }
}
