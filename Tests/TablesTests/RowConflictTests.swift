import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import Synchronization
import TableModel
import Tables
import Testing

/// Two changes of one table, the second of which finds the first one landed when it wants to commit.
@Suite struct RowConflictTests {
    typealias Change = @Sendable (DeltaTable) async throws -> CommitResult

    /// Rows 0 to 9 in one file, v = 10 * id; `theirs` lands right before `mine` wants to.
    private func race(
        _ properties: [String: String], mine: Change, theirs: @escaping Change
    ) async throws -> (rows: [String], mine: CommitResult, files: [DataFileView]) {
        let fixture = try TableFixture()
        _ = try await fixture.create(
            "t", as: "SELECT i AS id, 10 * i AS v FROM range(10) r(i)", properties: properties)
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let isFirst = Mutex(true)
        let store = FaultyStore(fixture.store("t")) { call in
            guard call.kind == .put, call.path.parent == "_delta_log", call.path.name.hasSuffix(".json"),
                isFirst.withLock({ first in
                    defer { first = false }
                    return first
                })
            else { return }
            do { _ = try await theirs(other) } catch { Issue.record("\(error)") }
        }
        let table = try await DeltaTable.open(store, fixture.context)
        let result = try await mine(table)
        return (try await fixture.rows(other), result, try await other.snapshot().files.all())
    }

    private static let vectors = ["delta.enableDeletionVectors": "true"]

    private static func rows(_ changed: [Int: Int?]) -> [String] {
        (0..<10).compactMap { id in (changed[id] ?? 10 * id).map { "\(id)|\($0)" } }.sorted {
            $0.split(separator: "|")[0] < $1.split(separator: "|")[0]
        }
    }

    static func delete(_ condition: String, _ filter: ScanFilter = .always) -> Change {
        { try await $0.delete(where: RowCondition(condition, filter: filter)) }
    }

    static func update(_ value: String, _ condition: String, _ filter: ScanFilter = .always) -> Change {
        { try await $0.update([("v", value)], where: RowCondition(condition, filter: filter)) }
    }

    static func merge(_ id: Int, _ v: Int) -> Change {
        { table in
            try await table.merge(
                MergePlan(
                    source: WriteSource(sql: "SELECT \(id)::BIGINT AS id, \(v)::BIGINT AS v"),
                    condition: "t.id = s.id", keys: [("id", "s.id")], matched: [MergeClause(nil, .updateAll)],
                    notMatched: [MergeClause(nil, .insertAll)]))
        }
    }

    /// Changes of different rows of one file both hold, and the second is not computed again.
    @Test(
        arguments: [
            (update("v + 1", "id = 2"), update("v + 100", "id = 7"), [2: 21, 7: 170]),
            (delete("id = 2"), delete("id = 7"), [2: nil, 7: nil]),
            (delete("id IN (0, 9)"), update("-1", "id = 7"), [0: nil, 9: nil, 7: -1]),
            (
                update("v + 1", "id < 3"), delete("id >= 3"),
                [0: 1, 1: 11, 2: 21, 3: nil, 4: nil, 5: nil, 6: nil, 7: nil, 8: nil, 9: nil]
            ),
        ] as [(Change, Change, [Int: Int?])])
    func differentRowsOfOneFile(_ mine: @escaping Change, _ theirs: @escaping Change, _ changed: [Int: Int?])
        async throws
    {
        let (rows, result, files) = try await race(Self.vectors, mine: mine, theirs: theirs)
        #expect(rows == Self.rows(changed))
        #expect(
            result.version == 2 && result.retryCount == 1,
            "the commit went on, the statement did not run again")
        let file = files.first { $0.deletionVector != nil }
        #expect(file?.deletionVector?.cardinality == Int64(changed.count))
    }

    /// Changes of one row come one after the other, with or without deletion vectors.
    @Test(arguments: [vectors, [:]])
    func theSameRow(_ properties: [String: String]) async throws {
        var (rows, result, _) = try await race(
            properties, mine: Self.update("v + 1", "id = 2"), theirs: Self.update("v + 100", "id = 2"))
        #expect(rows == Self.rows([2: 121]))
        (rows, result, _) = try await race(
            properties, mine: Self.update("v + 1", "id = 2"), theirs: Self.delete("id = 2"))
        #expect(rows == Self.rows([2: nil]))
        (rows, result, _) = try await race(properties, mine: Self.merge(2, 5), theirs: Self.delete("id = 2"))
        #expect(rows == Self.rows([2: 5]))
        #expect(result.retryCount == 0, "the statement ran again")
    }

    /// A row that another's update brings under my condition is mine to change.
    @Test(arguments: [vectors, [:]])
    func aRowThatCameUnderTheCondition(_ properties: [String: String]) async throws {
        let filter = ScanFilter.compare("v", .greaterOrEqual, .integer(80))
        let (rows, _, _) = try await race(
            properties, mine: Self.update("v + 1000", "v >= 80", filter), theirs: Self.update("500", "id = 1")
        )
        #expect(rows == Self.rows([1: 1500, 8: 1080, 9: 1090]))
    }

    /// Two merges that both insert one key: the second finds it there.
    @Test(arguments: [vectors, [:]])
    func oneKeyIsInsertedOnce(_ properties: [String: String]) async throws {
        let (rows, _, _) = try await race(properties, mine: Self.merge(77, 1), theirs: Self.merge(77, 2))
        #expect(rows.filter { $0.hasPrefix("77|") } == ["77|1"])
        #expect(rows.count == 11)
    }

    /// A blind append counts as having come later, but not where the table is to be serializable.
    @Test(arguments: IsolationLevel.allCases)
    func anAppendOfARowUnderTheCondition(_ isolation: IsolationLevel) async throws {
        let properties = Self.vectors.merging(["delta.isolationLevel": isolation.rawValue]) { $1 }
        let (rows, _, _) = try await race(
            properties, mine: Self.delete("v = 50", .compare("v", .equal, .integer(50))),
            theirs: { try await $0.write(WriteSource(sql: "SELECT 11 AS id, 50 AS v")) })
        #expect(rows.contains("11|50") == (isolation == .writeSerializable))
        #expect(!rows.contains("5|50"))
    }

    /// What the statement read but the other did not touch: it goes on.
    @Test func anAppendThatStatisticsRuleOut() async throws {
        let properties = Self.vectors.merging(["delta.isolationLevel": "Serializable"]) { $1 }
        let (rows, result, _) = try await race(
            properties, mine: Self.delete("v = 50", .compare("v", .equal, .integer(50))),
            theirs: { try await $0.write(WriteSource(sql: "SELECT 11 AS id, 51 AS v")) })
        #expect(rows.contains("11|51") && !rows.contains("5|50"))
        #expect(result.retryCount == 1)
    }

    /// A statement that always meets another gives up after ten runs, and says so.
    @Test func retriesAreBounded() async throws {
        let fixture = try TableFixture()
        _ = try await fixture.create("t", as: "SELECT 1 AS id, 0 AS v")
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let clock = ManualTimeSource()
        let tries = Mutex(0)
        let store = FaultyStore(fixture.store("t")) { call in
            guard call.kind == .put, call.path.parent == "_delta_log", call.path.name.hasSuffix(".json")
            else {
                return
            }
            tries.withLock { $0 += 1 }
            _ = try? await Self.update("v + 1", "id = 1")(other)
        }
        let context = TableContext(engine: fixture.engine, time: clock)
        let table = try await DeltaTable.open(store, context)
        let error = await #expect(throws: TarnError.self) { try await Self.update("-1", "id = 1")(table) }
        #expect(error?.code == .conflict && error?.isRetryable == true)
        #expect(error?.context.contains { $0.name == "attempts" && $0.value == "10" } == true)
        #expect(tries.withLock { $0 } == 10)
        #expect(try await fixture.rows(other) == ["1|10"])
        let waited = clock.nowMicroseconds() - 1_700_000_000_000_000
        #expect(waited > 0 && waited < 2_500_000)
    }

    /// Those of one process repeat in turn, so each gets through however many there are.
    @Test(arguments: [vectors, [:]])
    func manyWritersOfOneRow(_ properties: [String: String]) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS id, 0 AS v", properties: properties)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask { _ = try await Self.update("v + 1", "id = 1")(table) }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.rows(table) == ["1|12"])
        #expect(try await table.snapshot().version == 12)
    }
}
