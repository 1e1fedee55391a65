import Base
import Catalog
import Engine
import LakehouseTesting
import Query
import Synchronization
import Testing

@Suite struct ColumnDerivationTests {
    private struct Case: CustomTestStringConvertible {
        var sql: String
        /// The written column and those that it comes from; `*` are those that decide which rows there are.
        var columns: [String: Set<String>]
        var testDescription: String { sql }

        init(_ sql: String, _ columns: [String: Set<String>]) {
            self.sql = sql
            self.columns = columns
        }
    }

    /// `a (x, y, s {m, n}, l [])`, `b (x, z)`, and `t (p, q)` to write to.
    private static let script = """
        CREATE TABLE a (x BIGINT, y STRING, s STRUCT<m: BIGINT, n: STRING>, l ARRAY<BIGINT>);
        CREATE TABLE b (x BIGINT, z DOUBLE);
        CREATE TABLE t (p BIGINT, q STRING);
        """

    private static let queries: [Case] = [
        Case("SELECT x AS p, y AS q FROM a", ["p": ["a.x"], "q": ["a.y"]]),
        Case("SELECT * FROM b", ["x": ["b.x"], "z": ["b.z"]]),
        Case("SELECT * EXCLUDE (s, l) FROM a", ["x": ["a.x"], "y": ["a.y"]]),
        Case("SELECT * REPLACE (x + z AS z) FROM b", ["x": ["b.x"], "z": ["b.x", "b.z"]]),
        Case("SELECT COLUMNS('^x') FROM b", ["x": ["b.x"]]),
        Case("SELECT 1 AS p, x FROM b", ["x": ["b.x"]]),
        Case("SELECT upper(y) || x AS q FROM a", ["q": ["a.x", "a.y"]]),
        Case("SELECT s.m FROM a", ["m": ["a.s"]]),
        Case("SELECT x FROM a WHERE y = 'k'", ["x": ["a.x"], "*": ["a.y"]]),
        Case("SELECT y, sum(x) AS p FROM a GROUP BY y", ["y": ["a.y"], "p": ["a.x"], "*": ["a.y"]]),
        Case("SELECT count(*) AS p FROM a", [:]),
        Case("SELECT y FROM a GROUP BY ALL HAVING max(x) > 1", ["y": ["a.y"], "*": ["a.x", "a.y"]]),
        Case("SELECT x FROM a ORDER BY y LIMIT 3", ["x": ["a.x"], "*": ["a.y"]]),
        Case("SELECT DISTINCT y FROM a", ["y": ["a.y"]]),
        Case(
            "SELECT a.y, b.z FROM a JOIN b ON a.x = b.x", ["y": ["a.y"], "z": ["b.z"], "*": ["a.x", "b.x"]]),
        Case("SELECT y, z FROM a JOIN b USING (x)", ["y": ["a.y"], "z": ["b.z"], "*": ["a.x", "b.x"]]),
        Case("SELECT a.y, b.z FROM a, b", ["y": ["a.y"], "z": ["b.z"]]),
        Case("SELECT a.x FROM a SEMI JOIN b ON a.x = b.x", ["x": ["a.x"], "*": ["a.x", "b.x"]]),
        Case("SELECT q.k FROM (SELECT x + 1 AS k FROM a) q", ["k": ["a.x"]]),
        Case("WITH w AS (SELECT y AS k FROM a) SELECT k FROM w", ["k": ["a.y"]]),
        Case(
            "WITH w AS MATERIALIZED (SELECT x, y FROM a) SELECT l.x, r.y FROM w l, w r",
            ["x": ["a.x"], "y": ["a.y"]]),
        Case(
            "WITH RECURSIVE w AS (SELECT x FROM a UNION ALL SELECT w.x + b.x FROM w, b) SELECT x FROM w",
            ["x": ["a.x", "b.x"]]),
        Case("SELECT x FROM a UNION ALL SELECT x FROM b", ["x": ["a.x", "b.x"]]),
        Case("SELECT x FROM a INTERSECT SELECT x FROM b", ["x": ["a.x", "b.x"]]),
        Case("SELECT x FROM a EXCEPT SELECT x FROM b", ["x": ["a.x"], "*": ["b.x"]]),
        Case(
            "SELECT y, (SELECT max(z) FROM b WHERE b.x = a.x) AS m FROM a",
            ["y": ["a.y"], "m": ["b.z"], "*": ["a.x", "b.x"]]),
        Case("SELECT y FROM a WHERE x IN (SELECT x FROM b)", ["y": ["a.y"], "*": ["a.x", "b.x"]]),
        Case(
            "SELECT row_number() OVER (PARTITION BY y ORDER BY x) AS n FROM a", ["n": ["a.x", "a.y"]]),
        Case("SELECT CASE WHEN y = 'k' THEN x ELSE 0 END AS p FROM a", ["p": ["a.x", "a.y"]]),
        Case("SELECT unnest(l) AS e, y FROM a", ["e": ["a.l"], "y": ["a.y"]]),
        Case("SELECT list_transform(l, e -> e + x) AS k FROM a", ["k": ["a.l", "a.x"]]),
        Case(
            "SELECT y, v.z FROM a, LATERAL (SELECT z + a.x AS z FROM b) v",
            ["y": ["a.y"], "z": ["a.x", "b.z"], "*": ["a.x"]]),
        Case("SELECT l.x, r.z FROM b l, b r", ["x": ["b.x"], "z": ["b.z"]]),
        Case("SELECT x FROM a AT (VERSION => 0)", ["x": ["a.x"]]),
    ]

    private static let changes: [Case] = [
        Case("INSERT INTO t SELECT x, y FROM a", ["p": ["a.x"], "q": ["a.y"]]),
        Case("INSERT INTO t (q, p) SELECT y, x FROM a", ["p": ["a.x"], "q": ["a.y"]]),
        Case("INSERT INTO t BY NAME SELECT y AS q, x AS p FROM a", ["p": ["a.x"], "q": ["a.y"]]),
        Case("INSERT INTO t VALUES (1, 'v')", [:]),
        Case("UPDATE t SET q = q || p WHERE p > 1", ["q": ["t.p", "t.q"], "*": ["t.p"]]),
        Case(
            "UPDATE t SET p = (SELECT max(x) FROM a)", ["p": ["a.x"]]),
        Case(
            "MERGE INTO t USING a ON t.p = a.x WHEN MATCHED THEN UPDATE SET q = a.y "
                + "WHEN NOT MATCHED THEN INSERT (p, q) VALUES (a.x, a.y)",
            ["p": ["a.x"], "q": ["a.y"], "*": ["t.p", "a.x"]]),
        Case(
            "MERGE INTO t USING (SELECT x AS p, y AS q FROM a) s ON t.p = s.p "
                + "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
            ["p": ["a.x"], "q": ["a.y"], "*": ["t.p", "a.x"]]),
        Case("CREATE TABLE c DEEP CLONE b", ["x": ["b.x"], "z": ["b.z"]]),
    ]

    private final class Seen: Sendable {
        private let facts = Mutex<StatementFacts?>(nil)
        func keep(_ fact: StatementFacts) { facts.withLock { $0 = fact } }
        var last: StatementFacts? { facts.withLock { $0 } }
    }

    private func check(_ sql: String, _ expected: [String: Set<String>]) async throws {
        let lake = try await TestLake()
        let seen = Seen()
        let query = QueryService(
            engine: lake.engine, catalog: lake.catalog, tables: lake.tables, observe: { seen.keep($0) })
        defer { query.close() }
        var context = QueryContext()
        try await query.runScript(Self.script, context: &context) { _ in }
        _ = try await query.run(sql, context: context)
        let facts = try #require(seen.last)
        var found: [String: Set<String>] = [:]
        if let derivation = facts.derivation {
            for column in await query.derivedColumns(derivation) {
                let source = column.sourceName.split(separator: ".").last.map(String.init) ?? ""
                found[column.target ?? "*", default: []].insert("\(source).\(column.sourceColumn)")
            }
        }
        #expect(found == expected)
    }

    /// The columns of CREATE TABLE AS come from those that its query's columns come from.
    @Test(arguments: queries)
    private func followsQueriesToTheirSources(_ test: Case) async throws {
        try await check("CREATE TABLE made AS \(test.sql)", test.columns)
    }

    @Test(arguments: changes)
    private func followsChangesToTheirSources(_ test: Case) async throws {
        try await check(test.sql, test.columns)
    }
}
