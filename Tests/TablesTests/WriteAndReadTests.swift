import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct WriteAndReadTests {
    @Test func aTableIsCreatedAppendedToAndOverwritten() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT i AS id, 'x' || i AS name FROM range(3) r(i)")
        try await table.write(WriteSource(sql: "SELECT 7 AS id, 'seven' AS name"))
        #expect(try await fixture.rows(table) == ["0|x0", "1|x1", "2|x2", "7|seven"])
        try await table.write(
            WriteSource(sql: "SELECT 'a' AS NAME, 1 AS ID"), WriteOptions(mode: .overwrite))
        #expect(try await fixture.rows(table) == ["1|a"])
        #expect(try await fixture.rows(table, .version(1)) == ["0|x0", "1|x1", "2|x2", "7|seven"])
        let reopened = try await DeltaTable.open(fixture.store("t"), fixture.context)
        #expect(try await fixture.rows(reopened) == ["1|a"])
        #expect(try await reopened.history().map(\.version) == [2, 1, 0])
    }

    @Test func partitionValuesSurviveWhateverTheyHold() async throws {
        let fixture = try TableFixture()
        let values = [
            "a b", "a/b", "a=b", "100%", "é ü 山", "it's", "x:y?z*[1]", "", "__x", "a\\b", "\"q\"", "tab\tx",
        ]
        let list = values.map { "(\(quoteLiteral($0)), 1)" }.joined(separator: ",")
        let table = try await fixture.create(
            "p q=%/é", as: "SELECT * FROM (VALUES \(list), (NULL, 2)) v(p, n)", partitionedBy: ["p"])
        let rows = try await fixture.rows(table, .latest, "SELECT p IS NULL, p, n FROM {t} ORDER BY ALL")
        // Delta has no empty text in partition columns: it is null.
        let expected = values.filter { !$0.isEmpty }.map { "false|\($0)|1" } + ["true|NULL|1", "true|NULL|2"]
        #expect(rows.sorted() == expected.sorted())
        let again = try await DeltaTable.open(table.store, fixture.context)
        #expect(
            try await fixture.rows(again, .latest, "SELECT p IS NULL, p, n FROM {t} ORDER BY ALL") == rows)
    }

    @Test(arguments: [
        ("i::TINYINT", "-1"), ("DATE '2024-02-29' + i::INT", "2024-02-29"), ("(i = 0)", "true"),
        ("TIMESTAMP '2024-01-01 12:00:00.5'", "2024-01-01 12:00:00.5"),
        ("TIMESTAMPTZ '2024-01-01 12:00:00.123456+00'", "2024-01-01 12:00:00.123456+00"),
        ("1.25::DECIMAL(38,10)", "1.2500000000"), ("1.5::DOUBLE", "1.5"), ("'t'::BLOB", "t"),
    ])
    func everyPlainTypeCanPartition(_ expression: String, _ unused: String) async throws {
        let fixture = try TableFixture()
        let sql = "SELECT \(expression) AS p, i AS n FROM range(3) r(i)"
        let table = try await fixture.create("t", as: sql, partitionedBy: ["p"])
        let direct = try await fixture.engine.onSessionThread { connection in
            try connection.execute("SELECT p::VARCHAR || '|' || n FROM (\(sql)) ORDER BY ALL", []).allRows()
        }
        let stored = try await fixture.rows(
            table, .latest, "SELECT p::VARCHAR || '|' || n FROM {t} ORDER BY ALL")
        #expect(direct.map { row in if case .string(let text) = row[0] { text } else { "?" } } == stored)
    }

    @Test func rowsThatDoNotFitChangeNothing() async throws {
        let fixture = try TableFixture()
        let table = try await DeltaTable.create(
            fixture.store("t"), fixture.context,
            TableDefinition(
                schema: TableSchema([
                    SchemaField("id", .long, isNullable: false), SchemaField("n", .integer),
                    SchemaField("tags", .array(element: .string, containsNull: false)),
                ]))
        ).table
        for (sql, code) in [
            ("SELECT 1 AS id, 2 AS wrong", TarnError.Code.schemaMismatch),
            ("SELECT NULL::BIGINT AS id, 2 AS n", .constraintViolation), ("SELECT 2 AS n", .schemaMismatch),
            ("SELECT 1 AS id, 'abc' AS n", .invalidInput),
            ("SELECT 1 AS id, ['a', NULL] AS tags", .constraintViolation),
            ("SELECT 1 AS id, 3000000000 AS n", .invalidInput),
            ("SELECT 1 AS id, INTERVAL 1 DAY AS n", .schemaMismatch),
            ("SELECT nope", .invalidInput),
        ] {
            let error = await #expect(throws: TarnError.self, "\(sql)") {
                try await table.write(WriteSource(sql: sql))
            }
            #expect(error?.code == code, "\(sql): \(error?.description ?? "")")
        }
        #expect(try await table.snapshot().version == 0)
        let left = try await table.store.listRecursively(.root).filter { $0.path.name.hasSuffix(".parquet") }
        #expect(left.isEmpty)
        try await table.write(WriteSource(sql: "SELECT 1 AS id, ['a'] AS tags"))
        #expect(try await fixture.rows(table) == ["1|NULL|[a]"])
    }

    @Test func zeroRowsMakeAVersionWithoutFiles() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a WHERE false")
        let result = try await table.write(WriteSource(sql: "SELECT 2 AS a WHERE false"))
        #expect(result.version == 1 && result.rowCount == 0)
        #expect(try await fixture.rows(table) == [])
        #expect(try await table.snapshot().fileCount == 0)
    }

    @Test func aTransactionHappensOnce() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a")
        var options = WriteOptions()
        options.transaction = SetTransaction(appID: "job", version: 5)
        let first = try await table.write(WriteSource(sql: "SELECT 2 AS a"), options)
        let second = try await table.write(WriteSource(sql: "SELECT 2 AS a"), options)
        #expect(!first.wasAlreadyCommitted && second.wasAlreadyCommitted)
        #expect(try await fixture.rows(table) == ["1", "2"])
    }

    @Test func columnsAreAddedMovedAndMerged() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS a, {'x': 1} AS s")
        try await table.addColumns([
            (SchemaField("b", .string), .first), (SchemaField("c", .double), .after("a")),
        ])
        #expect(try await table.snapshot().schema.names == ["b", "a", "c", "s"])
        #expect(try await fixture.rows(table) == ["NULL|1|NULL|{'x': 1}"])
        try await table.moveColumn("c", to: .last)
        try await table.write(WriteSource(sql: "SELECT 2 AS a, 'q' AS b, 1.5 AS c, {'x': 2} AS s"))
        var merge = WriteOptions()
        merge.schemaMode = .merge
        try await table.write(WriteSource(sql: "SELECT 3 AS a, true AS d"), merge)
        #expect(
            try await fixture.rows(table, .latest, "SELECT a, b, c, d FROM {t} ORDER BY a") == [
                "1|NULL|NULL|NULL", "2|q|1.5|NULL", "3|NULL|NULL|true",
            ])
        await #expect(throws: TarnError.self) {
            try await table.addColumns([(SchemaField("A", .long), .last)])
        }
    }

    @Test func aWideTableSurvives() async throws {
        let fixture = try TableFixture()
        let items = (0..<2000).map { "\($0) AS c\($0)" }.joined(separator: ", ")
        let table = try await fixture.create("t", as: "SELECT \(items)")
        #expect(try await table.snapshot().schema.fields.count == 2000)
        #expect(try await fixture.rows(table, .latest, "SELECT c0, c1999 FROM {t}") == ["0|1999"])
    }
}
