import Base
import DeltaLake
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct ClusteringTests {
    private func table(
        _ fixture: TableFixture, _ columns: [ColumnPath] = ["a", "b"]
    ) async throws -> DeltaTable {
        try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(schema: nil, clusteringColumns: columns), source: WriteSource(sql: rows(0)),
            name: "t"
        ).table
    }

    private func rows(_ n: Int) -> String {
        """
        SELECT hash(i + \(n)) % 100 AS a, 'x' || hash(i * 7 + \(n)) % 50 AS b, {'c': i % 5} AS s
        FROM range(1000) r(i)
        """
    }

    private func cubes(_ table: DeltaTable) async throws -> Set<String> {
        Set(try await table.snapshot().files.all().compactMap { $0.tags?["ZCUBE_ID"] })
    }

    @Test func newFilesBecomeCubesThatGrow() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        var before: [String] = []
        for n in 1..<8 {
            try await table.write(WriteSource(sql: rows(n)))
            before = try await fixture.rows(table)
            try await table.optimize()
            #expect(try await fixture.rows(table) == before, "after write \(n)")
            // Geometric growth: of 8 equal pieces never more than 3 cubes.
            #expect(try await cubes(table).count <= 3)
        }
        let files = try await table.snapshot().files.all()
        #expect(files.allSatisfy { $0.clusteringProvider == "liquid" })
        #expect(try await table.optimize().wasAlreadyCommitted)
        try await table.optimize(full: true)
        #expect(try await cubes(table).count == 1)
        #expect(try await fixture.rows(table) == before)
        #expect(try await table.optimize(full: true).wasAlreadyCommitted)
    }

    @Test func otherColumnsMeanANewOrder() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        let before = try await fixture.rows(table)
        try await table.optimize()
        let old = try await cubes(table)
        try await table.setClustering([ColumnPath(["s", "c"])])
        try await table.optimize()
        #expect(try await cubes(table).isDisjoint(with: old))
        #expect(try await fixture.rows(table) == before)
        let refused = await #expect(throws: TarnError.self) { try await table.optimize(zOrderBy: ["a"]) }
        #expect(refused?.code == .invalidInput)
        // Without columns, files are packed as in any other table.
        try await table.setClustering([])
        try await table.write(WriteSource(sql: rows(1)))
        try await table.optimize()
        #expect(try await table.snapshot().fileCount == 1)
    }
}

@Suite struct AutoUpkeepTests {
    @Test func smallFilesAreJoinedAfterWrites() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 0 AS n, 0 AS p", partitionedBy: ["p"],
            properties: [
                "delta.autoOptimize.autoCompact": "true", "tarn.autoCompact.minFileCount": "5",
            ])
        for n in 1..<12 { try await table.write(WriteSource(sql: "SELECT \(n) AS n, \(n % 2) AS p")) }
        #expect(try await table.snapshot().fileCount < 8)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), sum(n), sum(p) FROM {t}") == ["12|66|6"])
        let operations = try await table.history().map { $0.info?.operation }
        #expect(operations.contains("OPTIMIZE"))
        try await table.setProperties(["delta.autoOptimize.autoCompact": "false"])
        let count = try await table.snapshot().fileCount
        for n in 0..<8 { try await table.write(WriteSource(sql: "SELECT \(n) AS n, 0 AS p")) }
        #expect(try await table.snapshot().fileCount == count + 8)
    }

    @Test func theHouseCanTurnItOff() async throws {
        let fixture = try TableFixture()
        var context = fixture.context
        context.compactsFiles = false
        _ = try await fixture.create(
            "t", as: "SELECT 0 AS n",
            properties: ["delta.autoOptimize": "true", "tarn.autoCompact.minFileCount": "2"])
        let table = try await DeltaTable.open(fixture.store("t"), context)
        for n in 1..<6 { try await table.write(WriteSource(sql: "SELECT \(n) AS n")) }
        #expect(try await table.snapshot().fileCount == 6)
    }

    /// A failure to join is told, and the write is none the worse.
    @Test func aFailureDoesNotUndoTheWrite() async throws {
        let fixture = try TableFixture(warn: { _ in })
        for call in 1...60 {
            let name = "t\(call)"
            let made = try await fixture.create(
                name, as: "SELECT 0 AS n",
                properties: [
                    "delta.autoOptimize.autoCompact": "true", "tarn.autoCompact.minFileCount": "2",
                ])
            let faulty = FaultyStore(fixture.store(name), failingCall: call, error: .full("disk"))
            var isReported = false
            do {
                try await DeltaTable.open(faulty, fixture.context).write(WriteSource(sql: "SELECT 1 AS n"))
                isReported = true
            } catch {}
            let after = try await DeltaTable.open(fixture.store(name), fixture.context)
            let count = try await fixture.rows(after, .latest, "SELECT count(*) FROM {t}")
            #expect(count == ["2"] || !isReported && count == ["1"], "call \(call)")
            _ = made
            if !faulty.fired { return }
        }
        Issue.record("the write makes more than 60 store calls")
    }

    @Test func optimisedWritesMakeFewerFiles() async throws {
        let fixture = try TableFixture()
        let sql = "SELECT i AS n, hash(i) % 150 AS p FROM range(600000) r(i)"
        let plain = try await fixture.create("plain", as: sql, partitionedBy: ["p"])
        let optimised = try await fixture.create(
            "optimised", as: sql, partitionedBy: ["p"],
            properties: ["delta.autoOptimize.optimizeWrite": "true"])
        let count = try await optimised.snapshot().fileCount
        let plainCount = try await plain.snapshot().fileCount
        #expect(count <= 155 && count < plainCount)
        let sum = "SELECT count(*), sum(n), sum(n * p) FROM {t}"
        let expected = try await fixture.rows(plain, .latest, sum)
        #expect(try await fixture.rows(optimised, .latest, sum) == expected)
    }
}
