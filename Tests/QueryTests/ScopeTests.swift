import Base
import Engine
import TableModel
import Testing

import Query

@Suite("Which names of a query come from outside")
struct ScopeTests {
    static let planner: PruningPlanner? = PruningPlanner()

    private func read(_ sql: String, localFiles: Bool = false, _ parameters: SQLParameters = .none)
        async throws -> ParsedQuery
    {
        let planner = try #require(Self.planner)
        return try await QueryReader(planner: planner).read(
            try SQLText(sql), parameters: parameters, localFiles: localFiles)
    }

    @Test(
        "CTEs hide tables only where they are in scope",
        arguments: [
            ("select * from t", "t"), ("from a.b.t", "a.b.t"), ("table t", "t"),
            ("from default.t", "default.t"),
            ("from `we ird`.`t``x`", "we ird.t`x"),
            ("with t as (select 1) select * from t", ""),
            ("with T as (select 1) select * from t", ""),
            ("with t as (select * from t) select * from t", "t"),
            ("with recursive t as (select * from t) select * from t", "t"),
            (
                "with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r",
                ""
            ),
            (
                "with recursive r(n) as (select n from r union all select n + 1 from r where n < 5) from r",
                "r"
            ),
            ("with recursive r as (from s union all (with q as (from r) select * from q, u)) from r", "s u"),
            ("with a as (select 1), b as (select * from a, c) select * from b, a, d", "c d"),
            ("with a as (select * from b), b as (select 1) select * from a", "b"),
            ("with a as (with b as (select 1) select * from b) select * from a, b", "b"),
            ("with x as (select 1) select * from s.x", "s.x"),
            ("with x as (select 1) select * from (with x as (select * from x, y) select * from x) q, x", "y"),
            ("(with z as (select 1) from z) union all from z", "z"),
            ("select (select max(a) from u where u.b = t.b) from t", "t u"),
            ("select * from t where exists (select 1 from u) and a in (select a from v)", "t u v"),
            ("select * from t, lateral (select * from u where u.a = t.a)", "t u"),
            ("select * from t order by (select 1 from v) limit (select 2 from w)", "t v w"),
            (
                "select list(x order by y) filter (where x in (from z)) over (partition by (from p)) from t",
                "p t z"
            ),
            ("select [x for x in (from t)]", "t"), ("from t pivot (sum(b) for a in (1, 2))", "t"),
            ("pivot t on a in (1) using sum(b)", "t"), ("unpivot t on a, b", "t"), ("summarize t", "t"),
            ("select * from a union select * from b intersect from c", "a b c"),
            ("from x: t", "t"), ("select * from t as u(a, b)", "t"), ("from t asof join u using (a)", "t u"),
            ("values ((select 1 from t))", "t"), ("from range((select max(a) from t))", "t"),
            (
                "select 1 from t join u on (select true from v) group by (from g) having (from h) qualify (from q)",
                "g h q t u v"
            ),
            ("from (describe t)", "t"), ("select * from t where a = $1 and b = (from u where c = $2)", "t u"),
        ])
    func scopes(_ sql: String, _ expected: String) async throws {
        let parameters: SQLParameters = sql.contains("$2") ? .positional([.int64(1), .int64(2)]) : .none
        let names = try await read(sql, parameters).sources.map { source in
            if case .table(let parts) = source.origin { parts.joined(separator: ".") } else { "?" }
        }
        #expect(Set(names).sorted().joined(separator: " ") == expected)
    }

    @Test("Time travel is found before and after an alias, in both spellings")
    func travel() async throws {
        for sql in [
            "select * from a.b.t at (version => 3) as x where x.k = 1",
            "select * from a.b.t as x at (version => 3)",
            "select * from a.b.t x at (version => 3)", "select * from a.b.t at (version => 3)",
            "select * from a.b.t version as of 3", "select * from a.b.t for version as of 3 x",
            "select * from u, a.b.t at (version => 3) join v on true",
        ] {
            let parsed = try await read(sql)
            let travelled = parsed.sources.filter { $0.travel != nil }
            #expect(travelled.count == 1, "\(sql)")
            guard case .value(.int64(3))? = travelled.first?.travel?.expression else {
                Issue.record("\(sql)")
                continue
            }
            #expect(travelled.first?.origin == .table(["a", "b", "t"]))
        }
        let timed = try await read(
            "from t at (timestamp => now() - interval 1 day), u at (timestamp => $1)",
            .positional([.string("x")]))
        guard case .sql("now() - interval 1 day")? = timed.sources.first?.travel?.expression,
            case .value(.string("x"))? = timed.sources.last?.travel?.expression
        else {
            Issue.record("\(timed.sources)")
            return
        }
        await #expect(throws: TarnError.self) { try await read("select 1 from (select 2) at (version => 3)") }
    }

    @Test(
        "Files and functions that look outside are refused",
        arguments: [
            "from 'x.parquet'", "from \"/etc/passwd.csv\"", "from read_csv('/etc/passwd')",
            "from read_text('/etc/passwd')",
            "from glob('/**')", "from delta_scan('/x')", "from delta.`/x`", "from query('select 1')",
            "from query_table('t')", "from duckdb_settings()", "from duckdb_secrets()",
            "from pragma_version()",
            "select current_setting('memory_limit')", "select getenv('HOME')", "select nextval('s')",
            "select sleep_ms(10)", "select (select x from read_blob('/x') t(x))",
            "from json_execute_serialized_sql('x')",
            "from which_secret('s3://x', 's3')", "from arrow_scan(1, 2, 3)", "from (show tables)",
            "from (show all tables)",
            "from sniff_csv('x')", "from parquet_metadata('x')", "from enable_logging()", "from checkpoint()",
            "with x as (from read_json('x')) from x", "from t where a in (from glob('x'))",
            "select current_query()",
            "select * from t where exists (from read_parquet('x'))", "from a.read_csv('x')",
            "select write_log('x')",
            "from histogram('t', 'a')", "from iceberg_scan('x')", "from table_changes('/x', 0)",
        ])
    func refused(_ sql: String) async throws {
        let error = await #expect(throws: TarnError.self) { try await read(sql) }
        #expect(
            [.permissionDenied, .unsupported, .notFound].contains(error?.code), "\(String(describing: error))"
        )
    }

    @Test("The local owner may read files and folders")
    func localFiles() async throws {
        let parsed = try await read(
            "from 'a b.csv.gz', read_csv('x'), delta_scan('/t', version => 3) d, delta.`/u`", localFiles: true
        )
        #expect(parsed.sources.map(\.origin) == [.file("a b.csv.gz"), .deltaPath("/u"), .deltaPath("/t")])
    }

    @Test(
        "Syntax errors point into the user's text",
        arguments: [
            ("select * fro t", 13), ("select `a`, $1 fro t", 19), ("select\u{A0}* fro t", 14),
            ("select * from t at (version => 3) wher x", 39),
        ])
    func positions(_ sql: String, _ position: Int) async throws {
        do {
            _ = try await read(sql, sql.contains("$1") ? .positional([.int64(1)]) : .none)
            Issue.record("\(sql) was read")
        } catch let error as TarnError {
            #expect(error.context.first { $0.name == "position" }?.value == "\(position)", "\(error)")
        }
    }

    @Test("Deep nesting is read or refused, and crashes nothing", arguments: [50, 400, 900, 3000, 20_000])
    func depth(_ depth: Int) async throws {
        for sql in [
            "SELECT " + String(repeating: "1 + ", count: depth) + "1",
            "SELECT " + String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth),
            "SELECT " + String(repeating: "abs(", count: depth) + "1" + String(repeating: ")", count: depth),
            "SELECT " + String(repeating: "NOT ", count: depth) + "true",
            String(repeating: "SELECT * FROM (", count: depth) + "SELECT 1"
                + String(repeating: ")", count: depth),
            "SELECT 1" + String(repeating: " UNION ALL SELECT 1", count: depth),
            "SELECT * FROM t" + String(repeating: " CROSS JOIN t", count: depth),
            "SELECT " + String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth),
            "CREATE TABLE t (a " + String(repeating: "ARRAY<", count: depth) + "INT"
                + String(repeating: ">", count: depth) + ")",
        ] {
            do {
                _ = try await read(sql)
            } catch let error as TarnError {
                #expect(error.code != .internal, "\(sql.prefix(40)): \(error.message.prefix(200))")
            }
        }
    }
}
