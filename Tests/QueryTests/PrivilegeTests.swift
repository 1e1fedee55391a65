import Base
import Catalog
import Query
import Testing

/// Who may run which statement: with exactly the privileges that it needs, and not with one less.
@Suite struct PrivilegeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        /// As SQL after GRANT; USE CATALOG and USE SCHEMA come first where `reaches` is set.
        var needs: [String]
        var reaches = true
        /// Whether it names the table `hidden`, whose absence and invisibility must be told alike.
        var testDescription: String { sql }
    }

    static let cases: [Case] = [
        Case(sql: "SELECT * FROM t", needs: ["SELECT ON TABLE t"]),
        Case(sql: "SELECT count(*) FROM t AT (VERSION => 0)", needs: ["SELECT ON TABLE t"]),
        Case(sql: "WITH x AS (SELECT a FROM t) SELECT * FROM x", needs: ["SELECT ON TABLE t"]),
        Case(sql: "SELECT 1 WHERE EXISTS (SELECT 1 FROM t)", needs: ["SELECT ON TABLE t"]),
        Case(sql: "EXPLAIN SELECT * FROM t", needs: ["SELECT ON TABLE t"]),
        Case(sql: "SUMMARIZE t", needs: ["SELECT ON TABLE t"]),
        Case(sql: "INSERT INTO t VALUES (2, 'y')", needs: ["MODIFY ON TABLE t"]),
        Case(sql: "INSERT INTO t SELECT * FROM u", needs: ["MODIFY ON TABLE t", "SELECT ON TABLE u"]),
        Case(sql: "INSERT OVERWRITE t VALUES (3, 'z')", needs: ["MODIFY ON TABLE t"]),
        Case(sql: "DELETE FROM t WHERE a = 1", needs: ["SELECT, MODIFY ON TABLE t"]),
        Case(sql: "UPDATE t SET b = 'q'", needs: ["SELECT, MODIFY ON TABLE t"]),
        Case(
            sql: "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = u.b",
            needs: ["SELECT, MODIFY ON TABLE t", "SELECT ON TABLE u"]),
        Case(sql: "TRUNCATE TABLE t", needs: ["MODIFY ON TABLE t"]),
        Case(sql: "OPTIMIZE t", needs: ["SELECT, MODIFY ON TABLE t"]),
        Case(sql: "VACUUM t", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "RESTORE TABLE t TO VERSION AS OF 0", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "ALTER TABLE t ADD COLUMN c INT", needs: ["MODIFY ON TABLE t"]),
        Case(sql: "ALTER TABLE t RENAME TO t9", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "COMMENT ON TABLE t IS 'x'", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "DROP TABLE t", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "DESCRIBE HISTORY t", needs: ["SELECT ON TABLE t"]),
        Case(sql: "DESCRIBE DETAIL t", needs: ["SELECT ON TABLE t"]),
        Case(sql: "DESCRIBE TABLE t", needs: ["BROWSE ON TABLE t"]),
        Case(sql: "SHOW COLUMNS IN t", needs: ["BROWSE ON TABLE t"]),
        Case(sql: "SHOW CREATE TABLE t", needs: ["BROWSE ON TABLE t"]),
        Case(sql: "SHOW TBLPROPERTIES t", needs: ["BROWSE ON TABLE t"]),
        Case(sql: "CREATE TABLE n (a INT)", needs: ["CREATE TABLE ON SCHEMA main.default"]),
        Case(
            sql: "CREATE TABLE n AS SELECT * FROM t",
            needs: ["CREATE TABLE ON SCHEMA main.default", "SELECT ON TABLE t"]),
        Case(
            sql: "CREATE TABLE n LIKE t",
            needs: ["CREATE TABLE ON SCHEMA main.default", "SELECT ON TABLE t"]),
        Case(
            sql: "CREATE TABLE n CLONE t",
            needs: ["CREATE TABLE ON SCHEMA main.default", "SELECT ON TABLE t"]),
        Case(
            sql: "CREATE SCHEMA s9", needs: ["USE CATALOG ON CATALOG main", "CREATE SCHEMA ON CATALOG main"],
            reaches: false),
        Case(sql: "CREATE CATALOG c9", needs: ["CREATE CATALOG ON METASTORE"], reaches: false),
        Case(
            sql: "CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1",
            needs: ["CREATE FUNCTION ON SCHEMA main.default"]),
        Case(sql: "CREATE VOLUME v", needs: ["CREATE VOLUME ON SCHEMA main.default"]),
        Case(sql: "CREATE MODEL m", needs: ["CREATE MODEL ON SCHEMA main.default"]),
        Case(sql: "GRANT SELECT ON TABLE t TO `account users`", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "REVOKE SELECT ON TABLE t FROM ann", needs: ["MANAGE ON TABLE t"]),
        Case(sql: "ALTER TABLE t OWNER TO ann", needs: ["MANAGE ON TABLE t"]),
    ]

    private func lake() async throws -> TestLake {
        let lake = try await TestLake()
        for sql in [
            "CREATE TABLE t (a INT, b STRING)", "INSERT INTO t VALUES (1, 'x')",
            "CREATE TABLE u (a INT, b STRING)",
            "CREATE USER ann",
        ] { _ = try await lake.query.run(sql, context: QueryContext(localFiles: true)) }
        return lake
    }

    private func asAnn(_ sql: String, in lake: TestLake) async throws {
        let ann = try await lake.catalog.principal(named: "ann")
        try await lake.query.run(sql, context: QueryContext(principal: ann)).forEachChunk { _ in }
    }

    private func grant(_ grants: [String], in lake: TestLake) async throws {
        for grant in grants {
            _ = try await lake.query.run("GRANT \(grant) TO ann", context: QueryContext())
        }
    }

    @Test(arguments: cases)
    func allowsWithExactlyWhatIsNeededAndNotWithLess(_ one: Case) async throws {
        let way = ["USE CATALOG ON CATALOG main", "USE SCHEMA ON SCHEMA main.default"]
        let all = (one.reaches ? way : []) + one.needs
        for left in all.indices {
            let lake = try await lake()
            var some = all
            let missing = some.remove(at: left)
            // Management reaches through its containers by itself.
            if way.contains(missing),
                one.needs.contains(where: { $0.hasPrefix("MANAGE") || $0.hasPrefix("BROWSE") })
            {
                continue
            }
            try await grant(some, in: lake)
            let error = await #expect(throws: TarnError.self, "without \(missing)") {
                try await asAnn(one.sql, in: lake)
            }
            #expect(
                [.permissionDenied, .notFound].contains(error?.code), "\(missing): \(error?.message ?? "")")
        }
        let lake = try await lake()
        try await grant(all, in: lake)
        try await asAnn(one.sql, in: lake)
    }

    /// Whoever may not see a table gets the words of one that is not there.
    @Test(arguments: cases.filter { $0.sql.contains(" t") && $0.reaches })
    func whatIsHiddenIsNotThere(_ one: Case) async throws {
        let lake = try await lake()
        try await grant(
            [
                "USE CATALOG, CREATE SCHEMA ON CATALOG main",
                "USE SCHEMA, CREATE TABLE, CREATE FUNCTION ON SCHEMA main.default", "SELECT ON TABLE u",
            ], in: lake)
        // CREATE TABLE on the schema means nothing for the tables in it.
        let error = await #expect(throws: TarnError.self) { try await asAnn(one.sql, in: lake) }
        let absent = one.sql.replacing(try Regex("\\bt\\b"), with: "q")
        let other = await #expect(throws: TarnError.self) { try await asAnn(absent, in: lake) }
        #expect(error?.code == .notFound, "\(error?.message ?? "")")
        #expect(error?.message.replacing("main.default.t", with: "main.default.q") == other?.message)
    }

    @Test func grantsAreShownAndTaken() async throws {
        let lake = try await lake()
        try await grant(["SELECT, MODIFY ON t", "USE SCHEMA ON SCHEMA main.default"], in: lake)
        let shown = try await lake.rows("SHOW GRANTS ann ON TABLE t")
        #expect(shown.count == 3)
        _ = try await lake.query.run("REVOKE MODIFY ON t FROM ann", context: QueryContext())
        #expect(try await lake.rows("SHOW GRANTS ON TABLE t").count == 1)
        #expect(try await lake.rows("SHOW GRANTS TO ann").count == 2)
    }

    @Test(arguments: [
        "GRANT FLY ON t TO ann", "GRANT SELECT ON none TO ann", "GRANT SELECT ON t TO nobody",
        "GRANT CREATE CATALOG ON t TO ann", "GRANT SELECT t TO ann", "ALTER TABLE t OWNER TO nobody",
        "DROP GROUP admins", "ALTER GROUP `account users` ADD USER ann", "CREATE USER ann",
        "SHOW GRANTS ON TABLE none", "DROP USER nobody",
    ])
    func refusesWhatMakesNoSense(_ sql: String) async throws {
        let lake = try await lake()
        let error = await #expect(throws: TarnError.self) {
            try await lake.query.run(sql, context: QueryContext()).forEachChunk { _ in }
        }
        #expect([.invalidInput, .notFound, .failedPrecondition, .alreadyExists].contains(error?.code))
    }

    @Test func groupsCannotGoInCircles() async throws {
        let lake = try await lake()
        for sql in [
            "CREATE GROUP a", "CREATE GROUP b", "CREATE GROUP c", "ALTER GROUP a ADD GROUP b",
            "ALTER GROUP b ADD GROUP c",
        ] {
            _ = try await lake.query.run(sql, context: QueryContext())
        }
        let error = await #expect(throws: TarnError.self) {
            _ = try await lake.query.run("ALTER GROUP c ADD GROUP a", context: QueryContext())
        }
        #expect(error?.code == .failedPrecondition)
    }
}
