import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct LogTests {
    private func table(_ fixture: TableFixture, versions: Int) async throws -> DeltaTable {
        let table = try await fixture.create(
            "t", as: "SELECT 0 AS n, 'é' AS p", partitionedBy: ["p"],
            properties: ["delta.checkpointInterval": "10"])
        for n in 1..<versions { try await table.write(WriteSource(sql: "SELECT \(n) AS n, NULL AS p")) }
        return table
    }

    @Test func checkpointsAreWrittenWhenDueAndReadBack() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 13)
        let names = try await table.store.list("_delta_log").map(\.path.name)
        #expect(
            names.contains("00000000000000000010.checkpoint.parquet") && names.contains("_last_checkpoint"))
        // The commits that the checkpoint stands for are not needed any more.
        for version in 0...10 {
            try await table.store.delete(
                try StorePath("_delta_log/\(LogFileName.commit(Int64(version)).text)"))
        }
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await again.snapshot().version == 12)
        #expect(
            try await fixture.rows(again, .latest, "SELECT count(*), sum(n), count(p) FROM {t}") == [
                "13|78|1"
            ])
        #expect(try await fixture.rows(again, .version(11), "SELECT sum(n) FROM {t}") == ["66"])
        await #expect(throws: TarnError.self) { try await again.snapshot(.version(9)) }
    }

    /// A checkpoint that cannot be read is as good as none while the commits are there and no hint names it.
    @Test(arguments: ["truncated", "empty", "garbage"])
    func damagedCheckpointsAreDoneWithout(_ damage: String) async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 12)
        let path: StorePath = "_delta_log/00000000000000000010.checkpoint.parquet"
        let bytes = try await table.store.get(path)
        let broken: [UInt8] =
            switch damage {
            case "truncated": Array(bytes.prefix(bytes.count / 2))
            case "empty": []
            default: Array("no parquet".utf8)
            }
        try await table.store.put(path, broken, mode: .overwrite)
        if damage != "empty" {
            // The hint says that the checkpoint was whole once.
            let error = await #expect(throws: TarnError.self) {
                try await DeltaTable.open(fixture.store("t"), fixture.context)
            }
            #expect(error?.code == .corruptMetadata && error?.message.contains(path.name) == true)
        }
        try await table.store.delete("_delta_log/_last_checkpoint")
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await again.snapshot().version == 11)
        #expect(try await fixture.rows(again, .latest, "SELECT sum(n) FROM {t}") == ["66"])
        try await table.store.delete("_delta_log/00000000000000000003.json")
        let error = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(error?.code == .corruptMetadata)
    }

    @Test func gapsAndDamagedCommitsAreNamed() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 5)
        let bytes = try await table.store.get("_delta_log/00000000000000000003.json")
        try await table.store.put(
            "_delta_log/00000000000000000003.json", Array(bytes.dropLast(40)), mode: .overwrite)
        let damaged = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(
            damaged?.code == .corruptMetadata
                && damaged?.message.contains("00000000000000000003.json") == true)
        try await table.store.delete("_delta_log/00000000000000000003.json")
        let gap = await #expect(throws: TarnError.self) {
            try await DeltaTable.open(fixture.store("t"), fixture.context)
        }
        #expect(gap?.code == .corruptMetadata && gap?.message.contains("00000000000000000003.json") == true)
    }

    @Test func missingAndForeignDataFilesAreClearErrors() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS n, 'a' AS s")
        let file = try #require(try await table.snapshot().files.all().first).path
        let path = try StorePath(file)
        try await table.store.put(path, Array("PAR1 not really".utf8), mode: .overwrite)
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let foreign = await #expect(throws: TarnError.self) { try await fixture.rows(again) }
        #expect(foreign?.code == .corruptMetadata)
        try await table.store.delete(path)
        let missing = await #expect(throws: TarnError.self) { try await fixture.rows(again) }
        #expect(missing?.code == .corruptMetadata)
    }

    /// A refresh after one new commit reads that commit and nothing else.
    @Test func aRefreshReadsOnlyTheNewCommit() async throws {
        let fixture = try TableFixture()
        let writer = try await table(fixture, versions: 8)
        let counting = FaultyStore(fixture.store("t"))
        let reader = try await DeltaTable.open(counting, fixture.context)
        try await writer.write(WriteSource(sql: "SELECT 100 AS n, NULL AS p"))
        let before = counting.counts
        #expect(try await reader.snapshot().version == 8)
        let after = counting.counts
        #expect(
            after[.get, default: 0] - before[.get, default: 0] == 2,
            "the new commit, and the try for one more")
        #expect(after[.list, default: 0] == before[.list, default: 0])
    }

    @Test func aTableMadeAnewIsNoticed() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 3)
        for object in try await table.store.listRecursively(.root) {
            try await table.store.delete(object.path)
        }
        let other = try await fixture.create("t", as: "SELECT 'other' AS x")
        for _ in 0..<5 { try await other.write(WriteSource(sql: "SELECT 'more' AS x")) }
        #expect(try await table.snapshot().schema.names == ["x"])
        #expect(try await table.snapshot().version == 5)
    }

    @Test func theLogIsCleanedByRetentionOnly() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 25)
        #expect(try await table.cleanLog() == 0)
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 40 * 86_400_000_000)
        let late = TableContext(engine: fixture.engine, time: clock)
        let later = try await DeltaTable.open(fixture.store("t"), late)
        #expect(try await later.cleanLog() > 0)
        let again = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await fixture.rows(again, .latest, "SELECT count(*) FROM {t}") == ["25"])
    }

    @Test func timestampsFindTheVersionOfTheirTime() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture, versions: 3)
        let history = try await table.history()
        for entry in history {
            let found = try await table.snapshot(
                .timestamp(microseconds: entry.timestampMilliseconds * 1000 + 999))
            #expect(found.version == entry.version)
        }
        await #expect(throws: TarnError.self) { try await table.snapshot(.timestamp(microseconds: 0)) }
    }
}
