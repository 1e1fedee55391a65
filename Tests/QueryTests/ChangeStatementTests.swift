import Base
import TableModel
import Testing

import Query

/// Parses one statement, and reads ranges back as text.
struct Parsed {
    let text: SQLText
    let statement: Statement

    init(_ sql: String) throws {
        text = try SQLText(sql)
        var parser = StatementParser(text)
        statement = try parser.parse()
    }

    func callAsFunction(_ range: Range<Int>?) -> String? { range.map(text.string) }
}

@Suite("Statements that change rows")
struct ChangeStatementTests {
    @Test(
        "DELETE takes a name or a path, an alias and a condition",
        arguments: [
            ("DELETE FROM t", ["t"], nil, nil),
            (
                "delete from main.s.t where a = 1 and b in (select c from u where d)", ["main", "s", "t"],
                nil,
                "a = 1 and b in (select c from u where d)"
            ),
            ("DELETE FROM t AS x WHERE x.a > 1", ["t"], "x", "x.a > 1"),
            ("DELETE FROM t x WHERE CASE WHEN a THEN b END", ["t"], "x", "CASE WHEN a THEN b END"),
            (
                "DELETE FROM `odd table` `x y` WHERE `x y`.`a b` = \"c d\"", ["odd table"], "x y",
                "`x y`.`a b` = \"c d\""
            ),
            ("DELETE FROM delta.`/data/t` WHERE a", ["delta", "/data/t"], nil, "a"),
        ])
    func delete(_ sql: String, _ name: [String], _ alias: String?, _ condition: String?) throws {
        let parsed = try Parsed(sql)
        guard case .delete(let delete) = parsed.statement else {
            Issue.record("not a DELETE")
            return
        }
        #expect(delete.name.parts == name && delete.alias == alias)
        #expect(parsed(delete.condition) == condition)
    }

    @Test("UPDATE takes several assignments, members of structures and DEFAULT")
    func update() throws {
        let parsed = try Parsed(
            "UPDATE s.t AS x SET a = coalesce(b, 1, 2), x.c.d = CASE WHEN e THEN 'where' ELSE f END, g = DEFAULT "
                + "WHERE h IS DISTINCT FROM 3")
        guard case .update(let update) = parsed.statement else {
            Issue.record("not an UPDATE")
            return
        }
        #expect(update.name.parts == ["s", "t"] && update.alias == "x")
        #expect(update.assignments.map(\.column.parts) == [["a"], ["x", "c", "d"], ["g"]])
        #expect(
            update.assignments.map { parsed($0.value) }
                == ["coalesce(b, 1, 2)", "CASE WHEN e THEN 'where' ELSE f END", nil])
        #expect(parsed(update.condition) == "h IS DISTINCT FROM 3")
    }

    @Test("MERGE takes every clause")
    func merge() throws {
        let parsed = try Parsed(
            """
            MERGE WITH SCHEMA EVOLUTION INTO main.s.t AS x
            USING (SELECT * FROM u WHERE v) AS y (id, w)
            ON x.id = y.id AND x.day > DATE '2026-01-01'
            WHEN MATCHED AND CASE WHEN y.w THEN true ELSE false END THEN DELETE
            WHEN MATCHED AND y.n THEN UPDATE SET x.a = y.a + 1, b = DEFAULT
            WHEN MATCHED THEN UPDATE SET *
            WHEN NOT MATCHED BY TARGET AND y.id > 0 THEN INSERT (id, a) VALUES (y.id, f(1, 2))
            WHEN NOT MATCHED AND y.id = 0 THEN INSERT VALUES (1, DEFAULT)
            WHEN NOT MATCHED THEN INSERT *
            WHEN NOT MATCHED BY SOURCE AND x.old THEN UPDATE SET old = false
            WHEN NOT MATCHED BY SOURCE THEN DO NOTHING
            """)
        guard case .merge(let merge) = parsed.statement else {
            Issue.record("not a MERGE")
            return
        }
        #expect(merge.name.parts == ["main", "s", "t"] && merge.alias == "x" && merge.evolvesSchema)
        #expect(parsed(merge.source) == "(SELECT * FROM u WHERE v) AS y (id, w)" && merge.sourceAlias == "y")
        #expect(parsed(merge.condition) == "x.id = y.id AND x.day > DATE '2026-01-01'")
        #expect(
            merge.clauses.map { parsed($0.condition) } == [
                "CASE WHEN y.w THEN true ELSE false END", "y.n", nil, "y.id > 0", "y.id = 0", nil, "x.old",
                nil,
            ])
        #expect(
            merge.clauses.map(\.kind) == [
                .matched, .matched, .matched, .notMatched, .notMatched, .notMatched, .notMatchedBySource,
                .notMatchedBySource,
            ])
        let actions = merge.clauses.map { clause -> String in
            switch clause.action {
            case .update(let all):
                all.map { "\($0.column.parts.joined(separator: "."))=\(parsed($0.value) ?? "DEFAULT")" }
                    .joined(separator: ";")
            case .updateAll: "update *"
            case .delete: "delete"
            case .insert(let columns, let values): "\(columns) \(values.map { parsed($0) ?? "DEFAULT" })"
            case .insertValues(let values): "\(values.map { parsed($0) ?? "DEFAULT" })"
            case .insertAll: "insert *"
            case .nothing: "nothing"
            }
        }
        #expect(
            actions == [
                "delete", "x.a=y.a + 1;b=DEFAULT", "update *", #"["id", "a"] ["y.id", "f(1, 2)"]"#,
                #"["1", "DEFAULT"]"#, "insert *", "old=false", "nothing",
            ])
    }

    @Test(
        "The source of a MERGE is a table, one of its versions, a file, a function or a query",
        arguments: [
            ("u", "u", "u"), ("main.s.u", "main.s.u", "u"), ("u v", "u v", "v"), ("u AS v", "u AS v", "v"),
            ("u VERSION AS OF 3", "u VERSION AS OF 3", "u"),
            ("u AT (VERSION => 3) v", "u AT (VERSION => 3) v", "v"),
            ("u v TIMESTAMP AS OF '2026-01-01'", "u v TIMESTAMP AS OF '2026-01-01'", "v"),
            ("'new/rows.csv.gz'", "'new/rows.csv.gz'", "rows"),
            ("delta_scan('/x', version => 2) AS d", "delta_scan('/x', version => 2) AS d", "d"),
            ("(VALUES (1, 'on'))", "(VALUES (1, 'on'))", nil),
        ])
    func mergeSource(_ source: String, _ text: String, _ alias: String?) throws {
        let parsed = try Parsed("MERGE INTO t USING \(source) ON t.id = 1 WHEN MATCHED THEN DELETE")
        guard case .merge(let merge) = parsed.statement else {
            Issue.record("not a MERGE")
            return
        }
        #expect(parsed(merge.source) == text && merge.sourceAlias == alias)
    }

    @Test("INSERT tells what goes for the new rows")
    func insert() throws {
        func insert(_ sql: String) throws -> (Parsed, InsertStatement)? {
            let parsed = try Parsed(sql)
            guard case .insert(let insert) = parsed.statement else { return nil }
            return (parsed, insert)
        }
        if let (parsed, found) = try insert(
            "INSERT INTO t REPLACE WHERE d = 1 AND e IS DISTINCT FROM 2 SELECT 1"),
            case .matching(let condition) = found.replacing
        {
            #expect(
                parsed(condition) == "d = 1 AND e IS DISTINCT FROM 2" && parsed(found.query) == "SELECT 1")
        } else {
            Issue.record("REPLACE WHERE")
        }
        if let (_, found) = try insert("INSERT INTO t BY NAME REPLACE USING (a, `b c`) TABLE u"),
            case .partitions(let names) = found.replacing
        {
            #expect(names == ["a", "b c"] && found.byName)
        } else {
            Issue.record("REPLACE USING")
        }
        if let (parsed, found) = try insert("INSERT OVERWRITE t PARTITION (d = '2026-01-01', e) SELECT 1, 2"),
            case .everything = found.replacing
        {
            #expect(found.partition?.map(\.column) == ["d", "e"])
            #expect(found.partition?.map { parsed($0.value) } == ["'2026-01-01'", nil])
        } else {
            Issue.record("PARTITION")
        }
        let evolving = try insert("INSERT WITH SCHEMA EVOLUTION INTO t SELECT 1 AS new")
        #expect(evolving?.1.evolvesSchema == true)
        if case .truncate(let name) = try Parsed("TRUNCATE TABLE a.b").statement {
            #expect(name.parts == ["a", "b"])
        } else {
            Issue.record("TRUNCATE")
        }
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("DELETE t WHERE a", "FROM is expected, but 't' was found", 8),
            ("DELETE FROM t WHERE", "a condition is expected, but the end", 20),
            ("DELETE FROM t USING u WHERE a", "MERGE INTO t USING other", 15),
            ("DELETE FROM t WHERE a RETURNING *", "RETURNING is not supported", 23),
            ("UPDATE t SET a = 1, WHERE b", "'=' is expected", 27),
            ("UPDATE t SET a = WHERE b", "a value is expected, but 'WHERE' was found", 18),
            ("UPDATE t a = 1", "SET is expected, but '=' was found", 12),
            ("UPDATE t SET a = u.b FROM u", "MERGE INTO t USING other", 22),
            ("MERGE INTO t USING u ON a", "WHEN MATCHED or WHEN NOT MATCHED is expected", 26),
            ("MERGE INTO t USING u WHEN MATCHED THEN DELETE", "ON is expected, but 'MATCHED' was found", 27),
            ("MERGE INTO t USING u ON a WHEN MATCHED THEN INSERT *", "UPDATE SET or DELETE is expected", 45),
            ("MERGE INTO t USING u ON a WHEN NOT MATCHED THEN DELETE", "INSERT is expected", 49),
            (
                "MERGE INTO t USING u ON a WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1)",
                "names 2 columns and gives 1 values", 56
            ),
            (
                "MERGE INTO t USING u ON a WHEN MATCHED THEN DELETE WHEN MATCHED AND b THEN UPDATE SET *",
                "never reached", 52
            ),
            (
                "MERGE INTO t USING u ON a WHEN NOT MATCHED BY SOURCE THEN UPDATE SET *",
                "needs a row of the source",
                70
            ),
            ("INSERT OVERWRITE t REPLACE WHERE a SELECT 1", "exclude each other", 18),
            ("INSERT INTO t REPLACE ON a SELECT 1", "MERGE INTO does it", 15),
            ("INSERT OR REPLACE INTO t SELECT 1", "MERGE INTO updates or inserts", 8),
            ("TRUNCATE TABLE t PARTITION (a = 1)", "DELETE FROM t WHERE", 18),
        ])
    func mistakes(_ sql: String, _ expected: String, _ column: Int) throws {
        let error = #expect(throws: TarnError.self) { try Parsed(sql) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.context.first { $0.name == "column" }?.value == "\(column)", "\(error?.message ?? "")")
    }
}
