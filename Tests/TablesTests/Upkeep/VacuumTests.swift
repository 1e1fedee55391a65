import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import Tables
import Testing

@Suite struct VacuumTests {
    /// A table whose history has live, removed and never committed files, and a clock some days later.
    private struct Case {
        let fixture: TableFixture
        let table: DeltaTable
        let clock: ManualTimeSource

        init(daysLater: Int = 8) async throws {
            fixture = try TableFixture()
            let writer = try await fixture.create("t", as: "SELECT 0 AS n")
            try await writer.write(WriteSource(sql: "SELECT 1 AS n"))
            try await writer.write(WriteSource(sql: "SELECT 2 AS n"), WriteOptions(mode: .overwrite))
            try await writer.write(WriteSource(sql: "SELECT 3 AS n"))
            try await writer.store.put("part-orphan.parquet", [1, 2, 3], mode: .overwrite)
            clock = ManualTimeSource(
                microseconds: SystemTimeSource().nowMicroseconds() + Int64(daysLater) * 86_400_000_000)
            table = try await DeltaTable.open(
                fixture.store("t"), TableContext(engine: fixture.engine, time: clock))
        }

        func dataFiles() async throws -> Int {
            try await table.store.listRecursively(.root).count { $0.path.name.hasSuffix(".parquet") }
        }
    }

    @Test func whatNoVersionWithinTheRetentionNeedsGoes() async throws {
        let test = try await Case()
        let result = try await test.table.vacuum()
        #expect(result.fileCount == 3 && result.paths.contains("part-orphan.parquet"))
        #expect(try await test.dataFiles() == 2)
        #expect(try await test.fixture.rows(test.table) == ["2", "3"])
        let again = try await test.table.vacuum()
        #expect(again.fileCount == 0)
        let history = try await test.table.history().prefix(2).map { $0.info?.operation }
        #expect(history == ["VACUUM END", "VACUUM START"])
    }

    @Test func youngFilesStay() async throws {
        let test = try await Case(daysLater: 6)
        #expect(try await test.table.vacuum().fileCount == 0)
        #expect(try await test.dataFiles() == 5)
        // The table's own property decides where nothing is said.
        try await test.table.setProperties(["delta.deletedFileRetentionDuration": "interval 5 days"])
        #expect(try await test.table.vacuum().fileCount == 3)
    }

    @Test func aDryRunRemovesNothing() async throws {
        let test = try await Case()
        let version = try await test.table.snapshot().version
        let result = try await test.table.vacuum(VacuumOptions(retention: nil, isDryRun: true))
        #expect(result.fileCount == 3 && result.isDryRun)
        #expect(try await test.dataFiles() == 5)
        #expect(try await test.table.snapshot().version == version)
    }

    @Test func aShortRetentionNeedsAnExplicitWord() async throws {
        let test = try await Case(daysLater: 1)
        let error = await #expect(throws: TarnError.self) {
            try await test.table.vacuum(VacuumOptions(retention: .seconds(3600)))
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("delta.deletedFileRetentionDuration") == true)
        #expect(try await test.dataFiles() == 5)
        let result = try await test.table.vacuum(
            VacuumOptions(retention: .seconds(3600), allowsShortRetention: true))
        #expect(result.fileCount == 3)
        await #expect(throws: TarnError.self) {
            try await test.table.vacuum(VacuumOptions(retention: .seconds(-1), allowsShortRetention: true))
        }
    }

    @Test func pinnedVersionsKeepTheirFiles() async throws {
        let test = try await Case()
        let result = try await test.table.vacuum(VacuumOptions(retention: nil, pinnedVersions: [1]))
        #expect(result.paths == ["part-orphan.parquet"])
        #expect(try await test.fixture.rows(test.table, .version(1)) == ["0", "1"])
        let error = await #expect(throws: TarnError.self) {
            try await test.table.vacuum(VacuumOptions(retention: nil, pinnedVersions: [99]))
        }
        #expect(error?.code == .failedPrecondition && error?.message.contains("99") == true)
    }

    @Test func namesOfOthersAreLeftAlone() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS n, 'a' AS _p", partitionedBy: ["_p"])
        let kept = ["_other/x.parquet", ".hidden/x.parquet", "_x", ".x", "metadata/v1.metadata.json"]
        let gone = ["a/x.parquet", "_change_data/cdc.parquet", "_p=a/old.parquet", "deletion_vector_x.bin"]
        for path in kept + gone { try await table.store.put(try StorePath(path), [1], mode: .overwrite) }
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 8 * 86_400_000_000)
        let later = try await DeltaTable.open(
            fixture.store("t"), TableContext(engine: fixture.engine, time: clock))
        #expect(Set(try await later.vacuum().paths) == Set(gone))
        #expect(try await fixture.rows(later) == ["1|a"])
        for path in kept { #expect(try await table.store.head(try StorePath(path)) != nil, "\(path)") }
    }

    /// A commit that lands while the folder is walked keeps its files, however old they are.
    @Test func aCommitDuringTheWalkKeepsItsFiles() async throws {
        let test = try await Case()
        let writer = test.table
        let store = FaultyStore(
            test.fixture.store("t"),
            onCall: { call in
                guard call.kind == .list, call.path.isRoot else { return }
                _ = try? await writer.restore(to: .version(1))
            })
        let table = try await DeltaTable.open(
            store, TableContext(engine: test.fixture.engine, time: test.clock))
        let result = try await table.vacuum()
        #expect(result.paths == ["part-orphan.parquet"])
        #expect(try await test.fixture.rows(table) == ["0", "1"])
    }

    /// Whatever store call fails: live rows are there afterwards, and a repeat succeeds.
    @Test(arguments: FaultyStore.Moment.withoutTearing)
    func everyFailurePointKeepsTheRows(_ moment: FaultyStore.Moment) async throws {
        for call in 1...100 {
            let test = try await Case()
            let faulty = FaultyStore(test.fixture.store("t"), failingCall: call, moment)
            let context = TableContext(engine: test.fixture.engine, time: test.clock)
            _ = try? await DeltaTable.open(faulty, context).vacuum()
            #expect(try await test.fixture.rows(test.table) == ["2", "3"], "call \(call)")
            _ = try await test.table.vacuum()
            #expect(try await test.dataFiles() == 2, "call \(call)")
            if !faulty.fired { return }
        }
        Issue.record("the vacuum makes more than 100 store calls")
    }
}
