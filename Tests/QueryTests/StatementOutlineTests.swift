import Query
import Testing

@Suite struct StatementOutlineTests {
    private static let cases: [(sql: String, action: String, kind: String?, name: String?, mayChange: Bool)] =
        [
            ("SELECT * FROM t", "SELECT", nil, nil, false),
            ("WITH a AS (SELECT 1) FROM a", "SELECT", nil, nil, false),
            ("EXPLAIN SELECT 1", "EXPLAIN", nil, nil, false),
            ("INSERT INTO t VALUES (1)", "INSERT", "table", "main.default.t", true),
            ("insert overwrite s.t select 1", "INSERT", "table", "main.s.t", true),
            ("DELETE FROM c.s.\"odd name\" WHERE x = 1", "DELETE", "table", "c.s.\"odd name\"", true),
            ("UPDATE t SET x = 1", "UPDATE", "table", "main.default.t", true),
            (
                "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "MERGE", "table",
                "main.default.t", true
            ),
            ("CREATE OR REPLACE TABLE t AS SELECT 1", "CREATE TABLE", "table", "main.default.t", true),
            ("CREATE TABLE IF NOT EXISTS s.t (x INT)", "CREATE TABLE", "table", "main.s.t", true),
            ("CREATE SCHEMA IF NOT EXISTS s", "CREATE SCHEMA", "schema", "main.s", true),
            ("DROP SCHEMA c.s CASCADE", "DROP SCHEMA", "schema", "c.s", true),
            ("DROP CATALOG c", "DROP CATALOG", "catalog", "c", true),
            ("ALTER TABLE t ADD COLUMN y INT", "ALTER TABLE", "table", "main.default.t", true),
            ("GRANT SELECT, MODIFY ON TABLE s.t TO ann", "GRANT", "table", "main.s.t", true),
            ("REVOKE USE SCHEMA ON SCHEMA s FROM ann", "REVOKE", "schema", "main.s", true),
            ("VACUUM t RETAIN 0 HOURS", "VACUUM", "table", "main.default.t", true),
            ("DESCRIBE HISTORY t", "DESCRIBE", "table", "main.default.t", false),
            ("SHOW TABLES IN s", "SHOW", nil, nil, false), ("SET x = 1", "SET", nil, nil, false),
            ("", "STATEMENT", nil, nil, false), ("'open", "STATEMENT", nil, nil, false),
        ]

    @Test(arguments: cases)
    func aStatementTellsWhatItIsAbout(
        _ test: (sql: String, action: String, kind: String?, name: String?, mayChange: Bool)
    ) {
        let outline = StatementOutline(test.sql, context: QueryContext())
        #expect(outline.action == test.action)
        #expect(outline.mayChange == test.mayChange)
        // SHOW's own words are no names of objects.
        if test.action == "SHOW" { return }
        #expect(outline.objectKind == test.kind)
        #expect(outline.objectName == test.name)
    }

    /// Nothing that may be a secret stays: no text, no number, no comment.
    @Test(arguments: [
        ("SELECT * FROM t WHERE name = 'Ann' AND n > 12.5e3", "SELECT * FROM t WHERE name = ? AND n > ?"),
        ("INSERT INTO t VALUES (1, 'it''s', $$raw$$, E'\\n')", "INSERT INTO t VALUES (?, ?, ?, ?)"),
        ("SELECT 1 -- password is swordfish\n , 2 /* or not */", "SELECT ? , ?"),
        ("SELECT \"quoted name\", x::INT FROM t", "SELECT \"quoted name\", x::INT FROM t"),
    ])
    func literalsAndCommentsAreLeftOut(_ sql: String, _ text: String) {
        #expect(StatementOutline(sql, context: QueryContext()).text == text)
    }
}
