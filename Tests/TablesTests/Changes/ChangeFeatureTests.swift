import Base
import DeltaLake
import Engine
import LakehouseTesting
import ObjectStore
import TableModel
import Tables
import Testing

/// What changes write where a table has deletion vectors, a change data feed or row tracking.
@Suite struct ChangeFeatureTests {
    private static let vectors = ["delta.enableDeletionVectors": "true"]

    private func dataFiles(_ table: DeltaTable) async throws -> Set<String> {
        Set(try await table.snapshot().files.all().map(\.path))
    }

    @Test func deletionVectorsLeaveFilesInPlace() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT i AS id, i AS v FROM range(1000) r(i)", properties: Self.vectors)
        let before = try await dataFiles(table)
        let deleted = try await table.delete(where: RowCondition("id % 10 = 0"))
        #expect(try await dataFiles(table) == before)
        #expect(deleted.metrics["numDeletionVectorsAdded"]?.string == "1")
        #expect(deleted.metrics["numCopiedRows"]?.string == "0")
        let updated = try await table.update([("v", "-1")], where: RowCondition("id % 10 = 1"))
        #expect(updated.metrics["numUpdatedRows"]?.string == "100")
        #expect(updated.metrics["numDeletionVectorsUpdated"]?.string == "1")
        #expect(try await dataFiles(table).count == 2)
        #expect(
            try await fixture.rows(
                table, .latest, "SELECT count(*), sum(id), count(*) FILTER (v = -1) FROM {t}")
                == ["900|450000|100"])
        // Rows that are gone are not found again, and a file without rows goes.
        let again = try await table.delete(where: RowCondition("id % 10 = 0"))
        #expect(again.metrics["numDeletedRows"]?.string == "0" && again.version == updated.version)
        try await table.delete(where: RowCondition("v >= 0"))
        #expect(try await dataFiles(table).isDisjoint(with: before))
        try await table.merge(
            MergePlan(
                source: WriteSource(sql: "SELECT i AS id, i AS v FROM range(20) r(i)"),
                condition: "t.id = s.id", matched: [MergeClause(nil, .delete)],
                notMatched: [MergeClause("s.id > 17", .insertAll)],
                notMatchedBySource: [MergeClause("t.id > 100", .delete)]))
        let left = try await fixture.rows(table, .latest, "SELECT id, v FROM {t} ORDER BY ALL")
        #expect(
            left == [
                "18|18", "19|19", "21|-1", "31|-1", "41|-1", "51|-1", "61|-1", "71|-1", "81|-1", "91|-1",
            ])
    }

    /// Two statements that change different rows of one file both hold.
    @Test func differentRowsOfOneFileDoNotConflict() async throws {
        let fixture = try TableFixture()
        let a = try await fixture.create(
            "t", as: "SELECT i AS id, 0 AS v FROM range(1000) r(i)", properties: Self.vectors)
        let b = try await DeltaTable.open(fixture.store("t"), fixture.context)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, table) in [a, b].enumerated() {
                group.addTask {
                    for round in 0..<5 {
                        let id = number * 500 + round
                        try await table.update(
                            [("v", "\(id + 1)")],
                            where: RowCondition(
                                "id = \(id)", filter: .compare("id", .equal, .integer(Int64(id)))))
                    }
                }
            }
            try await group.waitForAll()
        }
        let table = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(
            try await fixture.rows(
                table, .latest, "SELECT count(*), count(*) FILTER (v = id + 1), max(v) FROM {t}")
                == ["1000|10|505"])
    }

    /// The change files of each version, by version, type and row.
    private func feed(_ fixture: TableFixture, _ table: DeltaTable) async throws -> [String] {
        let files = try await table.store.listRecursively("_change_data").map {
            "'\(table.store.engineLocation($0.path))'"
        }
        if files.isEmpty { return [] }
        return try await fixture.engine.onSessionThread { connection in
            try connection.execute(
                "SELECT concat_ws('|', _change_type, id, v) FROM read_parquet([\(files.joined(separator: ","))]) ORDER BY ALL"
            ).allRows().map { if case .string(let text) = $0[0] { text } else { "?" } }
        }
    }

    @Test(arguments: [true, false])
    func changedRowsGoToTheFeed(_ withVectors: Bool) async throws {
        let fixture = try TableFixture()
        var properties = ["delta.enableChangeDataFeed": "true"]
        if withVectors { properties.merge(Self.vectors) { _, new in new } }
        let table = try await fixture.create(
            "t", as: "SELECT i AS id, i * 10 AS v FROM range(4) r(i)", properties: properties)
        try await table.write(WriteSource(sql: "SELECT 7 AS id, 70 AS v"))
        #expect(try await feed(fixture, table) == [])
        try await table.update([("v", "v + 1")], where: RowCondition("id = 1"))
        try await table.delete(where: RowCondition("id = 2"))
        try await table.merge(
            MergePlan(
                source: WriteSource(sql: "SELECT * FROM (VALUES (0, 5), (3, 6), (9, 9)) q(id, v)"),
                condition: "t.id = s.id",
                matched: [MergeClause("s.id = 0", .delete), MergeClause(nil, .updateAll)],
                notMatched: [MergeClause(nil, .insertAll)]))
        #expect(
            try await feed(fixture, table) == [
                "delete|0|0", "delete|2|20", "insert|9|9", "update_postimage|1|11", "update_postimage|3|6",
                "update_preimage|1|10", "update_preimage|3|30",
            ])
        #expect(try await fixture.rows(table) == ["1|11", "3|6", "7|70", "9|9"])
    }

    /// Rows keep their ids through every change, new ones get ids that no row had.
    @Test(arguments: [true, false])
    func rowsKeepTheirIDs(_ withVectors: Bool) async throws {
        let fixture = try TableFixture()
        var properties = ["delta.enableRowTracking": "true"]
        if withVectors { properties.merge(Self.vectors) { _, new in new } }
        let table = try await fixture.create(
            "t", as: "SELECT i AS id, 0 AS v FROM range(5) r(i)", properties: properties)
        func ids() async throws -> [String] {
            let scan = try await table.scan(try await table.snapshot(), addsRowIDs: true)
            return try await fixture.engine.onSessionThread { connection in
                try connection.execute(
                    "SELECT id || ':' || __row_id || ':' || __row_commit_version FROM \(scan.sql) ORDER BY id"
                ).allRows().map { if case .string(let text) = $0[0] { text } else { "null" } }
            }
        }
        #expect(try await ids() == ["0:0:0", "1:1:0", "2:2:0", "3:3:0", "4:4:0"])
        try await table.update([("v", "1")], where: RowCondition("id = 2"))
        #expect(try await ids() == ["0:0:0", "1:1:0", "2:2:1", "3:3:0", "4:4:0"])
        try await table.delete(where: RowCondition("id = 0"))
        try await table.merge(
            MergePlan(
                source: WriteSource(sql: "SELECT * FROM (VALUES (3, 5), (8, 6)) q(id, v)"),
                condition: "t.id = s.id", matched: [MergeClause(nil, .updateAll)],
                notMatched: [MergeClause(nil, .insertAll)]))
        let now = try await ids()
        #expect(Array(now.prefix(4)) == ["1:1:0", "2:2:1", "3:3:3", "4:4:0"])
        let new = now[4].split(separator: ":").compactMap { Int($0) }
        #expect(new[0] == 8 && new[1] > 4 && new[2] == 3)
    }

    /// More rows than fit into the engine's memory: the source and the matches go to the spill folder.
    @Test func aMergeLargerThanMemorySpills() async throws {
        let fixture = try TableFixture()
        let engine = try Engine(
            settings: EngineSettings(
                memoryLimit: "160MB", threads: 2, spillFolder: "\(fixture.folder.path)/spill"))
        let context = TableContext(engine: engine, engineInfo: "tarn-test")
        let columns = "repeat('payload of the row ', 5) || (i * 7919) AS text"
        let table = try await DeltaTable.create(
            fixture.store("t"), context, TableDefinition(schema: nil),
            source: WriteSource(sql: "SELECT i AS id, \(columns) FROM range(1500000) r(i)")
        ).table
        let result = try await table.merge(
            MergePlan(
                source: WriteSource(
                    sql: "SELECT i AS id, 'new ' || \(columns) FROM range(300000, 1800000) r(i)"),
                condition: "t.id = s.id", keys: [("id", "s.id")], matched: [MergeClause(nil, .updateAll)],
                notMatched: [MergeClause(nil, .insertAll)]))
        #expect(result.metrics["numTargetRowsUpdated"]?.string == "1200000")
        #expect(result.metrics["numTargetRowsInserted"]?.string == "300000")
        #expect(
            try await fixture.rows(
                table, .latest,
                "SELECT count(*), count(DISTINCT id), count(*) FILTER (text LIKE 'new%') FROM {t}")
                == ["1800000|1800000|1500000"])
        engine.close()
    }
}
