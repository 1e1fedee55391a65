import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import Tables
import Testing

@Suite struct CloneTests {
    private func source(_ fixture: TableFixture, partitioned: Bool = true) async throws -> DeltaTable {
        let table = try await fixture.create(
            "source", as: "SELECT 0 AS n, 'a b' AS p", partitionedBy: partitioned ? ["p"] : [],
            properties: ["owner": "me"])
        try await table.write(WriteSource(sql: "SELECT 1 AS n, 'c' AS p"))
        try await table.write(WriteSource(sql: "SELECT 2 AS n, 'd' AS p"), WriteOptions(mode: .overwrite))
        return table
    }

    @Test(arguments: [CloneOptions.Kind.shallow, .deep])
    func aCloneHasTheRowsOfItsVersionAndALifeOfItsOwn(_ kind: CloneOptions.Kind) async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        let (clone, result) = try await source.clone(
            to: fixture.store("clone"), CloneOptions(kind, at: .version(1), properties: ["mine": "1"]))
        #expect(result.version == 0)
        #expect(try await fixture.rows(clone) == ["0|a b", "1|c"])
        let snapshot = try await clone.snapshot()
        #expect(snapshot.configuration["owner"] == "me" && snapshot.configuration["mine"] == "1")
        #expect(snapshot.metadata.id != (try await source.snapshot().metadata.id))
        try await clone.write(WriteSource(sql: "SELECT 9 AS n, 'z' AS p"))
        #expect(try await fixture.rows(clone) == ["0|a b", "1|c", "9|z"])
        #expect(try await fixture.rows(source) == ["2|d"])
        let own = try await clone.store.listRecursively(.root).count { $0.path.name.hasSuffix(".parquet") }
        #expect(own == (kind == .deep ? 3 : 1))
        let fresh = try await DeltaTable.open(fixture.store("clone"), fixture.context)
        #expect(try await fixture.rows(fresh) == ["0|a b", "1|c", "9|z"])
    }

    @Test func propertiesOfACloneBringTheirProtocol() async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        let clone = try await source.clone(
            to: fixture.store("clone"),
            CloneOptions(.shallow, properties: ["delta.feature.domainMetadata": "supported", "x": "y"])
        ).table
        let snapshot = try await clone.snapshot()
        #expect(TableFeatures.supports("domainMetadata", snapshot.tableProtocol))
        #expect(snapshot.configuration["x"] == "y" && snapshot.configuration.count == 2)
        #expect(try await fixture.rows(clone) == ["2|d"])
    }

    @Test func aDeepCloneOutlivesItsSource() async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        let shallow = try await source.clone(to: fixture.store("shallow"), CloneOptions(.shallow)).table
        let deep = try await shallow.clone(to: fixture.store("deep"), CloneOptions(.deep)).table
        for object in try await source.store.listRecursively(.root) {
            try await source.store.delete(object.path)
        }
        #expect(try await fixture.rows(deep) == ["2|d"])
    }

    /// The source's vacuum spares what a clone, or a clone's clone, reads; once they are gone it does not.
    @Test func aVacuumOfTheSourceSparesClones() async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        let clone = try await source.clone(
            to: fixture.store("clone"), CloneOptions(.shallow, at: .version(1))
        ).table
        let second = try await clone.clone(to: fixture.store("second"), CloneOptions(.shallow)).table
        let day: Int64 = 86_400_000_000
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 8 * day)
        let later = try await DeltaTable.open(
            fixture.store("source"), TableContext(engine: fixture.engine, time: clock))
        #expect(try await later.vacuum().fileCount == 0)
        try await clone.store.deleteRecursively("_delta_log")
        #expect(try await later.vacuum().fileCount == 0)
        #expect(try await fixture.rows(second) == ["0|a b", "1|c"])
        try await second.store.deleteRecursively("_delta_log")
        // Missed for the first time: kept for the retention time from now on.
        #expect(try await later.vacuum().fileCount == 0)
        clock.advance(by: .seconds(8 * 86_400))
        #expect(try await later.vacuum().fileCount == 2)
        #expect(try await fixture.rows(later) == ["2|d"])
    }

    @Test func aCloneThatCannotBeReadStopsTheVacuum() async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        let clone = try await source.clone(
            to: fixture.store("clone"), CloneOptions(.shallow, at: .version(1))
        ).table
        try await clone.store.put("_delta_log/00000000000000000000.json", [0x7B], mode: .overwrite)
        let clock = ManualTimeSource(microseconds: SystemTimeSource().nowMicroseconds() + 8 * 86_400_000_000)
        let later = try await DeltaTable.open(
            fixture.store("source"), TableContext(engine: fixture.engine, time: clock))
        let error = await #expect(throws: TarnError.self) { try await later.vacuum() }
        #expect(error?.code == .failedPrecondition && error?.message.contains("clone") == true)
        #expect(try await fixture.rows(source, .version(1)) == ["0|a b", "1|c"])
    }

    @Test func whatCannotBeClonedIsRefused() async throws {
        let fixture = try TableFixture()
        let source = try await source(fixture)
        _ = try await fixture.create("other", as: "SELECT 1 AS n")
        let taken = await #expect(throws: TarnError.self) {
            try await source.clone(to: fixture.store("other"), CloneOptions(.deep))
        }
        #expect(taken?.code == .alreadyExists)
        for place in ["source", "source/below"] {
            let error = await #expect(throws: TarnError.self) {
                try await source.clone(to: fixture.store(place), CloneOptions(.shallow))
            }
            #expect(error?.code == .invalidInput || error?.code == .alreadyExists)
        }
        let gone = try #require(try await source.snapshot(.version(1)).files.all().first).path
        try await source.store.delete(try StorePath(gone))
        for kind in [CloneOptions.Kind.shallow, .deep] {
            let error = await #expect(throws: TarnError.self) {
                try await source.clone(to: fixture.store("new"), CloneOptions(kind, at: .version(1)))
            }
            #expect(error?.code == .corruptMetadata && error?.message.contains(gone) == true, "\(kind)")
            #expect(try await fixture.store("new").listRecursively(.root).isEmpty)
        }
        #expect(try await source.store.list("_delta_log/_tarn_clones").isEmpty)
    }

    /// Whatever call to the clone's store fails: there is a whole clone, or none and nothing of it.
    @Test(arguments: [CloneOptions.Kind.shallow, .deep])
    func everyFailurePointLeavesAWholeCloneOrNone(_ kind: CloneOptions.Kind) async throws {
        let fixture = try TableFixture(warn: { _ in })
        let source = try await source(fixture)
        for call in 1...100 {
            let name = "c\(call)"
            let faulty = FaultyStore(fixture.store(name), failingCall: call, error: .full("x"))
            var failure: (any Error)?
            do { _ = try await source.clone(to: faulty, CloneOptions(kind, at: .version(1))) } catch {
                failure = error
            }
            if try await DeltaTable.exists(fixture.store(name)) {
                let clone = try await DeltaTable.open(fixture.store(name), fixture.context)
                #expect(try await fixture.rows(clone) == ["0|a b", "1|c"], "call \(call)")
            } else {
                #expect(failure != nil, "call \(call)")
                #expect(try await fixture.store(name).listRecursively(.root).isEmpty, "call \(call)")
            }
            if !faulty.fired { return }
        }
        Issue.record("the clone makes more than 100 store calls")
    }
}
