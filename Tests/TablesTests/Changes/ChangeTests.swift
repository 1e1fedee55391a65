import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

/// DELETE, UPDATE and TRUNCATE: what they leave, count and refuse.
@Suite struct ChangeTests {
    @Test func rowsThatMeetTheConditionGo() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT i AS id, 'x' || i AS name FROM range(6) r(i)")
        let result = try await table.delete(where: RowCondition("id % 2 = 0"))
        #expect(result.version == 1)
        #expect(result.metrics["numDeletedRows"]?.string == "3")
        #expect(try await fixture.rows(table) == ["1|x1", "3|x3", "5|x5"])
        #expect(try await fixture.rows(table, .version(0)).count == 6)
    }

    /// Null is not true: neither the row that has it nor its deletion may be lost.
    @Test func nullIsNotTrue() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT * FROM (VALUES (1), (2), (NULL)) v(a)")
        try await table.delete(where: RowCondition("a > 1"))
        #expect(try await fixture.rows(table) == ["1", "NULL"])
        try await table.delete(where: RowCondition("NOT (a > 0)"))
        #expect(try await fixture.rows(table) == ["1", "NULL"])
        try await table.delete(where: RowCondition("a IS NULL"))
        #expect(try await fixture.rows(table) == ["1"])
    }

    @Test func onlyTouchedFilesAreWrittenAnew() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT i AS id FROM range(10) r(i)")
        for part in 1..<4 {
            try await table.write(WriteSource(sql: "SELECT i + \(part * 10) AS id FROM range(10) r(i)"))
        }
        let before = Set(try await table.snapshot().files.all().map(\.path))
        let result = try await table.delete(
            where: RowCondition("id = 13", filter: .compare("id", .equal, .integer(13))))
        let after = Set(try await table.snapshot().files.all().map(\.path))
        #expect(before.intersection(after).count == 3)
        #expect(result.metrics["numRemovedFiles"]?.string == "1")
        #expect(result.metrics["numCopiedRows"]?.string == "9")
        let whole = try await table.delete(where: RowCondition("id >= 20 AND id < 30"))
        #expect(whole.metrics["numAddedFiles"]?.string == "0")
        #expect(try await fixture.rows(table, .latest, "SELECT count(*) FROM {t}") == ["29"])
    }

    @Test func nothingToDoMakesNoVersion() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        #expect(try await table.delete(where: RowCondition("a = 2")).version == 0)
        #expect(try await table.update([("a", "3")], where: RowCondition("a = 2")).version == 0)
        #expect(try await table.snapshot().version == 0)
    }

    @Test func everyRowGoes() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT i AS a FROM range(5) r(i)")
        let result = try await table.truncate()
        #expect(result.metrics["numDeletedRows"]?.string == "5")
        #expect(try await fixture.rows(table) == [])
        try await table.write(WriteSource(sql: "SELECT 1 AS a"))
        try await table.delete(where: nil)
        #expect(try await fixture.rows(table) == [])
        #expect(
            try await table.history().map(\.info?.operation) == [
                "DELETE", "WRITE", "TRUNCATE", "CREATE TABLE AS SELECT",
            ])
    }

    @Test func columnsAndMembersAreSet() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t",
            as: "SELECT i AS id, i * 10 AS v, {'x': i, 'y': {'z': 'a'}} AS s FROM range(3) r(i)")
        try await table.update(
            [("V", "v + id"), (ColumnPath(["s", "Y", "z"]), "'b' || id")],
            where: RowCondition("t.id > $1", parameters: [.int64(0)], targetAlias: "t"))
        #expect(
            try await fixture.rows(table) == [
                "0|0|{'x': 0, 'y': {'z': a}}", "1|11|{'x': 1, 'y': {'z': b1}}",
                "2|22|{'x': 2, 'y': {'z': b2}}",
            ])
        // The row as it was: columns swap.
        try await table.update([("id", "v"), ("v", "id")], where: nil)
        #expect(
            try await fixture.rows(table, .latest, "SELECT id, v FROM {t} ORDER BY ALL")
                == ["0|0", "11|1", "22|2"])
    }

    @Test func wrongChangesChangeNothing() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a, 'x' AS b")
        let cases: [(assignments: [(column: ColumnPath, expression: String)], code: TarnError.Code)] = [
            ([("c", "1")], .notFound), ([("a", "1"), ("A", "2")], .invalidInput),
            ([(ColumnPath(["a", "x"]), "1")], .invalidInput), ([("a", "b")], .invalidInput),
            ([("a", "nope")], .invalidInput), ([("a", "3000000000")], .invalidInput),
        ]
        for (assignments, code) in cases {
            let error = await #expect(throws: TarnError.self, "\(assignments)") {
                try await table.update(assignments, where: nil)
            }
            #expect(error?.code == code, "\(assignments): \(error?.description ?? "")")
        }
        #expect(try await table.snapshot().version == 0)
        try await table.setProperties(["delta.appendOnly": "true"])
        let error = await #expect(throws: TarnError.self) { try await table.delete(where: nil) }
        #expect(error?.code == .failedPrecondition)
        let left = try await table.store.listRecursively(.root).filter { $0.path.name.hasSuffix(".parquet") }
        #expect(left.count == 1)
    }

    @Test func partitionsAreFoundAndKept() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT i AS id, 'p' || (i % 3) AS p FROM range(9) r(i)", partitionedBy: ["p"])
        try await table.delete(where: RowCondition("p = 'p1'", filter: .compare("p", .equal, .string("p1"))))
        try await table.update([("p", "'p9'")], where: RowCondition("id = 0"))
        #expect(
            try await fixture.rows(table, .latest, "SELECT p, id FROM {t} ORDER BY ALL")
                == ["p0|3", "p0|6", "p2|2", "p2|5", "p2|8", "p9|0"])
    }

    @Test func aChangeHappensOnce() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        let options = ChangeOptions(transaction: SetTransaction(appID: "job", version: 1))
        let first = try await table.update([("a", "a + 1")], where: nil, options)
        let second = try await table.update([("a", "a + 1")], where: nil, options)
        #expect(!first.wasAlreadyCommitted && second.wasAlreadyCommitted)
        #expect(try await fixture.rows(table) == ["2"])
    }
}
