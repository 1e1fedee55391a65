import Base
import TableModel
import Testing

import Query

@Suite("Statements that Tarn parses itself")
struct StatementParserTests {
    private func parse(_ sql: String) throws -> Statement {
        var parser = StatementParser(try SQLText(sql))
        return try parser.parse()
    }

    @Test("CREATE TABLE takes both spellings of types and all its clauses")
    func createTable() throws {
        let sql = """
            CREATE TABLE IF NOT EXISTS main.default.orders (
              id BIGINT NOT NULL COMMENT 'the key', "two words" STRING, price DECIMAL(10, 2), t TIMESTAMP,
              i TIMESTAMPTZ, tags ARRAY<STRING>, l INTEGER[], m MAP<STRING, BIGINT>, s STRUCT<a: INT, b: ARRAY<DOUBLE>>,
              r STRUCT(x DOUBLE PRECISION, y VARCHAR(10)), b BINARY)
            USING DELTA PARTITIONED BY (id) LOCATION '/data/orders'
            TBLPROPERTIES ('delta.appendOnly' = 'true', a.b = 3) COMMENT 'all of them'
            """
        guard case .createTable(let table) = try parse(sql) else {
            Issue.record("not a CREATE TABLE")
            return
        }
        #expect(table.name.parts == ["main", "default", "orders"])
        #expect(table.ifNotExists && !table.orReplace && table.query == nil)
        #expect(
            table.partitionColumns == ["id"] && table.location == "/data/orders"
                && table.comment == "all of them")
        #expect(table.properties.map(\.0) == ["delta.appendOnly", "a.b"])
        #expect(table.properties.map(\.1) == ["true", "3"])
        let types: [DataType] = [
            .long, .string, .decimal(precision: 10, scale: 2), .timestampNtz, .timestamp,
            .array(element: .string, containsNull: true), .array(element: .integer, containsNull: true),
            .map(key: .string, value: .long, valueContainsNull: true),
            .structure([
                SchemaField("a", .integer), SchemaField("b", .array(element: .double, containsNull: true)),
            ]),
            .structure([SchemaField("x", .double), SchemaField("y", .string)]), .binary,
        ]
        #expect(table.columns.map(\.type) == types)
        #expect(table.columns[1].name == "two words")
        #expect(!table.columns[0].isNullable && table.columns[0].metadata["comment"] == .string("the key"))
    }

    @Test("CREATE TABLE AS keeps the query as text")
    func createTableAs() throws {
        let sql = "create or replace table t partitioned by (d) as with x as (select 1) select * from x"
        guard case .createTable(let table) = try parse(sql), let query = table.query else {
            Issue.record("not a CREATE TABLE AS")
            return
        }
        #expect(table.orReplace)
        #expect(try SQLText(sql).string(query) == "with x as (select 1) select * from x")
    }

    @Test(
        "INSERT tells its columns from a query in brackets",
        arguments: [
            ("INSERT INTO t VALUES (1, 2)", nil, "VALUES (1, 2)"),
            ("INSERT INTO t (a, \"b c\") SELECT 1, 2", ["a", "b c"], "SELECT 1, 2"),
            ("INSERT INTO t (SELECT 1)", nil, "(SELECT 1)"),
            ("INSERT INTO t ((SELECT 1))", nil, "((SELECT 1))"),
            ("INSERT INTO a.b.t (values) FROM x", ["values"], "FROM x"),
            ("insert into table t by name select 1 as a", nil, "select 1 as a"),
            ("insert overwrite t table u", nil, "table u"),
        ])
    func insert(_ sql: String, _ columns: [String]?, _ query: String) throws {
        guard case .insert(let insert) = try parse(sql) else {
            Issue.record("not an INSERT")
            return
        }
        #expect(insert.columns == columns)
        #expect(try SQLText(sql).string(insert.query) == query)
    }

    @Test("Other statements keep their parts")
    func others() throws {
        if case .show(let show) = try parse("SHOW TABLES IN main.sales LIKE 'o%'") {
            #expect(show.scope?.parts == ["main", "sales"] && show.pattern == "o%")
        } else {
            Issue.record("SHOW TABLES")
        }
        if case .describeHistory(let name, let limit) = try parse("DESCRIBE HISTORY t LIMIT 5") {
            #expect(name.parts == ["t"] && limit == 5)
        } else {
            Issue.record("DESCRIBE HISTORY")
        }
        if case .describeTable(let name) = try parse("describe history") {
            #expect(name.parts == ["history"])
        }
        if case .alterTable(_, let actions) = try parse(
            "ALTER TABLE t ADD COLUMNS (a INT FIRST, b STRING AFTER a)")
        {
            #expect(actions.count == 2)
        } else {
            Issue.record("ALTER TABLE")
        }
        if case .drop(let drop) = try parse("DROP SCHEMA IF EXISTS main.s CASCADE") {
            #expect(drop.kind == .schema && drop.ifExists && drop.cascade)
        } else {
            Issue.record("DROP SCHEMA")
        }
        if case .copy(let copy) = try parse("COPY (SELECT (1)) TO 'x.csv' (HEADER, DELIMITER ';')") {
            #expect(copy.format == "csv" && copy.options.map(\.0) == ["header", "delimiter"])
        } else {
            Issue.record("COPY")
        }
        if case .use(let name) = try parse("USE main.sales") { #expect(name.parts == ["main", "sales"]) }
    }

    @Test(
        "What is not there is refused by name, with the place and what to do",
        arguments: [
            ("ATTACH 'x.db'", "ATTACH is not allowed"),
            ("CREATE TABLE t (a INT PRIMARY KEY)", "PRIMARY is not supported for a column (a)"),
            ("CREATE TABLE t (a INT, A BIGINT)", "two columns named A"),
            ("CREATE TABLE t (a UUID)", "cannot hold UUID; use STRING"),
            ("CREATE TABLE t (a BIGIN)", "no type named bigin. Did you mean"),
            ("CREATE TABLE t (a DECIMAL(39,2))", "out of range"),
            ("CREATE TABLE t (a INT) USING ICEBERG", "USING DELTA is"),
            ("SELEC 1", "No statement starts with 'selec'. Did you mean select"),
            ("INSERT INTO t", "a query is expected, but the end of the statement was found"),
            ("DROP TABLE a.b.c.d", "at most 3 parts"),
            ("SHOW GIZMOS", "CATALOGS, SCHEMAS, TABLES"),
            ("COPY (SELECT 1) TO 'x.xlsx'", "parquet, csv and json"),
            ("COPY (SELECT 1) TO 'x.csv' (ENCRYPTION_CONFIG 'k')", "COPY has no option encryption_config"),
            ("DROP TABLE t; DROP TABLE u", "the end of the statement is expected"),
        ])
    func refusals(_ sql: String, _ expected: String) throws {
        let error = #expect(throws: TarnError.self) { try parse(sql) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.context.contains { $0.name == "column" } == true)
    }
}
