import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct ConstraintTests {
    /// Every way of breaking a rule names the rule and a row, and leaves neither a version nor a file.
    @Test(arguments: [
        ("SELECT 5 AS id, -1 AS price", "positive", "price: -1"),
        ("SELECT 6 AS id, NULL::INT AS price", "positive", "price: NULL"),
        ("SELECT NULL::BIGINT AS id, 1 AS price", "column id", "id: NULL"),
        ("SELECT 7 AS id, 1 AS price, {'x': NULL::INT} AS s", "column s", "id: 7"),
        ("SELECT 8 AS id, 1 AS price, 'abcdef' AS code", "column code", "code: abcdef"),
        ("SELECT 9 AS id, 1 AS price, ['a', NULL] AS tags", "column tags", "id: 9"),
        ("SELECT 500 AS id, 1 AS price", "invariant of column id", "id: 500"),
    ])
    func aBrokenRuleNamesItselfAndARow(_ sql: String, _ rule: String, _ row: String) async throws {
        let fixture = try TableFixture()
        let table = try await Self.guarded(fixture)
        let error = await #expect(throws: TarnError.self) { try await table.write(WriteSource(sql: sql)) }
        #expect(error?.code == .constraintViolation)
        #expect(error?.message.contains(rule) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(row) == true, "\(error?.message ?? "")")
        #expect(try await table.snapshot().version == 0)
        let left = try await table.store.listRecursively(.root).filter { $0.path.name.hasSuffix(".parquet") }
        #expect(left.isEmpty)
    }

    @Test func rowsThatKeepTheRulesAreWritten() async throws {
        let fixture = try TableFixture()
        let table = try await Self.guarded(fixture)
        try await table.write(
            WriteSource(sql: "SELECT 1 AS id, 2 AS price, {'x': 3} AS s, 'abc' AS code, ['a'] AS tags"))
        try await table.write(WriteSource(sql: "SELECT 2 AS id, 5 AS price"))
        #expect(
            try await fixture.rows(table) == ["1|2|{'x': 3}|abc|[a]", "2|5|NULL|NULL|NULL"])
        let version = try await table.snapshot().tableProtocol.minWriterVersion
        #expect(version == 3)
    }

    private static func guarded(_ fixture: TableFixture) async throws -> DeltaTable {
        try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField(
                        "id", .long, isNullable: false,
                        metadata: [
                            "delta.invariants": .string(#"{"expression":{"expression":"`id` < 100"}}"#)
                        ]),
                    SchemaField("price", .integer),
                    SchemaField("s", .structure([SchemaField("x", .integer, isNullable: false)])),
                    SchemaField(
                        "code", .string, metadata: ["__CHAR_VARCHAR_TYPE_STRING": .string("varchar(3)")]),
                    SchemaField("tags", .array(element: .string, containsNull: false)),
                ]),
                properties: ["delta.constraints.positive": "price > 0"])
        ).table
    }

    /// Rows that only move between files are not computed or checked again.
    @Test func compactionLeavesRowsAsTheyAre() async throws {
        let fixture = try TableFixture()
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField("p", .long), SchemaField("n", .long),
                    SchemaField("g", .long, metadata: ["delta.generationExpression": .string("p + n")]),
                ]), partitionColumns: ["p"],
                properties: [
                    "delta.constraints.both": "p < n", "delta.columnMapping.mode": "name",
                ])
        ).table
        try await table.write(WriteSource(sql: "SELECT 1 AS p, 2 AS n"))
        try await table.write(WriteSource(sql: "SELECT 1 AS p, 3 AS n"))
        try await table.optimize()
        #expect(try await table.snapshot().fileCount == 1)
        #expect(try await fixture.rows(table) == ["1|2|3", "1|3|4"])
    }

    @Test func aConstraintIsAddedOnlyWhereAllRowsMeetIt() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT i AS id, i - 2 AS n FROM range(5) r(i)")
        let error = await #expect(throws: TarnError.self) { try await table.addConstraint("Small", "n > 0") }
        #expect(error?.code == .constraintViolation)
        #expect(error?.message.contains("n: -2") == true, "\(error?.message ?? "")")
        #expect(try await table.snapshot().version == 0)

        try await table.addConstraint("Small", "`n` < 10 AND id >= 0")
        let snapshot = try await table.snapshot()
        #expect(snapshot.configuration["delta.constraints.small"] == "`n` < 10 AND id >= 0")
        #expect(snapshot.tableProtocol == TableProtocol(minReaderVersion: 1, minWriterVersion: 3))
        await #expect(throws: TarnError.self) {
            try await table.write(WriteSource(sql: "SELECT 1 AS id, 11 AS n"))
        }
        let twice = await #expect(throws: TarnError.self) { try await table.addConstraint("SMALL", "true") }
        #expect(twice?.code == .alreadyExists)
        let unknown = await #expect(throws: TarnError.self) { try await table.dropConstraint("smal") }
        #expect(unknown?.code == .notFound && unknown?.message.contains("small") == true)
        try await table.dropConstraint("SMALL")
        try await table.dropConstraint("SMALL", ifExists: true)
        try await table.write(WriteSource(sql: "SELECT 1 AS id, 11 AS n"))
        #expect(try await table.snapshot().version == 3)
    }

    /// What cannot be translated exactly is refused by its name, when the rule is made.
    @Test(arguments: [
        ("frobnicate(n) > 0", TarnError.Code.unsupported, "frobnicate"), ("nn > 0", .invalidInput, "nn"),
        ("n + 'x'", .invalidInput, "does not fit"), ("n > ", .invalidInput, ""),
        ("(SELECT 1) = n", .invalidInput, "SELECT"), ("n ^ 2 > 1", .unsupported, "^"),
        ("n > 0 )", .invalidInput, ")"), ("", .invalidInput, "empty"), ("'abc", .invalidInput, "missing"),
    ])
    func whatNoEngineCouldCheckIsRefused(_ text: String, _ code: TarnError.Code, _ named: String) async throws
    {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS n, 'a' AS s")
        let error = await #expect(throws: TarnError.self, "\(text)") {
            try await table.addConstraint("c", text)
        }
        #expect(error?.code == code, "\(text): \(error?.message ?? "")")
        #expect(named.isEmpty || error?.message.contains(named) == true, "\(text): \(error?.message ?? "")")
        #expect(try await table.snapshot().version == 0)
    }

    /// Expressions in Spark's SQL mean the same here: each must be true of the row.
    @Test(arguments: [
        "`odd name` = \"text\"", "n <=> 5 AND NOT (m <=> 5) AND m <=> NULL", "n == 5 AND n != 4 AND n <> 3",
        "n DIV 2 = 2 AND n % 2 = 1 AND mod(n, 3) = 2", "s.x = 1 AND s.`y z` = 'deep'",
        "a[0] = 10 AND a[1] = 20",
        "m['k'] IS NULL OR true", "t RLIKE 'b.d' AND NOT t RLIKE '^b'", "t LIKE 'ab%' AND t NOT LIKE '%x'",
        "CAST(n AS STRING) = '5' AND CAST('7' AS INT) = 7 AND CAST(d AS TIMESTAMP) IS NOT NULL",
        "year(d) = 2024 AND month(d) = 2 AND day(d) = 29 AND dayofweek(d) = 5 AND quarter(d) = 1",
        "date_format(d, 'yyyy-MM') = '2024-02' AND date_trunc('MONTH', d) = TIMESTAMP '2024-02-01 00:00:00'",
        "trunc(d, 'MM') = DATE '2024-02-01' AND date_add(d, 1) = DATE'2024-03-01' AND datediff(d, '2024-02-27') = 2",
        "concat(t, 'x') = 'abcdx' AND concat(t, NULL) IS NULL AND substring(t, 2, 2) = 'bc' AND length(t) = 4",
        "if(n > 3, 'big', 'small') = 'big' AND nvl(m, 1) = 1 AND coalesce(m, n) = 5 AND isnull(m)",
        "CASE WHEN n > 3 THEN true ELSE false END", "n BETWEEN 1 AND 10 AND n IN (4, 5)", "!(n > 10)",
        "size(a) = 2 AND array_contains(a, 10)", "10L > n AND 1.5D > 1 AND 2.5BD = 2.5", "upper(t) = 'ABCD'",
        "extract(YEAR FROM d) = 2024 AND d + INTERVAL 1 DAY > d", "to_date('2024-02-29') = d",
        "sha2(t, 256) = sha2('abcd', 256)", "'it\\'s' = 'it''s'", "current_date() >= d AND now() > d",
        "regexp_replace(t, '[bc]', '-') = 'a--d' AND split(t, 'b')[1] = 'cd'", "n::string = '5'",
    ])
    func sparksExpressionsMeanTheSame(_ text: String) async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create(
            "t",
            as: """
                SELECT 5 AS n, NULL::INT AS m2, 'text' AS "odd name", {'x': 1, 'y z': 'deep'} AS s, [10, 20] AS a, \
                'abcd' AS t, DATE '2024-02-29' AS d
                """)
        let usesMap = text.contains("m['k']")
        try await table.addColumns([
            (
                SchemaField(
                    "m", usesMap ? .map(key: .string, value: .integer, valueContainsNull: true) : .integer),
                .last
            )
        ])
        try await table.addConstraint("c", text)
        #expect(try await table.snapshot().version == 2)
    }
}
