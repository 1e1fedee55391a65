import Base
import Engine
import FeatureStore
import Foundation
import Lakehouse
import LakehouseTesting
import Query
import Testing

@Suite struct LakehouseTests {
    /// What a Swift program does, through the public API.
    @Test func keepsTablesAndGivesRows() async throws {
        let folder = try TemporaryFolder("lake")
        let path = folder.path + "/my lake"
        let missing = try await #require(throws: TarnError.self) { try await Lakehouse.open(path) }
        #expect(missing.code == .notFound)

        let lake = try await Lakehouse.open(path, creating: true)
        try await lake.sql("CREATE TABLE trips (id BIGINT, city VARCHAR, fare DECIMAL(10,2), tags VARCHAR[])")
        let inserted = try await lake.sql(
            "INSERT INTO trips VALUES (1, $city, 12.50, ['a']), (2, NULL, NULL, NULL)",
            ["city": .text("Zürich")])
        #expect(inserted.affectedRowCount == 2)
        await lake.close()

        let again = try await Lakehouse.open(path)
        let result = try await again.sql("SELECT * FROM trips WHERE id = :id", ["id": .integer(1)])
        #expect(result.columns == ["id", "city", "fare", "tags"])
        let row = try #require(result.rows.first)
        #expect(row["id"]?.integer == 1)
        #expect(row["city"]?.text == "Zürich")
        #expect(row["fare"] == .decimal("12.50"))
        #expect(row["tags"] == .json(#"["a"]"#))
        #expect(row["nope"] == nil)
        let many = try await #require(throws: TarnError.self) {
            try await again.sql("SELECT * FROM range(10)", limit: 9)
        }
        #expect(many.code == .resourceExhausted)
        await again.close()
    }

    @Test func aPassingLakehouseQueriesFilesAndLeavesNothing() async throws {
        let folder = try TemporaryFolder("files")
        let file = folder.path + "/a b.csv"
        try Data("x,y\n1,é\n2,\n".utf8).write(to: URL(filePath: file))
        let lake = Lakehouse.passing()
        let result = try await lake.sql("SELECT * FROM '\(file)' ORDER BY x")
        #expect(result.rows.map { $0["x"] } == [.integer(1), .integer(2)])
        #expect(result.rows.first?["y"] == .text("é"))
        await lake.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a b.csv"])
    }

    /// Two processes' worth of lakehouses on one home see each other's commits at once.
    @Test func twoOpenLakehousesShareAHome() async throws {
        let folder = try TemporaryFolder("shared")
        let one = try await Lakehouse.open(folder.path + "/lake", creating: true)
        let two = try await Lakehouse.open(folder.path + "/lake")
        try await one.sql("CREATE TABLE t (n BIGINT)")
        for n in 1...4 {
            try await (n % 2 == 0 ? one : two).sql("INSERT INTO t VALUES ($n)", ["n": .integer(Int64(n))])
            let count = try await (n % 2 == 0 ? two : one).sql("SELECT count(*) AS c FROM t").rows.first?["c"]
            #expect(count == .integer(Int64(n)))
        }
        await one.close()
        await two.close()
    }

    @Test func removesWhatDeadProcessesSpilled() async throws {
        let folder = try TemporaryFolder("spill")
        let home = LakehouseHome(folder.path + "/lake")
        _ = try home.create()
        // No process has this number: it is above the largest that Linux gives.
        let dead = home.cacheFolder + "/spill-2000000000"
        let own = home.cacheFolder + "/spill-\(getpid())"
        for path in [dead, own] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        let lake = try await Lakehouse.open(home.path)
        try await lake.sql("SELECT 1")
        #expect(!FileManager.default.fileExists(atPath: dead))
        #expect(FileManager.default.fileExists(atPath: own))
        await lake.close()
    }
}

@Suite struct ParameterTextTests {
    @Test(arguments: [
        ("a=7", EngineValue.int64(7)), ("a=-7", .int64(-7)), ("$a=x=y", .string("x=y")), (":a=", .string("")),
        ("a='01'", .string("01")), ("a='it''s'", .string("it's")), ("a=true", .boolean(true)),
        ("a=NULL", .null),
        ("a=12.50", .decimal(unscaled: 1250, precision: 4, scale: 2)), ("a=1e3", .double(1000)),
        ("a=9223372036854775808", .decimal(unscaled: 9_223_372_036_854_775_808, precision: 19, scale: 0)),
        ("a=2024-01-31", .string("2024-01-31")), ("a=-", .string("-")), ("a=12ab", .string("12ab")),
    ])
    func readsWhatAPersonTypes(_ text: String, _ value: EngineValue) throws {
        let parsed = try ParameterText.parse(text)
        #expect(parsed.name == "a")
        #expect(parsed.value == value)
    }

    @Test(arguments: ["a", "=1", "a b=1", "$=1"])
    func refusesWhatHasNoName(_ text: String) {
        #expect(throws: TarnError.self) { _ = try ParameterText.parse(text) }
    }
}

@Suite struct RowWriterTests {
    private func write(_ writer: some RowWriter, _ sql: String) async throws -> String {
        let lake = Lakehouse.passing()
        let result = try await lake.run(sql, context: QueryContext())
        let output = Output(writer)
        output.begin(result.columns)
        try await result.forEachChunk { output.take($0) }
        await lake.close()
        return output.end()
    }

    /// Chunks come one after the other, and are read after the last.
    private final class Output: @unchecked Sendable {
        private var writer: any RowWriter
        private var bytes: [UInt8] = []
        init(_ writer: some RowWriter) { self.writer = writer }
        func begin(_ columns: [ResultColumn]) { writer.begin(columns, to: &bytes) }
        func take(_ chunk: EngineChunk) { writer.write(chunk, to: &bytes) }
        func end() -> String {
            writer.end(to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func jsonKeepsEveryDigitAndEveryColumn() async throws {
        let text = try await write(
            JSONRowWriter(),
            "SELECT 9223372036854775807 AS a, 0.10::DECIMAL(38,2) AS a, 'é\"\n' AS \"b\"\"c\", NULL AS d, 'nan'::DOUBLE AS e"
        )
        #expect(text == #"[{"a":9223372036854775807,"a_1":0.10,"b\"c":"é\"\n","d":null,"e":"NaN"}]"# + "\n")
        #expect(try await write(JSONRowWriter(), "SELECT 1 AS a WHERE false") == "[]\n")
    }

    @Test func jsonIsOneArrayOverManyChunks() async throws {
        let text = try await write(JSONRowWriter(), "SELECT i FROM range(5000) r(i)")
        let rows = try JSONValue.parse(text).array ?? []
        #expect(rows.count == 5000)
        #expect(rows.last?["i"]?.int64 == 4999)
    }

    @Test func csvQuotesWhatNeedsItAndTellsNullFromEmpty() async throws {
        let text = try await write(
            CSVRowWriter(),
            "SELECT * FROM (VALUES ('a,b', 1, NULL), ('q\"q', NULL, ''), ('l' || chr(10) || 'm', 3, 'x')) t(\"n,1\", b, c)"
        )
        #expect(text == "\"n,1\",b,c\n\"a,b\",1,\n\"q\"\"q\",,\"\"\n\"l\nm\",3,x\n")
    }

    @Test func namesAreMadeDistinct() {
        #expect(distinctNames(["a", "b", "a", "a_1", "a"]) == ["a", "b", "a_2", "a_1", "a_3"])
        #expect(distinctNames([]) == [])
    }
}

@Suite struct OnlineRequestTextTests {
    @Test func writesFeastsRequest() {
        let bytes = OnlineRequestText.make(
            service: "s", features: [], entities: ["id=1,2", "name=x"], fullFeatureNames: true,
            registry: RegistrySnapshot(revision: 0))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"entities":{"id":[1,2],"name":["x"]},"full_feature_names":true,"feature_service":"s"}"#)
    }

    @Test(arguments: [
        ("main.default.t", TrainingSetRequest.Spine.table("main.default.t")),
        ("selected", .table("selected")),
        ("SELECT * FROM t", .sql("SELECT * FROM t")),
        ("with a as (select 1) from a", .sql("with a as (select 1) from a")),
        ("events/day.parquet", .file("events/day.parquet")), ("A.CSV", .file("A.CSV")),
    ])
    func knowsTablesQueriesAndFilesApart(_ text: String, _ spine: TrainingSetRequest.Spine) {
        #expect(TrainingSetRequest.Spine(described: text) == spine)
    }
}
