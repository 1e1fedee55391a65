import Base
import DeltaLake
import Engine
import TableModel
import Tables
import Testing

/// Changes keep a table's rules: constraints, computed columns, counted columns, defaults.
@Suite struct ChangeRuleTests {
    private func table(_ fixture: TableFixture) async throws -> DeltaTable {
        let schema = TableSchema([
            SchemaField(
                "key", .long,
                metadata: [
                    "delta.identity.start": .int(1), "delta.identity.step": .int(1),
                    "delta.identity.allowExplicitInsert": .bool(false),
                ]), SchemaField("a", .long, isNullable: false),
            SchemaField("twice", .long, metadata: ["delta.generationExpression": .string("a * 2")]),
            SchemaField("note", .string, metadata: ["CURRENT_DEFAULT": .string("'none'")]),
        ])
        let properties = [
            "delta.constraints.small": "a < 100", "delta.feature.allowColumnDefaults": "supported",
        ]
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context, TableDefinition(schema: schema, properties: properties)
        ).table
        try await table.write(WriteSource(sql: "SELECT i AS a, 'n' || i AS note FROM range(3) r(i)"))
        return table
    }

    @Test func rulesHoldForEveryChange() async throws {
        let fixture = try TableFixture()
        let table = try await table(fixture)
        #expect(try await fixture.rows(table) == ["1|0|0|n0", "2|1|2|n1", "3|2|4|n2"])
        try await table.update([("a", "a + 10"), ("note", "DEFAULT")], where: RowCondition("a = 1"))
        #expect(try await fixture.rows(table)[1] == "2|11|22|none")
        let merge = MergePlan(
            source: WriteSource(sql: "SELECT * FROM (VALUES (2, 'm'), (50, 'new')) q(a, note)"),
            condition: "t.a = s.a", matched: [MergeClause(nil, .update([("a", "t.a + 1")]))],
            notMatched: [MergeClause(nil, .insert([("a", "s.a")]))])
        try await table.merge(merge)
        let rows = try await fixture.rows(table)
        #expect(Array(rows.prefix(3)) == ["1|0|0|n0", "2|11|22|none", "3|3|6|n2"])
        #expect(rows[3].hasSuffix("|50|100|none") && !rows[3].hasPrefix("NULL"))
        let version = try await table.snapshot().version
        for assignments: [(column: ColumnPath, expression: String)] in [
            [("a", "500")], [("a", "NULL")], [("key", "9")], [("twice", "1")],
        ] {
            await #expect(throws: TarnError.self, "\(assignments)") {
                try await table.update(assignments, where: RowCondition("a = 0"))
            }
        }
        #expect(try await table.snapshot().version == version)
    }
}
