import Base
import Catalog
import Engine
import TableModel
import Tables
import Testing

import Query

/// Goal: leaving out files never changes an answer.
///
/// Method: random tables of several files, random queries, each run over all files and over the files that are left;
/// and enough of them must leave out something.
@Suite("Pruning never loses a row")
struct PruningTests {
    private struct Maker {
        let random: SeededRandomSource
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        func pick<T>(_ items: [T]) -> T { items[pick(items.count)] }

        static let schema = TableSchema([
            SchemaField("k", .long), SchemaField("n", .short), SchemaField("S x", .string),
            SchemaField("d", .date),
            SchemaField("ts", .timestampNtz), SchemaField("tz", .timestamp),
            SchemaField("dc", .decimal(precision: 12, scale: 3)), SchemaField("f", .double),
            SchemaField("fl", .float),
            SchemaField("b", .boolean),
        ])

        /// A file's rows lie around its own centre, so that filters can tell files apart.
        func file() -> String {
            let centre = pick(40)
            let rows = (0..<(1 + pick(6))).map { _ in
                "(" + Self.schema.fields.indices.map { value($0, centre + pick(5)) }.joined(separator: ", ")
                    + ")"
            }
            return "VALUES " + rows.joined(separator: ", ")
        }

        func value(_ column: Int, _ number: Int) -> String {
            if pick(8) == 0 { return "NULL" }
            switch column {
            case 0: return "\(number * 3 - 20)"
            case 1: return "\(number)"
            case 2:
                return quoteLiteral(["a", "a'b", "a b\nc", "é", "", "zz AND k=1"][number % 6] + "\(number)")
            case 3: return "DATE '2024-01-01' + \(number)"
            case 4: return "TIMESTAMP '2024-01-01 00:00:00.5' + INTERVAL \(number * 12) HOUR"
            case 5: return "TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL \(number * 12) HOUR"
            case 6: return "\(number).\(number % 10)25"
            case 7: return pick(20) == 0 ? "'nan'::DOUBLE" : "\(number).1"
            case 8: return pick(20) == 0 ? "'-inf'::FLOAT" : "\(number).1::FLOAT"
            default: return number % 2 == 0 ? "true" : "false"
            }
        }

        func name(_ column: Int, _ table: String) -> String {
            "\(table).\(quoteIdentifier(Self.schema.fields[column].name))"
        }

        func atom(_ table: String) -> String {
            let column = pick(Self.schema.fields.count)
            let name = name(column, table)
            let literal = { self.value(column, self.pick(46)) }
            switch pick(14) {
            case 0: return "\(name) IS NULL"
            case 1: return "\(name) IS NOT NULL"
            case 2: return "\(name) IN (\(literal()), \(literal()), \(literal()))"
            case 3: return "\(name) NOT IN (\(literal()), \(literal()))"
            case 4: return "\(name) BETWEEN \(literal()) AND \(literal())"
            case 5: return "\(name) IS NOT DISTINCT FROM \(literal())"
            case 6:
                return "\(self.name(2, table)) LIKE \(quoteLiteral(pick(["a%", "zz%", "%1", "é_", "a'b1%"])))"
            case 7: return pick([self.name(9, table), "NOT \(self.name(9, table))"])
            case 8: return "\(self.name(4, table))::DATE = DATE '2024-01-05'"
            case 9:
                return
                    "\(self.name(3, table)) \(pick(["<", ">=", "="])) TIMESTAMP '2024-01-0\(1 + pick(9)) 0\(pick(2)):00:00'"
            default: return "\(name) \(pick(["=", "<>", "<", "<=", ">", ">="])) \(literal())"
            }
        }

        func condition(_ table: String, depth: Int = 0) -> String {
            switch pick(depth > 2 ? 2 : 5) {
            case 0, 1: return atom(table)
            case 2: return "(\(condition(table, depth: depth + 1)) AND \(condition(table, depth: depth + 1)))"
            case 3: return "(\(condition(table, depth: depth + 1)) OR \(condition(table, depth: depth + 1)))"
            default: return "NOT (\(condition(table, depth: depth + 1)))"
            }
        }

        func query() -> String {
            switch pick(8) {
            case 0:
                return "SELECT * FROM x a JOIN y b ON a.k = b.k AND \(condition("b")) WHERE \(condition("a"))"
            case 1: return "SELECT a.*, b.k FROM x a LEFT JOIN y b ON a.n = b.n WHERE \(condition("b"))"
            case 2: return "SELECT * FROM x a LEFT JOIN y b ON a.n = b.n AND \(condition("a"))"
            case 3:
                return
                    "WITH w AS (SELECT * FROM x) SELECT p.*, q.k FROM w p, w q WHERE p.d = q.d AND \(condition("p")) AND \(condition("q"))"
            case 4:
                return
                    "SELECT * FROM x a WHERE \(condition("a")) AND EXISTS (SELECT 1 FROM y b WHERE b.d = a.d AND \(condition("b")))"
            case 5: return "SELECT d, count(*), min(k) FROM x a WHERE \(condition("a")) GROUP BY d"
            case 6:
                return "SELECT * FROM (SELECT * FROM x UNION ALL SELECT * FROM y) a WHERE \(condition("a"))"
            default: return "SELECT * FROM x WHERE \(condition("x"))"
            }
        }
    }

    @Test("With and without pruning the rows are the same", arguments: [1 as UInt64, 2, 3, 4])
    func sameRows(seed: UInt64) async throws {
        let make = Maker(random: SeededRandomSource(seed: seed))
        let lake = try await FakeLake.make([
            "x": (Maker.schema, (0..<8).map { _ in make.file() }),
            "y": (Maker.schema, (0..<5).map { _ in make.file() }),
        ])
        var pruned = 0
        for number in 0..<150 {
            let sql = make.query()
            let some = try await lake.prepare(sql)
            let all = try await lake.prepare(sql, prunes: false)
            pruned += some.facts.filesPruned
            let (a, b) = (try await lake.rows(some).sorted(), try await lake.rows(all).sorted())
            #expect(a == b, "seed \(seed), query \(number): \(sql)\n\(some.facts)")
        }
        #expect(pruned > 150, "seed \(seed): only \(pruned) files were left out")
    }

    /// The same over Delta tables, whose statistics and partition values come from the log.
    @Test("Delta tables give the same rows with and without pruning", arguments: [5 as UInt64, 6, 7])
    func sameRowsOfDeltaTables(seed: UInt64) async throws {
        let make = Maker(random: SeededRandomSource(seed: seed))
        let lake = try await TestLake()
        let context = QueryContext(localFiles: true)
        let columns = Maker.schema.fields.map { "\(quoteIdentifier($0.name)) \($0.type.sqlName)" }
        let partitions = make.pick([
            "", "PARTITIONED BY (d)", "PARTITIONED BY (\"S x\", b)", "PARTITIONED BY (dc, tz)",
        ])
        for (name, count) in [("x", 6), ("y", 4)] {
            _ = try await lake.query.run(
                "CREATE TABLE \(name) (\(columns.joined(separator: ", "))) \(partitions)", context: context)
            for _ in 0..<count {
                _ = try await lake.query.run("INSERT INTO \(name) \(make.file())", context: context)
            }
            let all = try await lake.query.relation(for: QualifiedName(name: name)).relation.sql
            try await lake.engine.onSessionThread {
                _ = try $0.execute("CREATE VIEW \(name) AS SELECT * FROM \(all)")
            }
        }
        var pruned = 0
        for number in 0..<80 {
            let sql = make.query()
            let result = try await lake.query.run(sql, context: context)
            pruned += result.facts.filesPruned
            let some = try await result.jsonRows().map { JSONValue.array($0).jsonText }
            let all = try await lake.engine.onSessionThread { connection in
                let result = try connection.execute(sql)
                var rows: [String] = []
                while let chunk = try result.nextChunk() {
                    for row in 0..<chunk.rowCount {
                        rows.append(JSONValue.array(chunk.columns.map { $0.json(row) }).jsonText)
                    }
                }
                return rows
            }
            #expect(
                some.sorted() == all.sorted(),
                "seed \(seed) \(partitions), query \(number): \(sql)\n\(result.facts)")
        }
        #expect(pruned > 50, "seed \(seed): only \(pruned) files were left out")
    }
}
