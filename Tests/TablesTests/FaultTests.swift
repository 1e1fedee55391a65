import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import Tables
import Testing

@Suite struct FaultTests {
    /// Whatever store call fails, before or after it took effect, and whether or not everything after it fails too:
    /// the table holds whole commits only, a write that reported success is there, and a repeat succeeds.
    @Test(arguments: FaultyStore.Moment.withoutTearing, [false, true])
    func everyFailurePointLeavesWholeCommits(_ moment: FaultyStore.Moment, crashes: Bool) async throws {
        let fixture = try TableFixture(warn: { _ in })
        for call in 1...200 {
            let name = "t\(call)"
            let made = try await fixture.create(name, as: "SELECT 0 AS n")
            try await made.setProperties(["delta.checkpointInterval": "2"])
            let faulty = FaultyStore(fixture.store(name), failingCall: call, moment, crash: crashes)
            let reported = await attempt {
                let table = try await DeltaTable.open(faulty, fixture.context)
                try await table.write(WriteSource(sql: "SELECT 1 AS n"))
            }
            let after = try await DeltaTable.open(fixture.store(name), fixture.context)
            let landed = try await after.snapshot().version == 2
            if reported { #expect(landed, "call \(call): success was reported, but nothing landed") }
            let rows = try await fixture.rows(after, .latest, "SELECT count(*), sum(n) FROM {t}")
            #expect(rows == [landed ? "2|1" : "1|0"], "call \(call)")
            try await after.write(WriteSource(sql: "SELECT 10 AS n"))
            let total = try await fixture.rows(after, .latest, "SELECT sum(n) FROM {t}")
            #expect(total == [landed ? "11" : "10"], "call \(call)")
            if !faulty.fired { return }
        }
        Issue.record("the write makes more than 200 store calls")
    }

    private func attempt(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch { return false }
    }
}
