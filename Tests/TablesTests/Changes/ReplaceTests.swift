import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

/// REPLACE WHERE and dynamic partition overwrite.
@Suite struct ReplaceTests {
    @Test(arguments: [[:], ["delta.enableDeletionVectors": "true"], ["delta.enableChangeDataFeed": "true"]])
    func rowsOfAConditionAreReplaced(_ properties: [String: String]) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT i AS id, i * 10 AS v FROM range(6) r(i)", properties: properties)
        let condition = RowCondition("t.id >= $1", parameters: [.int64(4)], targetAlias: "t")
        let result = try await table.replace(
            where: condition, with: WriteSource(sql: "SELECT 7 AS ID, $1 AS v", parameters: [.int64(1)]))
        #expect(result.metrics["numDeletedRows"]?.string == "2")
        #expect(result.rowCount == 1)
        #expect(try await fixture.rows(table) == ["0|0", "1|10", "2|20", "3|30", "7|1"])
        let version = result.version
        let error = await #expect(throws: TarnError.self) {
            try await table.replace(
                where: RowCondition("id < 3"), with: WriteSource(sql: "SELECT 2 AS id UNION ALL SELECT 9"))
        }
        #expect(error?.code == .constraintViolation, "\(error?.message ?? "")")
        #expect(error?.message.contains("9") == true)
        #expect(try await table.snapshot().version == version)
        // No row comes: the rows go.
        try await table.replace(
            where: RowCondition("id < 3"), with: WriteSource(sql: "SELECT 2 AS id WHERE false"))
        #expect(try await fixture.rows(table) == ["3|30", "7|1"])
    }

    @Test func onlyPartitionsThatAreFilledAreReplaced() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t",
            as:
                "SELECT i AS id, CASE WHEN i % 3 = 0 THEN NULL ELSE 'p' || (i % 3) END AS p FROM range(9) r(i)",
            partitionedBy: ["p"])
        let result = try await table.replacePartitions(
            with: WriteSource(sql: "SELECT 100 AS id, NULL AS p UNION ALL SELECT 101, 'p9'"))
        #expect(result.metrics["numDeletedRows"]?.string == "3")
        #expect(
            try await fixture.rows(table, .latest, "SELECT p, id FROM {t} ORDER BY ALL") == [
                "p1|1", "p1|4", "p1|7", "p2|2", "p2|5", "p2|8", "p9|101", "NULL|100",
            ])
        let plain = try await fixture.create("u", as: "SELECT 1 AS a")
        let error = await #expect(throws: TarnError.self) {
            try await plain.replacePartitions(with: WriteSource(sql: "SELECT 1 AS a"))
        }
        #expect(error?.code == .invalidInput)
    }
}
