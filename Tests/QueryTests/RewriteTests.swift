import Base
import Engine
import TableModel
import Testing

import Query

@Suite("Rewritten queries give the right rows")
struct RewriteTests {
    static func lake() async throws -> FakeLake {
        try await FakeLake.make([
            "t": (
                TableSchema([SchemaField("a", .long), SchemaField("b c", .string), SchemaField("d", .date)]),
                [
                    "VALUES (1, 'x', DATE '2024-01-01'), (2, 'y', DATE '2024-01-02')",
                    "VALUES (3, 'it''s', DATE '2024-02-01'), (NULL, NULL, NULL)",
                ]
            ),
            "u": (
                TableSchema([SchemaField("a", .long), SchemaField("v", .double)]),
                ["VALUES (1, 0.5)", "VALUES (3, 1.5)"]
            ),
        ])
    }

    @Test(
        "Names, aliases, qualifiers and parameters",
        arguments: [
            ("select a from t order by a", "[1] [2] [3] [null]"),
            ("select t.a from main.default.t where t.a < 2", "[1]"),
            ("select main.default.t.a from main.default.t where main.default.t.a = 3", "[3]"),
            ("select default.t.a from default.t where default.t.\"b c\" = 'x'", "[1]"),
            ("select x.a from t as x where x.a = 2", "[2]"), ("select x.a from x: t where x.a = 2", "[2]"),
            ("table u", "[1,0.5] [3,1.5]"), ("with x as (table u) table x", "[1,0.5] [3,1.5]"),
            ("select t.a, u.v from t join u using (a) order by 1", "[1,0.5] [3,1.5]"),
            ("select t.a from t where exists (select 1 from u where u.a = t.a) order by 1", "[1] [3]"),
            ("select `b c` from t where `a` = 3", "[\"it's\"]"),
            ("with t as (select a + 10 as a from t) select * from t where a > 12", "[13]"),
            ("select count(*) from (select * from t union all select * from t)", "[8]"),
            ("select column_name from (summarize t)", "[\"a\"] [\"b c\"] [\"d\"]"),
            ("select column_name from (describe u)", "[\"a\"] [\"v\"]"),
            (
                "from t pivot (max(a) for d in ('2024-01-01'))",
                "[\"it's\",null] [\"x\",1] [\"y\",null] [null,null]"
            ),
            ("select u.* from t positional join u", "[1,0.5] [3,1.5] [null,null] [null,null]"),
            ("select count(*) from t tablesample 100 percent", "[4]"),
            ("values ((select max(a) from t))", "[3]"),
        ])
    func rows(_ sql: String, _ expected: String) async throws {
        let lake = try await Self.lake()
        #expect(try await lake.rows(sql).sorted().joined(separator: " ") == expected)
    }

    @Test("Parameters by position and by name, and in any order")
    func parameters() async throws {
        let lake = try await Self.lake()
        let one: EngineValue = .int64(1)
        #expect(try await lake.rows("select a from t where a = ?", .positional([one])) == ["[1]"])
        #expect(
            try await lake.rows("select $2, a from t where a = $1", .positional([one, .string("q")])) == [
                "[\"q\",1]"
            ])
        #expect(try await lake.rows("select a from t where a=:k or a = $k", .named(["k": one])) == ["[1]"])
        #expect(try await lake.rows("select a::int from t where a = :K", .named(["k": one])) == ["[1]"])
        #expect(
            try await lake.rows("select a from t where d = ?", .positional([.date(19_723)])) == ["[1]"])
        let missing = await #expect(throws: TarnError.self) {
            try await lake.rows("select $nmae", .named(["name": one]))
        }
        #expect(missing?.message.contains("Did you mean name?") == true)
        await #expect(throws: TarnError.self) { try await lake.rows("select ?", .positional([])) }
        await #expect(throws: TarnError.self) { try await lake.rows("select 1", .positional([one])) }
    }

    @Test("An unknown column keeps DuckDB's message and points into the user's text")
    func unknownColumn() async throws {
        let lake = try await Self.lake()
        let sql = "select v,\n  t.nope from main.default.t join u using (a)"
        let error = await #expect(throws: TarnError.self) { try await lake.rows(sql) }
        #expect(error?.message.contains("nope") == true)
        #expect(error?.context.first { $0.name == "line" }?.value == "2")
        #expect(error?.context.first { $0.name == "column" }?.value == "3")
    }

    @Test("Parameters prune as literals do, and each mention of a table prunes by itself")
    func prunes() async throws {
        let lake = try await Self.lake()
        let byParameter = try await lake.prepare("select * from t where d = ?", .positional([.date(19_723)]))
        #expect(byParameter.facts.filesPruned == 1)
        let twice = try await lake.prepare(
            "select * from t x join t y on x.d < y.d where x.a = 1 and y.a = 3")
        #expect(twice.facts.tables.map(\.filesScanned) == [1, 1])
        #expect(try await lake.rows(twice).count == 1)
        let joined = try await lake.prepare("select * from t join u on t.a = u.a where t.a = 3")
        #expect(joined.facts.filesPruned == 2)
        let none = try await lake.prepare("select * from t")
        #expect(none.facts.filesPruned == 0)
    }
}
