import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import Synchronization
import Tables
import Testing

/// Small appends that come at the same time become one commit, and each caller is told of its own rows only.
@Suite struct SharedCommitTests {
    private let shared: WriteOptions = {
        var options = WriteOptions()
        options.sharesCommit = true
        return options
    }()

    /// Holds the first commit back until `count` appends more are waiting, so that they must share the next one.
    private func table(
        _ fixture: TableFixture, holding gate: Gate, partitionedBy columns: [String] = []
    ) async throws -> DeltaTable {
        _ = try await fixture.create("t", as: "SELECT 0 AS n, 'a' AS p LIMIT 0", partitionedBy: columns)
        let store = FaultyStore(fixture.store("t")) { call in
            if call.kind == .put, call.path.name.hasSuffix("1.json") { await gate.wait() }
        }
        return try await DeltaTable.open(store, fixture.context)
    }

    /// One append is on its way, and held; the others come meanwhile.
    private func appends(
        _ table: DeltaTable, _ gate: Gate, first: String, others: [String]
    ) async -> (first: Result<CommitResult, any Error>, others: [Result<CommitResult, any Error>]) {
        @Sendable func append(_ sql: String) async -> Result<CommitResult, any Error> {
            do { return .success(try await table.write(WriteSource(sql: sql), shared)) } catch {
                return .failure(error)
            }
        }
        async let held = append(first)
        await gate.untilSomebodyWaits()
        let results = await withTaskGroup(of: (Int, Result<CommitResult, any Error>).self) { group in
            for (index, sql) in others.enumerated() { group.addTask { (index, await append(sql)) } }
            // The queue is looked at through the gate only: give every task the time to join it.
            group.addTask {
                while table.waitingAppendCount < others.count { await Task.yield() }
                gate.open()
                return (-1, .failure(CancellationError()))
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return (await held, results.filter { $0.0 >= 0 }.sorted { $0.0 < $1.0 }.map(\.1))
    }

    @Test func appendsThatComeTogetherShareOneCommit() async throws {
        let fixture = try TableFixture()
        let gate = Gate()
        let table = try await table(fixture, holding: gate)
        let results = await appends(
            table, gate, first: "SELECT 1 AS n, 'x' AS p",
            others: (2...20).map { "SELECT \($0) + i AS n, 'y' AS p FROM range(\($0 % 3)) r(i)" })
        #expect(try results.first.get().version == 1)
        for (result, number) in zip(results.others, 2...20) {
            let result = try result.get()
            #expect(result.version == 2 && result.rowCount == Int64(number % 3))
        }
        let snapshot = try await table.snapshot()
        #expect(snapshot.version == 2 && snapshot.fileCount == 2)
        let expected = 1 + (2...20).reduce(0) { $0 + $1 % 3 }
        #expect(try await fixture.rows(table, .latest, "SELECT count(*) FROM {t}") == ["\(expected)"])
        #expect(try await table.history(limit: 1).first?.info?.operation == "WRITE")
    }

    /// Rows that fail, whatever the reason, fail alone.
    @Test func aFailingAppendTakesNoOtherWithIt() async throws {
        let fixture = try TableFixture()
        let gate = Gate()
        let table = try await table(fixture, holding: gate, partitionedBy: ["p"])
        let results = await appends(
            table, gate, first: "SELECT 1 AS n, 'x' AS p",
            others: [
                "SELECT 2 AS n, 'x' AS p", "SELECT 3 AS n, 'x' AS p, 1 AS unknown",
                "SELECT CAST('no number' AS INTEGER) AS n, 'x' AS p", "SELECT nonsense",
                "SELECT 4 AS n, 'z' AS p",
            ])
        #expect(try results.others[0].get().version == 2)
        #expect(try results.others[4].get().rowCount == 1)
        let codes = results.others[1...3].map { result -> TarnError.Code? in
            guard case .failure(let error) = result else { return nil }
            return (error as? TarnError)?.code
        }
        #expect(codes == [.schemaMismatch, .invalidInput, .invalidInput])
        #expect(try await fixture.rows(table) == ["1|x", "2|x", "4|z"])
        #expect(try await table.snapshot().version == 2)
    }

    /// If the shared commit meets a change of the table, everybody's rows are written anew, each by itself.
    @Test func aChangedTableIsFollowed() async throws {
        let fixture = try TableFixture()
        let gate = Gate()
        _ = try await fixture.create("t", as: "SELECT 0 AS n LIMIT 0")
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let store = FaultyStore(fixture.store("t")) { call in
            guard call.kind == .put, call.path.parent == "_delta_log" else { return }
            if call.path.name.hasSuffix("1.json") { await gate.wait() }
            if call.path.name.hasSuffix("2.json"), gate.strikesOnce() {
                _ = try? await other.setProperties(["delta.checkpointInterval": "50"])
            }
        }
        let table = try await DeltaTable.open(store, fixture.context)
        let results = await appends(
            table, gate, first: "SELECT 1 AS n", others: ["SELECT 2 AS n", "SELECT 3 AS n"])
        #expect(results.others.allSatisfy { (try? $0.get()) != nil })
        #expect(try await fixture.rows(table) == ["1", "2", "3"])
        #expect(try await table.snapshot().version == 4)
    }

    /// Whatever store call fails on the way of a shared commit: rows whose append reported success are there once, and
    /// those of a failed one at most once.
    @Test(arguments: FaultyStore.Moment.withoutTearing)
    func everyFailurePointTellsTheTruth(_ moment: FaultyStore.Moment) async throws {
        let fixture = try TableFixture(warn: { _ in })
        for call in 1...100 {
            let name = "t\(call)"
            _ = try await fixture.create(name, as: "SELECT 0 AS n LIMIT 0")
            let store = FaultyStore(fixture.store(name), failingCall: call, moment)
            let reported = await withTaskGroup(of: Int?.self) { group in
                let table = try? await DeltaTable.open(store, fixture.context)
                for n in 1...6 {
                    group.addTask {
                        let done = try? await table?.write(WriteSource(sql: "SELECT \(n) AS n"), shared)
                        return done == nil ? nil : n
                    }
                }
                return await group.reduce(into: Set<Int>()) { if let n = $1 { $0.insert(n) } }
            }
            let after = try await DeltaTable.open(fixture.store(name), fixture.context)
            let rows = try await fixture.rows(after).compactMap { Int($0) }
            #expect(Set(rows).count == rows.count, "call \(call): rows are there twice: \(rows)")
            #expect(reported.isSubset(of: rows), "call \(call): \(reported) were reported, \(rows) are there")
            if !store.fired { return }
        }
        Issue.record("the appends make more than 100 store calls")
    }

    @Test func aCancelledAppendLeavesTheQueue() async throws {
        let fixture = try TableFixture()
        let gate = Gate()
        let table = try await table(fixture, holding: gate)
        async let held = table.write(WriteSource(sql: "SELECT 1 AS n, 'x' AS p"), shared)
        await gate.untilSomebodyWaits()
        let waiting = Task { try await table.write(WriteSource(sql: "SELECT 2 AS n, 'x' AS p"), shared) }
        while table.waitingAppendCount == 0 { await Task.yield() }
        waiting.cancel()
        let error = await #expect(throws: TarnError.self) { try await waiting.value }
        #expect(error?.code == .cancelled)
        gate.open()
        #expect(try await held.version == 1)
        #expect(try await fixture.rows(table) == ["1|x"])
    }
}

/// Lets tasks pass once it is open.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var struck = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func wait() async {
        await withCheckedContinuation { continuation in
            let watchers = state.withLock { state in
                if state.isOpen {
                    continuation.resume()
                } else {
                    state.waiting.append(continuation)
                }
                defer { state.watchers = [] }
                return state.watchers
            }
            for watcher in watchers { watcher.resume() }
        }
    }

    func untilSomebodyWaits() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiting.isEmpty, !state.isOpen { state.watchers.append(continuation) }
                return !state.waiting.isEmpty || state.isOpen
            }
            if isThere { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    /// True the first time.
    func strikesOnce() -> Bool {
        state.withLock { state in
            defer { state.struck = true }
            return !state.struck
        }
    }
}
