import Base
import Catalog
import DeltaLake
import LakehouseTesting
import Query
import Testing

@Suite struct ColumnKeepingTests {
    private func columns(_ lake: TestLake, _ name: String) async throws -> [CatalogColumn] {
        try await lake.catalog.columns(of: try await lake.catalog.table(try QualifiedName(name)).id)
    }

    private func run(_ lake: TestLake, _ sql: String) async throws {
        let result = try await lake.query.run(sql, context: QueryContext(localFiles: true))
        _ = try await result.jsonRows()
    }

    /// After every statement that changes a schema, the catalog says what the log says.
    @Test func columnsFollowTheLog() async throws {
        let lake = try await TestLake()
        try await run(
            lake,
            "CREATE TABLE t (Id BIGINT NOT NULL COMMENT 'the key', p STRING, d DECIMAL(10,2)[]) PARTITIONED BY (p)"
        )
        let made = try await columns(lake, "t")
        #expect(made.map(\.name) == ["Id", "p", "d"] && made.map(\.key) == ["id", "p", "d"])
        #expect(made.map(\.typeText) == ["bigint", "string", "array<decimal(10,2)>"])
        #expect(made.map(\.typeName) == ["LONG", "STRING", "ARRAY"] && made.map(\.position) == [0, 1, 2])
        #expect(made[0].comment == "the key" && !made[0].isNullable && made[1].partitionIndex == 0)
        #expect(try JSONValue.parse(made[0].typeJSON)["type"]?.string == "long")
        try await run(lake, "ALTER TABLE t ADD COLUMN extra STRUCT(a INT, \"b c\" TEXT)")
        #expect(try await columns(lake, "t").last?.typeText == "struct<a:int,`b c`:string>")
        try await run(lake, "CREATE OR REPLACE TABLE t PARTITIONED BY (p) AS SELECT 1 AS one, 'x' AS p")
        #expect(try await columns(lake, "t").map(\.name) == ["one", "p"])
    }

    /// Where a table has column mapping, a column's key stays through renames, and also when it gets the mapping.
    @Test func keysStayThroughRenames() async throws {
        let lake = try await TestLake()
        try await run(lake, "CREATE TABLE t (Alpha INT, beta INT)")
        let before = try await columns(lake, "t").map(\.key)
        try await run(lake, "ALTER TABLE t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
        #expect(try await columns(lake, "t").map(\.key) == before)
        try await run(lake, "ALTER TABLE t RENAME COLUMN Alpha TO gamma")
        let after = try await columns(lake, "t")
        #expect(after.map(\.name) == ["gamma", "beta"] && after.map(\.key) == before)
        try await run(lake, "ALTER TABLE t ADD COLUMN alpha INT")
        #expect(try await columns(lake, "t").last?.key != "alpha")
    }

    /// What another program does to a table is known after the next statement that opens it.
    @Test func columnsOfOtherWritersAreTakenUp() async throws {
        let lake = try await TestLake()
        try await run(lake, "CREATE TABLE t (a INT)")
        let entry = try await lake.catalog.table(try QualifiedName("t"))
        try await run(lake, "ALTER TABLE delta.`\(entry.location)` ADD COLUMN b STRING")
        #expect(try await columns(lake, "t").map(\.name) == ["a"])
        try await run(lake, "SELECT * FROM t")
        #expect(try await columns(lake, "t").map(\.name) == ["a", "b"])
        try await lake.catalog.setColumns(of: entry.id, [], version: 0)
        #expect(try await columns(lake, "t").map(\.name) == ["a", "b"])
    }
}
