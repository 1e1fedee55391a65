import Base
import DeltaLake
import Tables
import Testing

@Suite struct ConcurrencyTests {
    /// Writers that share no memory: each has opened the table by itself.
    @Test func appendsOfSeveralWritersAllLandOnce() async throws {
        let fixture = try TableFixture()
        _ = try await fixture.create("t", as: "SELECT -1 AS writer, -1 AS n")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let table = try await DeltaTable.open(fixture.store("t"), fixture.context)
                    for n in 0..<10 {
                        try await table.write(WriteSource(sql: "SELECT \(writer) AS writer, \(n) AS n"))
                    }
                }
            }
            try await group.waitForAll()
        }
        let table = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await table.snapshot().version == 40)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), count(DISTINCT (writer, n)) FROM {t}")
                == ["41|41"])
    }

    @Test func anOverwriteThatLosesTheRaceIsAConflict() async throws {
        let fixture = try TableFixture()
        let a = try await fixture.create("t", as: "SELECT 1 AS n")
        let b = try await DeltaTable.open(fixture.store("t"), fixture.context)
        let outcomes = await withTaskGroup(of: TarnError.Code?.self) { group in
            for table in [a, b] {
                group.addTask {
                    do {
                        try await table.write(
                            WriteSource(sql: "SELECT i AS n FROM range(200000) r(i)"),
                            WriteOptions(mode: .overwrite))
                        return nil
                    } catch { return (error as? TarnError)?.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // Either they met, and one lost, or one came after the other.
        #expect(outcomes.contains(nil))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .conflict })
        let rows = try await fixture.rows(a, .latest, "SELECT count(*) FROM {t}")
        #expect(rows == ["200000"])
    }
}
