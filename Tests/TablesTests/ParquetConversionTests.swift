import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel
import Tables
import Testing

@Suite struct ParquetConversionTests {
    /// Writes Parquet files by the engine: `{d}` in a statement is the folder.
    private func folder(_ fixture: TableFixture, _ statements: String...) async throws -> LocalStore {
        let store = fixture.store("t")
        try await store.ensureFolder(.root)
        let place = store.engineLocation(.root)
        try await fixture.engine.onSessionThread { connection in
            for statement in statements { try connection.execute(statement.replacing("{d}", with: place)) }
        }
        return store
    }

    private func convert(
        _ fixture: TableFixture, _ store: LocalStore, _ request: ConversionRequest = ConversionRequest()
    ) async throws -> DeltaTable {
        try await DeltaTable.convert(parquetFolder: store, fixture.context, request, name: "t").table
    }

    private func log(_ store: LocalStore) async throws -> String {
        String(decoding: try await store.get("_delta_log/00000000000000000000.json"), as: UTF8.self)
    }

    @Test func filesBecomeATableWhereTheyLie() async throws {
        let fixture = try TableFixture()
        let store = try await folder(
            fixture, "COPY (SELECT i AS id, 'n' || i AS name FROM range(5) r(i)) TO '{d}/a.parquet'",
            "COPY (SELECT 9::BIGINT AS id, 2.5 AS price) TO '{d}/b c%.parquet'",
            "COPY (SELECT 1 AS x) TO '{d}/_hidden.parquet'")
        let before = try await store.listRecursively(.root)
        let table = try await convert(fixture, store)
        let columns = "SELECT id, name, price::DOUBLE FROM {t} ORDER BY id"
        #expect(
            try await fixture.rows(table, .latest, columns)
                == (0..<5).map { "\($0)|n\($0)|NULL" } + ["9|NULL|2.5"])
        let after = try await store.listRecursively(.root).filter { !$0.path.isBelow("_delta_log") }
        #expect(after == before)
        try await table.write(WriteSource(sql: "SELECT 10 AS id, 'new' AS name"))
        #expect(try await fixture.rows(table, .latest, "SELECT count(*) FROM {t}") == ["7"])
        #expect(try await table.history().map(\.info?.operation) == ["WRITE", "CONVERT"])
    }

    @Test func partitionsComeFromTheFolders() async throws {
        let fixture = try TableFixture()
        let store = try await folder(
            fixture,
            """
            COPY (SELECT i AS id, i % 3 AS year, CASE WHEN i > 7 THEN NULL ELSE 'São %' || (i % 2) END AS city,
            DATE '2024-01-30' + (i % 2)::INTEGER AS day FROM range(9) r(i)) TO '{d}'
            (FORMAT parquet, PARTITION_BY (year, city, day), OVERWRITE_OR_IGNORE)
            """)
        let table = try await convert(fixture, store)
        let snapshot = try await table.snapshot()
        #expect(snapshot.partitionColumns == ["year", "city", "day"])
        #expect(snapshot.schema.fields.map(\.type) == [.long, .integer, .string, .date])
        #expect(
            try await fixture.rows(table, .latest, "SELECT id, year, city, day FROM {t} ORDER BY id")
                == (0..<9).map {
                    "\($0)|\($0 % 3)|\($0 > 7 ? "NULL" : "São %\($0 % 2)")|2024-01-\(30 + $0 % 2)"
                })
    }

    @Test func declaredTypesOverruleTheFound() async throws {
        let fixture = try TableFixture()
        let store = try await folder(
            fixture, "COPY (SELECT 1 AS id, '007' AS code) TO '{d}' (FORMAT parquet, PARTITION_BY (code))")
        let request = ConversionRequest(partitionColumns: [SchemaField("CODE", .string)])
        let table = try await convert(fixture, store, request)
        #expect(try await fixture.rows(table, .latest, "SELECT code FROM {t}") == ["007"])
    }

    @Test func boundsAndCountsComeFromTheFooters() async throws {
        let fixture = try TableFixture()
        let store = try await folder(
            fixture,
            """
            COPY (SELECT i AS id, CASE WHEN i % 4 = 0 THEN NULL ELSE 'k' || lpad(i::VARCHAR, 6, '0') END AS name,
            (i / 100)::DECIMAL(10,2) AS price, i::DOUBLE AS ratio, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours(i::INTEGER) AS at,
            {'x': -i, 'y': [i]} AS pair FROM range(5000) r(i)) TO '{d}/a.parquet' (ROW_GROUP_SIZE 2048)
            """)
        _ = try await convert(fixture, store)
        let text = try await log(store).replacing("\\\"", with: "\"")
        #expect(text.contains(#""numRecords":5000"#))
        let low =
            #""minValues":{"id":0,"name":"k000001","price":0.00,"ratio":0.0,"at":"2024-01-01T00:00:00.000Z","pair":{"x":-4999}}"#
        #expect(text.contains(low), "\(text)")
        // A maximum of floats may hide a NaN, so there is none.
        let high =
            #""maxValues":{"id":4999,"name":"k004999","price":49.99,"at":"2024-07-27T07:00:00.000Z","pair":{"x":0}}"#
        #expect(text.contains(high), "\(text)")
        #expect(text.contains(#""nullCount":{"id":0,"name":1250,"#), "\(text)")
    }

    @Test func withoutStatisticsOnlyRowsAreCounted() async throws {
        let fixture = try TableFixture()
        let store = try await folder(fixture, "COPY (SELECT 1 AS id) TO '{d}/a.parquet'")
        _ = try await convert(fixture, store, ConversionRequest(collectsStatistics: false))
        let text = try await log(store).replacing("\\\"", with: "\"")
        #expect(text.contains(#""numRecords":1,"minValues":{},"maxValues":{},"nullCount":{}"#), "\(text)")
    }

    @Test(arguments: [
        (
            [
                "COPY (SELECT 1::BIGINT AS id) TO '{d}/a.parquet'",
                "COPY (SELECT 1::INTEGER AS id) TO '{d}/b.parquet'",
            ],
            ["b.parquet", "integer", "long"]
        ),
        (
            ["COPY (SELECT 1 AS id) TO '{d}/a.parquet'", "COPY (SELECT 1 AS ID) TO '{d}/b.parquet'"],
            ["ID", "spelling"]
        ),
        (["COPY (SELECT 1::UINTEGER AS id) TO '{d}/a.parquet'"], ["UINTEGER", "id", "a.parquet"]),
        (["COPY (SELECT TIME '12:00:00' AS at) TO '{d}/a.parquet'"], ["TIME", "at"]),
        (
            ["COPY (SELECT 1 AS id) TO '{d}/a.parquet'", "COPY (SELECT 1 AS id) TO '{d}/b.csv'"],
            ["b.csv", "no Parquet"]
        ),
        (
            [
                "COPY (SELECT 1 AS id, 2 AS p) TO '{d}' (FORMAT parquet, PARTITION_BY (p))",
                "COPY (SELECT 1 AS id) TO '{d}/a.parquet'",
            ], ["partition", "p"]
        ),
        ([], ["no Parquet file"]),
    ])
    func whatCannotBeOneTableIsRefusedAndNothingIsWritten(_ statements: [String], _ words: [String])
        async throws
    {
        let fixture = try TableFixture()
        let store = fixture.store("t")
        try await store.ensureFolder(.root)
        let place = store.engineLocation(.root)
        try await fixture.engine.onSessionThread { connection in
            for statement in statements { try connection.execute(statement.replacing("{d}", with: place)) }
        }
        let error = await #expect(throws: TarnError.self) { try await convert(fixture, store) }
        for word in words { #expect(error?.message.contains(word) == true, "\(error?.message ?? "")") }
        #expect(try await DeltaTable.exists(store) == false)
    }

    @Test func aDeltaTableIsNotConvertedAgain() async throws {
        let fixture = try TableFixture()
        let table = try await fixture.create("t", as: "SELECT 1 AS id")
        let error = await #expect(throws: TarnError.self) {
            try await convert(fixture, fixture.store("t"))
        }
        #expect(error?.code == .alreadyExists)
        #expect(try await fixture.rows(table) == ["1"])
    }

    @Test func aHundredFilesOfTwoWritersAreLookedAtOnce() async throws {
        let fixture = try TableFixture()
        var statements: [String] = []
        for index in 0..<100 {
            statements.append(
                "COPY (SELECT \(index) AS id, [{'a': \(index)}] AS l) TO '{d}/\(index)[x].parquet'")
        }
        let store = fixture.store("t")
        try await store.ensureFolder(.root)
        let place = store.engineLocation(.root)
        let all = statements
        try await fixture.engine.onSessionThread { connection in
            for statement in all { try connection.execute(statement.replacing("{d}", with: place)) }
        }
        let table = try await convert(fixture, store)
        #expect(
            try await fixture.rows(table, .latest, "SELECT count(*), sum(l[1].a) FROM {t}") == ["100|4950"])
    }
}
