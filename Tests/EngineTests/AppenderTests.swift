import Base
import Engine
import TableModel
import Testing

/// Bulk loading: every type, row by row and chunk by chunk, and nothing left behind by an error.
@Suite struct AppenderTests {
    private static let columns: [(String, [EngineValue])] = [
        ("BOOLEAN", [true, false, nil]),
        ("TINYINT", [-128, 127, nil]),
        ("SMALLINT", [-32768, 32767, nil]),
        ("INTEGER", [-2_147_483_648, 2_147_483_647, nil]),
        ("BIGINT", [.int64(.min), .int64(.max), nil]),
        ("HUGEINT", [.int128(.min), .int128(.max), nil]),
        ("UBIGINT", [0, .int128(Int128(UInt64.max)), nil]),
        ("FLOAT", [.float(-0.0), .float(.greatestFiniteMagnitude), nil]),
        ("DOUBLE", [.double(.leastNonzeroMagnitude), .double(-.infinity), nil]),
        ("DECIMAL(4,2)", [.decimal(unscaled: -9999, precision: 4, scale: 2), 1, nil]),
        ("DECIMAL(9,0)", [999_999_999, .decimal(unscaled: 50, precision: 3, scale: 1), nil]),
        ("DECIMAL(18,18)", [.decimal(unscaled: 999_999_999_999_999_999, precision: 18, scale: 18), 0, nil]),
        (
            "DECIMAL(38,10)",
            [
                .decimal(
                    unscaled: 99_999_999_999_999_999_999_999_999_999_999_999_999, precision: 38, scale: 10),
                .decimal(unscaled: -1, precision: 1, scale: 0), nil,
            ]
        ),
        ("VARCHAR", ["", "twelve bytes", nil]),
        ("VARCHAR", ["thirteen byte", "Zürich\0🏔 and a longer tail", nil]),
        ("BLOB", [.binary([]), .binary(Array(0...255)), nil]),
        ("DATE", [.date(-2_147_483_646), .date(2_147_483_646), nil]),
        ("TIME", [.time(0), .time(86_399_999_999), nil]),
        (
            "TIMESTAMP",
            [.timestampNtz(-9_223_372_022_400_000_000), .timestampNtz(9_223_372_036_854_775_806), nil]
        ),
        ("TIMESTAMPTZ", [.timestamp(-1), .timestamp(0), nil]),
        (
            "INTERVAL",
            [
                .interval(months: 14, days: -3, microseconds: 1),
                .interval(months: 0, days: 0, microseconds: 0), nil,
            ]
        ),
        ("UUID", [.uuid(0), .uuid(.max), nil]),
        ("ENUM('a', 'b')", ["b", "a", nil]),
        ("BIGINT[]", [[1, nil, 3], [], nil]),
        ("VARCHAR[][]", [[["a", nil], [], nil], [], nil]),
        ("INTEGER[2]", [[1, 2], [nil, 4], nil]),
        (
            "STRUCT(a BIGINT, b STRUCT(c VARCHAR[]))",
            [
                .structure([
                    EngineMember("b", .structure([EngineMember("c", ["x", "a longer text than twelve"])])),
                    EngineMember("a", 1),
                ]), .structure([EngineMember("a", nil)]), nil,
            ]
        ),
        (
            "MAP(VARCHAR, BIGINT[])",
            [.map([EngineMapEntry("k", [1]), EngineMapEntry("l", nil)]), .map([]), nil]
        ),
    ]

    /// What the appender stores is what parameters store, in 5,000 rows over three chunks.
    @Test(arguments: columns)
    func storesEveryType(_ type: String, _ values: [EngineValue]) async throws {
        try await withConnection { connection in
            try connection.execute(
                "CREATE TABLE t (i BIGINT, v \(type)); CREATE TABLE u (i BIGINT, v \(type))")
            let count = try connection.load(into: "t") { appender in
                for index in 0..<5_000 {
                    try appender.append(Int64(index))
                    try appender.append(values[index % values.count])
                    try appender.endRow()
                }
            }
            #expect(count == 5_000)
            for (index, value) in values.enumerated() {
                try connection.execute(
                    "INSERT INTO u SELECT i, $1::\(type) FROM range(5000) r(i) WHERE i % \(values.count) = \(index)",
                    [value])
            }
            let different = try connection.execute(
                "SELECT count(*) FROM t JOIN u USING (i) WHERE t.v IS DISTINCT FROM u.v"
            ).firstScalar()
            #expect(different == .integer(0))
            #expect(try connection.execute("SELECT count(*) FROM t").firstScalar() == .integer(5_000))
        }
    }

    @Test func fillsChunksThroughBuffers() async throws {
        try await withConnection { connection in
            try connection.execute("CREATE TABLE t (a BIGINT, b DOUBLE, c VARCHAR)")
            try connection.load(into: "t") { appender in
                for start in stride(from: 0, to: 10_000, by: 2_000) {
                    try appender.appendChunk(rowCount: 2_000) { columns in
                        let numbers = try #require(columns[0].int64s)
                        let halves = try #require(columns[1].doubles)
                        for row in 0..<2_000 {
                            numbers[row] = Int64(start + row)
                            halves[row] = Double(start + row) / 2
                            if row % 2 == 0 {
                                columns[2].setNull(row)
                            } else {
                                try columns[2].set(row, "row \(row)")
                            }
                        }
                    }
                }
            }
            let rows = try connection.execute(
                "SELECT sum(a)::BIGINT, sum(b), count(c), max(c) FROM t"
            ).allRows()
            #expect(
                rows == [[.integer(49_995_000), .double(24_997_500), .integer(5_000), .string("row 999")]])
        }
    }

    @Test func appendsTheChunksOfAnotherResult() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1))
        defer { engine.close() }
        try await engine.onSessionThread { connection in
            try connection.execute("CREATE TABLE t (a BIGINT, s VARCHAR)")
            let result = try connection.execute("SELECT i, 'text ' || i FROM range(5000) r(i)")
            try connection.load(into: "t") { appender in
                while let chunk = try result.nextChunk() { try appender.append(chunk) }
            }
            #expect(
                try connection.execute("SELECT count(*) FROM t WHERE s = 'text ' || a").firstScalar()
                    == .integer(5_000))
        }
    }

    private struct GivenUp: Error {}

    /// An error at any point of a load of 300,000 rows leaves the table as it was, and the session usable.
    @Test(arguments: ["body", "value", "short row", "constraint"])
    func leavesNothingBehindAfterAnError(_ failure: String) async throws {
        try await withConnection { connection in
            try connection.execute(
                "CREATE TABLE t (a BIGINT PRIMARY KEY, b TINYINT); INSERT INTO t VALUES (-1, 0)")
            let error = #expect(throws: (any Error).self) {
                try connection.load(into: "t") { appender in
                    for index in 0..<300_000 {
                        try appender.append(Int64(failure == "constraint" && index == 299_999 ? 5 : index))
                        if index == 299_998 {
                            if failure == "body" { throw GivenUp() }
                            if failure == "value" { try appender.append(Int64(1_000)) }
                            if failure == "short row" { try appender.endRow() }
                        }
                        try appender.append(Int64(index % 100))
                        try appender.endRow()
                    }
                }
            }
            if failure != "body" {
                #expect((error as? TarnError)?.code == .invalidInput, "\(String(describing: error))")
            }
            #expect(try connection.execute("SELECT count(*) FROM t").firstScalar() == .integer(1))
            try connection.load(into: "t") { appender in
                try appender.append(Int64(7))
                try appender.appendNull()
                try appender.endRow()
            }
            #expect(try connection.execute("SELECT count(*) FROM t").firstScalar() == .integer(2))
        }
    }

    @Test func refusesWhatDoesNotFit() async throws {
        try await withConnection { connection in
            try connection.execute("CREATE TABLE t (v DECIMAL(4,2), s VARCHAR, l BIGINT[2])")
            let appender = try connection.appender(table: "t")
            for value in [
                EngineValue.int64(100), .decimal(unscaled: 1, precision: 3, scale: 3), .string("1"),
                .boolean(true),
            ] {
                let error = #expect(throws: TarnError.self) { try appender.append(value) }
                #expect(error?.code == .invalidInput)
            }
            try appender.append(EngineValue.int64(1))
            #expect(throws: TarnError.self) { try appender.append(EngineValue.binary([0xFF])) }
            let missing = #expect(throws: TarnError.self) { try connection.appender(table: "nowhere") }
            #expect(missing?.code == .invalidInput)
        }
    }

    /// Chunks leave as Arrow arrays and come back as rows of a table.
    @Test func exchangesArrowArrays() async throws {
        try await withConnection { connection in
            let sql = """
                SELECT i, 'text ' || i AS s, CASE WHEN i % 2 = 0 THEN i / 4 END AS d, [i, NULL] AS l,
                  {'a': i::VARCHAR, 't': TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i)} AS st,
                  (i / 8)::DECIMAL(38,3) AS m
                FROM range(4000) r(i)
                """
            try connection.execute("CREATE TABLE t AS \(sql) LIMIT 0")
            let result = try connection.execute(sql)
            let schema = UnsafeMutableRawPointer.allocate(byteCount: 72, alignment: 8)
            let array = UnsafeMutableRawPointer.allocate(byteCount: 80, alignment: 8)
            defer {
                schema.deallocate()
                array.deallocate()
            }
            try result.exportArrowSchema(to: schema)
            defer { releaseArrow(schema, releaseOffset: 56) }
            let arrow = try ArrowImport(schema: schema, connection: connection)
            var chunks: [EngineChunk] = []
            while let chunk = try result.nextChunk() {
                try result.exportArrow(chunk, to: array)
                chunks.append(try arrow.takeChunk(array))
            }
            try connection.load(into: "t") { appender in for chunk in chunks { try appender.append(chunk) } }
            let difference = try connection.execute(
                "SELECT count(*) FROM (SELECT * FROM t EXCEPT ALL (\(sql)) UNION ALL ((\(sql)) EXCEPT ALL SELECT * FROM t))"
            )
            .firstScalar()
            #expect(difference == .integer(0))
            #expect(try connection.execute("SELECT count(*) FROM t").firstScalar() == .integer(4_000))
        }
    }
}

/// Calls the release function that an Arrow C structure holds.
private func releaseArrow(_ structure: UnsafeMutableRawPointer, releaseOffset: Int) {
    typealias Release = @convention(c) (UnsafeMutableRawPointer) -> Void
    if let release = structure.load(fromByteOffset: releaseOffset, as: Release?.self) { release(structure) }
}
