import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

/// MERGE: every clause, what it counts, and what it refuses.
@Suite struct MergeTests {
    private static let target = "SELECT i AS id, i * 10 AS v, 'old' AS name FROM range(5) r(i)"

    private static func source(_ rows: String) -> WriteSource {
        WriteSource(sql: "SELECT * FROM (VALUES \(rows)) q(id, v, name)")
    }

    @Test func everyClauseActsOnItsRows() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        let plan = MergePlan(
            source: Self.source("(1, 100, 'new'), (2, 200, 'gone'), (7, 700, 'new'), (8, 800, 'skip')"),
            condition: "t.id = s.id", keys: [("id", "s.id")], parameters: [.string("gone")],
            matched: [MergeClause("s.name = $1", .delete), MergeClause(nil, .updateAll)],
            notMatched: [MergeClause("s.name <> 'skip'", .insertAll)],
            notMatchedBySource: [
                MergeClause("t.id = 0", .delete), MergeClause("t.id = 3", .update([("v", "t.v + 1")])),
            ])
        let result = try await table.merge(plan)
        #expect(
            try await fixture.rows(table) == [
                "1|100|new", "3|31|old", "4|40|old", "7|700|new",
            ])
        let expected = [
            "numSourceRows": "4", "numTargetRowsInserted": "1", "numTargetRowsUpdated": "2",
            "numTargetRowsDeleted": "2",
        ]
        for (name, value) in expected { #expect(result.metrics[name]?.string == value, "\(name)") }
    }

    @Test func theFirstTrueClauseDecides() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        try await table.merge(
            MergePlan(
                source: Self.source("(0, 1, 'a'), (1, 1, 'b'), (9, 1, 'c'), (10, 1, 'd')"),
                condition: "t.id = s.id",
                matched: [
                    MergeClause("s.name = 'a'", .nothing),
                    MergeClause("s.v = 1", .update([("name", "s.name")])),
                    MergeClause(nil, .delete),
                ],
                notMatched: [
                    MergeClause("s.name = 'c'", .insert([("id", "s.id"), ("name", "'c!'")])),
                    MergeClause(nil, .insertAll),
                ]))
        #expect(
            try await fixture.rows(table) == [
                "0|0|old", "1|10|b", "2|20|old", "3|30|old", "4|40|old", "9|NULL|c!", "10|1|d",
            ])
    }

    @Test func anAmbiguousMatchNamesItsKeyAndChangesNothing() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        var plan = MergePlan(
            source: Self.source("(1, 1, 'a'), (3, 2, 'b'), (3, 3, 'c')"), condition: "t.id = s.id",
            keys: [("id", "s.id")], matched: [MergeClause(nil, .updateAll)])
        let error = await #expect(throws: TarnError.self) { try await table.merge(plan) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("id = 3") == true, "\(error?.message ?? "")")
        #expect(try await table.snapshot().version == 0)
        // Which one deletes a row does not matter, nor what no clause acts on, nor doubles that are inserted.
        plan.matched = [MergeClause("s.name <> 'c'", .updateAll)]
        try await table.merge(plan)
        plan.matched = [MergeClause(nil, .delete)]
        plan.notMatched = [MergeClause(nil, .insertAll)]
        plan.source = Self.source("(1, 1, 'a'), (3, 2, 'b'), (3, 3, 'c'), (9, 9, 'd'), (9, 9, 'd')")
        let result = try await table.merge(plan)
        #expect(result.metrics["numTargetRowsDeleted"]?.string == "2")
        #expect(
            try await fixture.rows(table) == ["0|0|old", "2|20|old", "4|40|old", "9|9|d", "9|9|d"])
    }

    @Test(arguments: ["t.id = s.id OR t.v = s.v", "t.id > s.id + 2", "false", "true AND s.id = t.id"])
    func anyConditionCanMatch(_ condition: String) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        let source = "(1, 20, 'a'), (77, 1, 'b')"
        let direct = try await fixture.engine.onSessionThread { connection in
            try connection.execute(
                """
                WITH t AS (\(Self.target)), s AS (SELECT * FROM (VALUES \(source)) q(id, v, name))
                SELECT count(*) FROM t WHERE NOT EXISTS (SELECT 1 FROM s WHERE \(condition)) UNION ALL
                SELECT count(*) FROM s WHERE NOT EXISTS (SELECT 1 FROM t WHERE \(condition))
                """
            ).allRows()
        }
        try await table.merge(
            MergePlan(
                source: Self.source(source), condition: condition, matched: [MergeClause(nil, .delete)],
                notMatched: [MergeClause(nil, .insert([("id", "s.id"), ("name", "'in'")]))]))
        let rows = try await fixture.rows(
            table, .latest,
            "SELECT count(*) FILTER (name = 'old') FROM {t} UNION ALL SELECT count(*) FILTER (name = 'in') FROM {t}"
        )
        #expect(rows == direct.map { if case .integer(let count) = $0[0] { "\(count)" } else { "?" } })
    }

    @Test func onlyInsertingTouchesNoFile() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        let result = try await table.merge(
            MergePlan(
                source: Self.source("(4, 1, 'a'), (5, 2, 'b')"), condition: "t.id = s.id",
                keys: [("id", "s.id")], notMatched: [MergeClause(nil, .insertAll)]))
        #expect(result.metrics["numTargetFilesRemoved"]?.string == "0")
        #expect(try await fixture.rows(table).count == 6)
    }

    @Test func columnsOfTheSourceJoinTheTableOnRequest() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t", as: "SELECT 1 AS id, {'a': 1} AS s UNION ALL SELECT 2, {'a': 2}")
        let source = WriteSource(
            sql:
                "SELECT 2 AS ID, {'a': 20, 'b': 'n'} AS s, 'x' AS extra UNION ALL SELECT 3, {'a': 30, 'b': 'm'}, 'y'"
        )
        var plan = MergePlan(
            source: source, sourceAlias: "q", condition: "t.id = q.id",
            matched: [MergeClause(nil, .updateAll)], notMatched: [MergeClause(nil, .insertAll)])
        let error = await #expect(throws: TarnError.self) { try await table.merge(plan) }
        #expect(error?.code == .schemaMismatch)
        plan.evolvesSchema = true
        try await table.merge(plan)
        #expect(try await table.snapshot().schema.names == ["id", "s", "extra"])
        #expect(
            try await fixture.rows(table) == [
                "1|{'a': 1, 'b': NULL}|NULL", "2|{'a': 20, 'b': n}|x", "3|{'a': 30, 'b': m}|y",
            ])
        // A column that the source lacks stays as it is.
        plan.source = WriteSource(sql: "SELECT 3 AS id, 'z' AS extra UNION ALL SELECT 4, 'w'")
        try await table.merge(plan)
        #expect(
            try await fixture.rows(table, .latest, "SELECT id, s.b, extra FROM {t} ORDER BY id")
                == ["1|NULL|NULL", "2|n|x", "3|m|z", "4|NULL|w"])
    }

    @Test func starNeedsEveryColumn() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        let error = await #expect(throws: TarnError.self) {
            try await table.merge(
                MergePlan(
                    source: WriteSource(sql: "SELECT 1 AS id, 2 AS v"), condition: "t.id = s.id",
                    matched: [MergeClause(nil, .updateAll)]))
        }
        #expect(error?.code == .schemaMismatch)
        #expect(error?.message.contains("name") == true)
        // More columns than the table has are passed over.
        try await table.merge(
            MergePlan(
                source: WriteSource(sql: "SELECT 1 AS id, 2 AS v, 'n' AS name, 5 AS more, 7 AS rowid"),
                condition: "t.id = s.id", matched: [MergeClause(nil, .updateAll)]))
        #expect(try await fixture.rows(table)[1] == "1|2|n")
    }

    @Test func keysLeaveOutFiles() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: Self.target)
        for part in 1..<4 {
            try await table.write(
                WriteSource(sql: "SELECT i + \(part * 10) AS id, i AS v, 'old' AS name FROM range(5) r(i)"))
        }
        let plan = MergePlan(
            source: Self.source("(12, 1, 'a'), (NULL, 2, 'b'), (13, 1, 'a')"), condition: "t.id = s.id",
            keys: [("id", "s.id")], matched: [MergeClause(nil, .updateAll)],
            notMatched: [MergeClause(nil, .insertAll)])
        let result = try await table.merge(plan)
        #expect(result.metrics["numTargetRowsInserted"]?.string == "1")
        #expect(result.metrics["numTargetRowsUpdated"]?.string == "2")
        #expect(result.metrics["numTargetFilesRemoved"]?.string == "1")
    }
}
