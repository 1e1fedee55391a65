import Base
import Catalog
import Engine
import LakehouseTesting
import Query
import Synchronization
import TableModel
import Tables
import Testing

@Suite("Query service")
struct QueryServiceTests {
    private let owner = QueryContext(localFiles: true)

    @Test("Parameters in INSERT, in CREATE TABLE AS and in time travel")
    func parameters() async throws {
        let lake = try await TestLake()
        _ = try await lake.rows("CREATE TABLE t (a BIGINT, d DATE, s VARCHAR, x DECIMAL(10,2))")
        let insert = try await lake.query.run(
            "INSERT INTO t VALUES (?, ?, ?, ?), (2, '2024-02-02', $1, 7)".replacing("$1", with: "?"),
            parameters: .positional([.int64(1), .string("2024-01-01"), .null, .double(1.5), .string("z")]),
            context: owner)
        #expect(insert.affectedRowCount == 2 && insert.version == 1)
        _ = try await lake.query.run(
            "INSERT INTO t (s, a) SELECT :name, a + :more FROM t WHERE a = :more",
            parameters: .named(["name": .string("q"), "more": .int64(1)]), context: owner)
        #expect(
            try await lake.rows("SELECT * FROM t ORDER BY a, s") == [
                "[1,\"2024-01-01\",null,1.50]", "[2,null,\"q\",null]", "[2,\"2024-02-02\",\"z\",7.00]",
            ])
        #expect(
            try await lake.rows(
                "SELECT count(*) FROM t AT (VERSION => $v) WHERE a >= $k",
                .named(["v": .int64(1), "k": .int64(2)]))
                == ["[1]"])
        _ = try await lake.query.run(
            "CREATE TABLE u AS SELECT $1::BIGINT AS p, * FROM t WHERE a = $1",
            parameters: .positional([.int64(1)]),
            context: owner)
        #expect(try await lake.rows("SELECT p, a FROM u") == ["[1,1]"])
    }

    @Test("Values that are no SQL stay values")
    func injection() async throws {
        let lake = try await TestLake()
        _ = try await lake.rows("CREATE TABLE t (s VARCHAR)")
        let hostile = "'); DROP TABLE t; --"
        _ = try await lake.query.run(
            "INSERT INTO t VALUES (?)", parameters: .positional([.string(hostile)]), context: owner)
        _ = try await lake.query.run(
            "INSERT INTO t VALUES (?)", parameters: .positional([.string("other")]), context: owner)
        #expect(
            try await lake.rows("SELECT count(*) FROM t WHERE s = ?", .positional([.string(hostile)])) == [
                "[1]"
            ])
    }

    @Test("A large result streams, and one that is let go gives its session back")
    func streams() async throws {
        let lake = try await TestLake()
        for _ in 0..<20 {
            let result = try await lake.query.run("SELECT * FROM range(10000000)", context: owner)
            #expect(result.columns.map(\.name) == ["range"])
            result.close()
        }
        let total = Mutex<Int64>(0)
        let result = try await lake.query.run("SELECT range AS r FROM range(1000000)", context: owner)
        try await result.forEachChunk { chunk in
            let sum = (chunk.column(0).int64s ?? .init(start: nil, count: 0)).reduce(0, +)
            total.withLock { $0 += sum }
        }
        #expect(total.withLock { $0 } == 499_999_500_000)
        // A second reading sees no rows.
        try await result.forEachChunk { _ in total.withLock { $0 = 0 } }
        #expect(total.withLock { $0 } == 499_999_500_000)
    }

    @Test("An error while rows are read comes out where they are read, and the session lives on")
    func lateError() async throws {
        let lake = try await TestLake()
        let sql = "SELECT CASE WHEN range = 900000 THEN error('late') ELSE 'x' END FROM range(1000000)"
        await #expect(throws: TarnError.self) {
            let result = try await lake.query.run(sql, context: owner)
            try await result.forEachChunk { _ in }
        }
        struct Stop: Error {}
        let result = try await lake.query.run("SELECT * FROM range(1000000)", context: owner)
        await #expect(throws: Stop.self) { try await result.forEachChunk { _ in throw Stop() } }
        #expect(try await lake.rows("SELECT 1") == ["[1]"])
    }

    @Test("Cancelling the task interrupts the query")
    func cancels() async throws {
        let lake = try await TestLake()
        let task = Task {
            let result = try await lake.query.run(
                "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = -1",
                context: owner)
            try await result.forEachChunk { _ in }
        }
        task.cancel()
        let error = await #expect(throws: TarnError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await lake.rows("SELECT 1") == ["[1]"])
    }

    @Test("A server's caller reaches no file of the machine")
    func noFiles() async throws {
        let lake = try await TestLake()
        let caller = QueryContext(localFiles: false)
        let folder = lake.folder.path
        _ = try await lake.rows("COPY (SELECT 1 AS secret) TO '\(folder)/secret.parquet'")
        _ = try await lake.rows("CREATE TABLE t (a INT)")
        for sql in [
            "SELECT * FROM '\(folder)/secret.parquet'",
            "SELECT * FROM read_parquet('\(folder)/secret.parquet')",
            "COPY t TO '\(folder)/out.csv'", "CREATE TABLE x (a INT) LOCATION '\(folder)/x'",
            "CREATE TABLE x AS FROM '\(folder)/secret.parquet'",
            "INSERT INTO t FROM '\(folder)/secret.parquet'",
            "INSERT INTO t VALUES ((SELECT secret FROM '\(folder)/secret.parquet'))",
            "EXPLAIN SELECT * FROM '\(folder)/secret.parquet'",
            "DESCRIBE SELECT * FROM '\(folder)/secret.parquet'",
            "SUMMARIZE '\(folder)/secret.parquet'", "TABLE '\(folder)/secret.parquet'",
            "SELECT * FROM t AT (VERSION => (SELECT secret FROM '\(folder)/secret.parquet'))",
            "WITH \"\(folder)/secret.parquet\" AS (SELECT 1) SELECT * FROM (FROM \"\(folder)/secret.parquet\" "
                + "UNION ALL FROM main.\"\(folder)/secret.parquet\")",
        ] {
            let error = await #expect(throws: TarnError.self, "\(sql)") {
                try await lake.query.run(sql, context: caller).forEachChunk { _ in }
            }
            #expect(
                [.permissionDenied, .notFound, .invalidInput].contains(error?.code),
                "\(sql): \(String(describing: error))")
        }
    }

    @Test("The engine's own tables and views are out of reach")
    func engineTables() async throws {
        let lake = try await TestLake()
        try await lake.engine.onSessionThread { connection in
            _ = try connection.execute("CREATE TABLE hidden AS SELECT 42 AS x")
        }
        for sql in [
            "SELECT * FROM hidden", "SELECT * FROM memory.main.hidden", "SELECT * FROM main.hidden",
            "WITH a AS (WITH hidden AS (SELECT 1) FROM hidden) SELECT * FROM hidden",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM temp.hidden", "SELECT * FROM pg_catalog.pg_tables",
        ] {
            let error = await #expect(throws: TarnError.self, "\(sql)") {
                try await lake.query.run(sql, context: owner).forEachChunk { _ in }
            }
            #expect(error?.code == .notFound, "\(sql): \(String(describing: error))")
        }
    }

    @Test("A script changes its schema as it goes, and its errors count from its start")
    func script() async throws {
        let lake = try await TestLake()
        var context = owner
        var messages: [String] = []
        try await lake.query.runScript(
            "CREATE SCHEMA s; USE s; CREATE TABLE t AS SELECT 1 AS a; -- done\n", context: &context
        ) { messages.append($0.message ?? "") }
        #expect(messages.count == 3 && context.schema == "s")
        var other = owner
        let error = await #expect(throws: TarnError.self) {
            try await lake.query.runScript(
                "SELECT 1;\nSELECT * FROM s.t;\n  SELECT nope FROM s.t", context: &other
            ) {
                try await $0.forEachChunk { _ in }
            }
        }
        #expect(error?.context.first { $0.name == "line" }?.value == "3")
        #expect(error?.context.first { $0.name == "column" }?.value == "10")
    }

    @Test("The feature store gets a pinned relation")
    func relation() async throws {
        let lake = try await TestLake()
        _ = try await lake.rows("CREATE TABLE t AS SELECT 1 AS a")
        _ = try await lake.rows("INSERT INTO t VALUES (2)")
        let name = try QualifiedName("t")
        let now = try await lake.query.relation(for: name)
        let then = try await lake.query.relation(for: name, at: .version(0))
        #expect(now.version == 1 && then.version == 0 && now.entry.id == then.entry.id)
        let filter = ScanFilter.compare("a", .equal, .integer(2))
        let pruned = try await lake.query.relation(for: name, filter: filter)
        #expect(pruned.relation.prunedFileCount == 1)
        let sum = try await lake.engine.onSessionThread { connection in
            try connection.execute("SELECT sum(a) FROM \(then.relation.sql)").nextChunk()?.column(0).json(0)
        }
        #expect(sum?.int64 == 1)
    }

    @Test("EXPLAIN tells how many files are read")
    func explain() async throws {
        let lake = try await TestLake()
        _ = try await lake.rows("CREATE TABLE t AS SELECT 1 AS a")
        _ = try await lake.rows("INSERT INTO t VALUES (2)")
        let result = try await lake.query.run("EXPLAIN SELECT * FROM t WHERE a = 2", context: owner)
        #expect(result.facts.filesScanned == 1 && result.facts.filesPruned == 1)
        let rows = try await result.jsonRows()
        #expect(rows.last?.last?.string == "main.default.t version 1: 1 files scanned, 1 pruned")
    }
}
