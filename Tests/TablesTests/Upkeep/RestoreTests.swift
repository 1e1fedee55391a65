import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct RestoreTests {
    private func table(_ fixture: TableFixture) async throws -> DeltaTable {
        let table = try await fixture.create("t", as: "SELECT 0 AS n")
        try await table.write(WriteSource(sql: "SELECT 1 AS n"))
        try await table.write(WriteSource(sql: "SELECT 2 AS n"), WriteOptions(mode: .overwrite))
        try await table.addColumns([(SchemaField("s", .string), .last)])
        try await table.write(WriteSource(sql: "SELECT 3 AS n, 'x' AS s"))
        return table
    }

    @Test func rowsAndSchemaComeBackAsANewVersion() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        let result = try await table.restore(to: .version(1))
        #expect(result.version == 5)
        #expect(try await fixture.rows(table) == ["0", "1"])
        #expect(try await table.snapshot().schema.names == ["n"])
        #expect(result.metrics["numRestoredFiles"]?.string == "2")
        #expect(result.metrics["numRemovedFiles"]?.string == "2")
        // Nothing is lost: what was restored away can be restored again.
        try await table.restore(to: .version(4))
        #expect(try await fixture.rows(table) == ["2|NULL", "3|x"])
        let fresh = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await fixture.rows(fresh) == ["2|NULL", "3|x"])
        #expect(try await table.history(limit: 1).first?.info?.operation == "RESTORE")
    }

    @Test func aTimeIsAsGoodAsAVersion() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        let entry = try #require(try await table.history().first { $0.version == 2 })
        try await table.restore(to: .timestamp(microseconds: entry.timestampMilliseconds * 1000))
        #expect(try await fixture.rows(table) == ["2"])
        await #expect(throws: TarnError.self) { try await table.restore(to: .timestamp(microseconds: 0)) }
        await #expect(throws: TarnError.self) { try await table.restore(to: .version(77)) }
    }

    @Test func whatIsTheSameIsNotWrittenAgain() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        let result = try await table.restore(to: .version(4))
        #expect(result.wasAlreadyCommitted && result.version == 4)
        #expect(try await table.snapshot().version == 4)
    }

    @Test func missingFilesAreNamedUnlessToldOtherwise() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        let files = try await table.snapshot(.version(1)).files.all()
        let gone = try #require(files.first).path
        try await table.store.delete(try StorePath(gone))
        let error = await #expect(throws: TarnError.self) { try await table.restore(to: .version(1)) }
        #expect(error?.code == .corruptMetadata && error?.message.contains(gone) == true)
        #expect(try await table.snapshot().version == 4)
        try await table.restore(to: .version(1), RestoreOptions(ignoresMissingFiles: true))
        #expect(try await fixture.rows(table).count == 1)
    }

    @Test func anAppendOnlyTableLosesNoRows() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        try await table.setProperties(["delta.appendOnly": "true"])
        let error = await #expect(throws: TarnError.self) { try await table.restore(to: .version(1)) }
        #expect(error?.code == .failedPrecondition)
    }

    @Test(arguments: FaultyStore.Moment.withoutTearing)
    func everyFailurePointLeavesOneOrTheOther(_ moment: FaultyStore.Moment) async throws {
        let fixture = try TableFixture(warn: { _ in })
        for call in 1...100 {
            let name = "t\(call)"
            let table = try await fixture.create(name, as: "SELECT 0 AS n")
            try await table.write(WriteSource(sql: "SELECT 1 AS n"), WriteOptions(mode: .overwrite))
            let faulty = FaultyStore(fixture.store(name), failingCall: call, moment)
            var isReported = false
            do {
                try await DeltaTable.open(faulty, fixture.context).restore(to: .version(0))
                isReported = true
            } catch {}
            let after = try await DeltaTable.open(fixture.store(name), fixture.context)
            let isRestored = try await after.snapshot().version == 2
            #expect(!isReported || isRestored, "call \(call)")
            #expect(try await fixture.rows(after) == [isRestored ? "0" : "1"], "call \(call)")
            if !faulty.fired { return }
        }
        Issue.record("the restore makes more than 100 store calls")
    }
}
