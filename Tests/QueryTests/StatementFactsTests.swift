import Base
import Catalog
import Engine
import LakehouseTesting
import Metastore
import Query
import Synchronization
import Tables
import Testing

@Suite struct StatementFactsTests {
    private final class Seen: Sendable {
        private let facts = Mutex<[StatementFacts]>([])
        func add(_ fact: StatementFacts) { facts.withLock { $0.append(fact) } }
        var last: StatementFacts? { facts.withLock { $0.last } }
        var count: Int { facts.withLock { $0.count } }
    }

    private static let script = """
        CREATE TABLE a (x BIGINT, y STRING);
        INSERT INTO a VALUES (1, 'one'), (2, 'two');
        CREATE TABLE b AS SELECT x FROM a;
        """

    private struct Case: CustomTestStringConvertible {
        var sql: String
        var kind: String
        var reads: [String] = []
        var writes: [String] = []
        var outcome: TarnError.Code?
        var testDescription: String { sql }
    }

    private static let cases: [Case] = [
        Case(sql: "SELECT * FROM a", kind: "SELECT", reads: ["main.default.a@1"]),
        Case(
            sql: "SELECT * FROM a AT (VERSION => 0), b", kind: "SELECT",
            reads: ["main.default.a@0", "main.default.b@0"]),
        Case(sql: "INSERT INTO a VALUES (3, 'c')", kind: "INSERT", writes: ["main.default.a@2"]),
        Case(
            sql: "INSERT INTO b SELECT x FROM a", kind: "INSERT", reads: ["main.default.a@1"],
            writes: ["main.default.b@1"]),
        Case(
            sql: "CREATE OR REPLACE TABLE b AS SELECT x + 1 AS x FROM a", kind: "CREATE TABLE AS SELECT",
            reads: ["main.default.a@1"], writes: ["main.default.b@1"]),
        Case(
            sql: "CREATE TABLE c AS SELECT * FROM b", kind: "CREATE TABLE AS SELECT",
            reads: ["main.default.b@0"], writes: ["main.default.c@0"]),
        Case(
            sql: "CREATE TABLE d DEEP CLONE a", kind: "CLONE", reads: ["main.default.a"],
            writes: ["main.default.d@0"]),
        Case(
            sql: "MERGE INTO b USING a ON b.x = a.x WHEN NOT MATCHED THEN INSERT (x) VALUES (a.x)",
            kind: "MERGE", reads: ["main.default.a@1", "main.default.b@0"], writes: ["main.default.b@0"]),
        Case(
            sql: "UPDATE b SET x = 1 WHERE x IN (SELECT x FROM a)", kind: "UPDATE",
            reads: ["main.default.a@1", "main.default.b@0"], writes: ["main.default.b@1"]),
        Case(sql: "DROP TABLE b", kind: "DROP TABLE", writes: ["main.default.b"]),
        Case(sql: "DESCRIBE b", kind: "DESCRIBE", reads: ["main.default.b"]),
        Case(
            sql: "SELECT nothing FROM a", kind: "SELECT", reads: ["main.default.a@1"], outcome: .invalidInput),
        Case(sql: "SELECT * FROM missing", kind: "SELECT", outcome: .notFound),
        Case(sql: "GARBLE a", kind: "INVALID", outcome: .invalidInput),
        Case(sql: "SELECT 1; SELECT 2", kind: "INVALID", outcome: .invalidInput),
    ]

    /// The observer hears of every statement once: what it was, what it used, and how it ended.
    @Test(arguments: cases)
    private func tellsOfEveryStatement(_ test: Case) async throws {
        let lake = try await TestLake()
        let seen = Seen()
        let query = QueryService(
            engine: lake.engine, catalog: lake.catalog, tables: lake.tables, observe: { seen.add($0) })
        defer { query.close() }
        var context = QueryContext()
        try await query.runScript(Self.script, context: &context) { _ in }
        let before = seen.count
        do {
            let result = try await query.run(test.sql, context: context)
            result.close()
            #expect(test.outcome == nil)
        } catch let error as TarnError { #expect(error.code == test.outcome, "\(error)") }
        let facts = try #require(seen.last)
        #expect(seen.count == before + 1)
        #expect(facts.kind == test.kind)
        #expect(facts.sql == test.sql)
        #expect(facts.outcome == test.outcome)
        #expect((facts.result == nil) == (test.outcome != nil))
        #expect(Set(facts.reads.map(Self.text)) == Set(test.reads))
        #expect(facts.writes.map(Self.text) == test.writes)
        #expect((facts.reads + facts.writes).allSatisfy { $0.id != nil })
        #expect(facts.startMicroseconds <= facts.endMicroseconds)
    }

    private static func text(_ table: StatementFacts.Table) -> String {
        table.name + (table.version.map { "@\($0)" } ?? "")
    }
}
