import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import Synchronization
import TableModel
import Tables
import Testing

@Suite struct OptimizeTests {
    /// A table of so many one-row files.
    private func table(
        _ fixture: TableFixture, files: Int, partitioned: Bool = false, name: String = "t"
    ) async throws -> DeltaTable {
        let table = try await fixture.create(
            name, as: "SELECT 0 AS n, 'p 0' AS p", partitionedBy: partitioned ? ["p"] : [])
        for n in 1..<files {
            try await table.write(WriteSource(sql: "SELECT \(n) AS n, 'p \(n % 3)' AS p"))
        }
        return table
    }

    @Test(arguments: [false, true])
    func smallFilesBecomeOneAPartition(partitioned: Bool) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, files: 12, partitioned: partitioned)
        let before = try await fixture.rows(table)
        let result = try await table.optimize()
        #expect(result.metrics["numRemovedFiles"]?.string == "12")
        #expect(try await table.snapshot().fileCount == (partitioned ? 3 : 1))
        #expect(try await fixture.rows(table) == before)
        let again = try await table.optimize()
        #expect(again.wasAlreadyCommitted && again.version == result.version)
        let fresh = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await fixture.rows(fresh) == before)
        let files = try await fresh.snapshot().files.all()
        #expect(files.allSatisfy { !$0.dataChange && $0.rowCount != nil })
        #expect(try await table.history(limit: 1).first?.info?.operation == "OPTIMIZE")
        // Old versions keep their files until a vacuum.
        #expect(try await fixture.rows(table, .version(3)).count == 4)
    }

    @Test func aPredicateChoosesTheFiles() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, files: 12, partitioned: true)
        let filter = ScanFilter.compare("p", .equal, .string("p 1"))
        try await table.optimize(where: RowCondition("p = 'p 1'", filter: filter))
        #expect(try await table.snapshot().fileCount == 9)
        #expect(try await fixture.rows(table).count == 12)
    }

    @Test func aTargetSizeBoundsTheFiles() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 0::BIGINT AS n, 0::DOUBLE AS x")
        for n in 1..<9 {
            try await table.write(
                WriteSource(sql: "SELECT i AS n, random() AS x FROM range(\(n)0000, \(n + 1)0000) r(i)"))
        }
        let size = try await table.snapshot().byteCount
        var options = OptimizeOptions()
        options.targetFileBytes = size / 3
        try await table.optimize(options)
        let files = try await table.snapshot().files.all()
        #expect((3...5).contains(files.count))
        #expect(files.allSatisfy { $0.byteCount < size / 2 })
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), count(DISTINCT n) FROM {t}")
                == ["80001|80001"])
        // The table's property decides where nothing is said; nothing is left to do then.
        try await table.setProperties(["delta.targetFileSize": "\(size / 3)"])
        #expect(try await table.optimize().wasAlreadyCommitted)
    }

    @Test func rowsInZOrderLieTogetherInEveryColumn() async throws {
        let fixture = try TableFixture()
        let sql = """
            SELECT (hash(i) % 1000)::INTEGER AS a, 'k' || (hash(i + 7) % 500) AS b, i AS id
            FROM range(1000000) r(i)
            """
        let table = try await fixture.create("t", as: sql)
        let sum = "SELECT count(*), sum(a), sum(id), count(DISTINCT b), bit_xor(hash(a, b, id)) FROM {t}"
        let before = try await fixture.rows(table, .latest, sum)
        try await table.optimize(zOrderBy: ["a", "B"])
        #expect(try await fixture.rows(table, .latest, sum) == before)
        let groups = try await rowGroups(table, fixture)
        #expect(groups.total >= 8)
        #expect(groups.holdingA * 4 <= groups.total * 3, "\(groups)")
        #expect(groups.holdingB * 4 <= groups.total * 3, "\(groups)")
    }

    /// How many row groups there are, and how many may hold one value of either column.
    private func rowGroups(
        _ table: DeltaTable, _ fixture: TableFixture
    ) async throws -> (total: Int, holdingA: Int, holdingB: Int) {
        let scan = try await table.scan(try await table.snapshot())
        let files = scan.locations.map { "'\($0)'" }.joined(separator: ",")
        let sql = """
            SELECT count(*) FILTER (path_in_schema = 'a'),
                count(*) FILTER (path_in_schema = 'a' AND try_cast(stats_min_value AS INT) <= 321
                    AND try_cast(stats_max_value AS INT) >= 321),
                count(*) FILTER (path_in_schema = 'b' AND stats_min_value <= 'k321' AND stats_max_value >= 'k321')
            FROM parquet_metadata([\(files)])
            """
        let row = try await fixture.rows(table, .latest, sql).first ?? ""
        let counts = row.split(separator: "|").compactMap { Int($0) }
        try #require(counts.count == 3)
        return (counts[0], counts[1], counts[2])
    }

    /// Rows that move are not written anew: nothing is computed, counted on or checked a second time.
    @Test func rulesDoNotTouchRowsThatMove() async throws {
        let fixture = try TableFixture()
        let identity: JSONObject = [
            "delta.identity.start": .int(1), "delta.identity.step": .int(1),
            "delta.identity.allowExplicitInsert": .bool(true),
        ]
        let fields = [
            SchemaField("n", .long), SchemaField("id", .long, metadata: identity),
            SchemaField(
                "double", .long, metadata: ["delta.generationExpression": .string("n * 2")]),
        ]
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context, TableDefinition(schema: TableSchema(fields))
        ).table
        for n in 0..<4 { try await table.write(WriteSource(sql: "SELECT \(n) AS n")) }
        let before = try await fixture.rows(table)
        let mark = try await table.snapshot().schema
        try await table.optimize(zOrderBy: ["n", "double"])
        try await table.optimize()
        #expect(try await fixture.rows(table) == before)
        #expect(try await table.snapshot().schema == mark)
        try await table.write(WriteSource(sql: "SELECT 9 AS n"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(DISTINCT id), sum(double) FROM {t}") == [
                "5|30"
            ])
        // A restore takes rows away, but no number comes twice.
        try await table.restore(to: .version(2))
        try await table.write(WriteSource(sql: "SELECT 10 AS n"))
        let ids = try await fixture.rows(table, .latest, "SELECT max(id), count(*) FROM {t}")
        #expect(ids == ["6|3"])
    }

    @Test func whatRowsCannotBeOrderedByIsRefused() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 1 AS n, 'x' AS p, [1] AS l", partitionedBy: ["p"])
        for columns: [ColumnPath] in [["p"], ["l"], ["none"], ["n", "N"]] {
            let error = await #expect(throws: TarnError.self) { try await table.optimize(zOrderBy: columns) }
            #expect(error?.code == .invalidInput || error?.code == .notFound, "\(columns)")
        }
        #expect(try await table.snapshot().version == 0)
    }

    @Test func appendsDuringAnOptimizeSucceedAndStay() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, files: 8)
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let disturbances = Countdown(3)
        let store = FaultyStore(
            fixture.store("t"),
            onCall: { call in
                guard call.kind == .put, call.path.parent.name == "_delta_log", disturbances.take() else {
                    return
                }
                _ = try? await other.write(WriteSource(sql: "SELECT 100 AS n, 'late' AS p"))
            })
        let optimizer = try await DeltaTable.open(store, fixture.context)
        let result = try await optimizer.optimize()
        #expect(result.retryCount == 3)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*) FILTER (n < 8) FROM {t}") == ["8"])
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*) FROM {t} WHERE n = 100") == ["3"])
    }

    /// Another's overwrite of one partition costs that partition's group only.
    @Test func groupsThatOthersChangedAreGivenUp() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, files: 9, partitioned: true)
        let other = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let disturbances = Countdown(1)
        let store = FaultyStore(
            fixture.store("t"),
            onCall: { call in
                guard call.kind == .put, call.path.parent.name == "_delta_log", disturbances.take() else {
                    return
                }
                _ = try? await other.delete(
                    where: RowCondition("p = 'p 1'", filter: .compare("p", .equal, .string("p 1"))))
            })
        try await DeltaTable.open(store, fixture.context).optimize()
        #expect(try await table.snapshot().fileCount == 2)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), count(DISTINCT p) FROM {t}") == ["6|2"])
        // What the given-up group had written is gone.
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 8 * 86_400_000_000)
        let later = try await DeltaTable.open(
            fixture.store("t"), TableContext(engine: fixture.engine, time: clock))
        #expect(try await later.vacuum().fileCount == 9)
    }

    /// Whatever store call fails, for want of space for example: the rows are as before, and a repeat succeeds.
    @Test(arguments: [StorageError?.none, .full("disk")])
    func everyFailurePointKeepsTheRows(_ error: StorageError?) async throws {
        let fixture = try TableFixture(warn: { _ in })
        for call in 1...100 {
            let name = "t\(call)"
            let table = try await table(fixture, files: 3, partitioned: true, name: name)
            let before = try await fixture.rows(table)
            let faulty = FaultyStore(fixture.store(name), failingCall: call, error: error)
            _ = try? await DeltaTable.open(faulty, fixture.context).optimize(zOrderBy: ["n"])
            let after = try await DeltaTable.open(fixture.store(name), fixture.context)
            #expect(try await fixture.rows(after) == before, "call \(call)")
            try await after.optimize(zOrderBy: ["n"])
            #expect(try await fixture.rows(after) == before, "call \(call)")
            if !faulty.fired { return }
        }
        Issue.record("the operation makes more than 100 store calls")
    }

    /// Random tables of random shapes, optimised in random ways: the same rows come out.
    @Test func optimizingNeverChangesTheRows() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        let random = SeededRandomSource(seed: seed)
        let fixture = try TableFixture()
        for round in 0..<12 {
            let isPartitioned = random.next() % 2 == 0
            let table = try await fixture.create(
                "t\(round)", as: source(random), partitionedBy: isPartitioned ? ["g"] : [])
            for _ in 0..<(random.next() % 6) { try await table.write(WriteSource(sql: source(random))) }
            let before = try await fixture.rows(table)
            for _ in 0..<2 {
                var options = OptimizeOptions()
                if random.next() % 2 == 0 { options.targetFileBytes = Int64(1000 + random.next() % 20_000) }
                let all: [ColumnPath] = ["a", "b", "c", "d", "e"]
                let columns = all.filter { _ in random.next() % 2 == 0 }
                try await table.optimize(zOrderBy: columns, options)
                #expect(
                    try await fixture.rows(table) == before,
                    "seed \(seed), round \(round), columns \(columns)")
            }
        }
    }

    private func source(_ random: SeededRandomSource) -> String {
        let (rows, salt) = (random.next() % 3000, random.next() % 1000)
        let values = [
            ("(hash(i, \(salt)) % 50)::INTEGER", "a"), ("'t''' || (hash(i + \(salt)) % 999)", "b"),
            ("CASE WHEN i % 11 = 0 THEN 'nan'::DOUBLE ELSE i / 7 END", "c"),
            ("TIMESTAMP '2024-01-01' + to_seconds(i * \(salt))", "d"), ("(i % 97)::DECIMAL(10, 3)", "e"),
            ("'g ' || (hash(i) % 4)", "g"),
        ]
        let items = values.enumerated().map { index, value in
            "CASE WHEN hash(i, \(salt), \(index)) % 7 = 0 THEN NULL ELSE \(value.0) END AS \(value.1)"
        }
        return "SELECT \(items.joined(separator: ", ")), [i, NULL] AS l FROM range(\(rows)) r(i)"
    }
}

/// True so many times.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func take() -> Bool {
        left.withLock { left in
            left -= 1
            return left >= 0
        }
    }
}
