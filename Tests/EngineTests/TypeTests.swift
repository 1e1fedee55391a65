import Base
import Engine
import TableModel
import Testing

/// One SQL expression and what it must look like on the way out.
struct TypeCase: Sendable, CustomTestStringConvertible {
    let sql: String
    let type: EngineType
    let json: String
    var testDescription: String { sql }
    init(_ sql: String, _ type: EngineType, _ json: String) {
        self.sql = sql
        self.type = type
        self.json = json
    }

    static let primitives: [TypeCase] = [
        TypeCase("true", .boolean, "true"),
        TypeCase("(-128)::TINYINT", .int8, "-128"),
        TypeCase("127::TINYINT", .int8, "127"),
        TypeCase("(-32768)::SMALLINT", .int16, "-32768"),
        TypeCase("(-2147483648)::INTEGER", .int32, "-2147483648"),
        TypeCase("9223372036854775807", .int64, "9223372036854775807"),
        TypeCase("(-9223372036854775808)::BIGINT", .int64, "-9223372036854775808"),
        TypeCase("255::UTINYINT", .uint8, "255"),
        TypeCase("65535::USMALLINT", .uint16, "65535"),
        TypeCase("4294967295::UINTEGER", .uint32, "4294967295"),
        TypeCase("18446744073709551615::UBIGINT", .uint64, "18446744073709551615"),
        TypeCase(
            "(-170141183460469231731687303715884105728)::HUGEINT", .int128,
            "-170141183460469231731687303715884105728"),
        TypeCase(
            "170141183460469231731687303715884105727::HUGEINT", .int128,
            "170141183460469231731687303715884105727"),
        TypeCase(
            "340282366920938463463374607431768211455::UHUGEINT", .uint128,
            "340282366920938463463374607431768211455"),
        TypeCase("0.1::DOUBLE", .double, "0.1"),
        TypeCase("(-1.5e300)::DOUBLE", .double, "-1.5e+300"),
        TypeCase("5e-324::DOUBLE", .double, "5e-324"),
        TypeCase("1.5::FLOAT", .float, "1.5"),
        TypeCase("'nan'::DOUBLE", .double, "\"NaN\""),
        TypeCase("'inf'::DOUBLE", .double, "\"Infinity\""),
        TypeCase("'-inf'::FLOAT", .float, "\"-Infinity\""),
        TypeCase("12.50::DECIMAL(4,2)", .decimal(precision: 4, scale: 2), "12.50"),
        TypeCase("(-0.05)::DECIMAL(9,2)", .decimal(precision: 9, scale: 2), "-0.05"),
        TypeCase("0::DECIMAL(18,4)", .decimal(precision: 18, scale: 4), "0.0000"),
        TypeCase(
            "99999999999999999999999999999999999999::DECIMAL(38,0)", .decimal(precision: 38, scale: 0),
            "99999999999999999999999999999999999999"),
        TypeCase(
            "'-0.99999999999999999999999999999999999999'::DECIMAL(38,38)", .decimal(precision: 38, scale: 38),
            "-0.99999999999999999999999999999999999999"),
        TypeCase("''", .varchar, "\"\""),
        TypeCase("'Zürich 🏔 \"quoted\"'", .varchar, "\"Zürich 🏔 \\\"quoted\\\"\""),
        TypeCase(
            "'a' || chr(0) || 'b, and longer than twelve bytes'", .varchar,
            "\"a\\u0000b, and longer than twelve bytes\""),
        TypeCase("'\\xAB\\x00'::BLOB", .blob, "\"ab00\""),
        TypeCase("''::BLOB", .blob, "\"\""),
        TypeCase("DATE '2024-02-29'", .date, "\"2024-02-29\""),
        TypeCase("DATE '0044-03-15 (BC)'", .date, "\"-0043-03-15\""),
        TypeCase("DATE '12024-01-01'", .date, "\"+12024-01-01\""),
        TypeCase("'infinity'::DATE", .date, "\"infinity\""),
        TypeCase("TIMESTAMP '2024-02-29 12:34:56.000001'", .timestamp, "\"2024-02-29T12:34:56.000001\""),
        TypeCase("TIMESTAMP '1969-12-31 23:59:59.999999'", .timestamp, "\"1969-12-31T23:59:59.999999\""),
        TypeCase("'-infinity'::TIMESTAMP", .timestamp, "\"-infinity\""),
        TypeCase("TIMESTAMPTZ '2024-02-29 12:00:00+02'", .timestampTz, "\"2024-02-29T10:00:00.000000Z\""),
        TypeCase("TIMESTAMP_S '2024-02-29 12:34:56'", .timestampSeconds, "\"2024-02-29T12:34:56\""),
        TypeCase(
            "TIMESTAMP_MS '2024-02-29 12:34:56.5'", .timestampMilliseconds, "\"2024-02-29T12:34:56.500\""),
        TypeCase("TIMESTAMP_NS '2024-02-29 12:34:56.5'", .timestampNs, "\"2024-02-29T12:34:56.500000000\""),
        TypeCase("TIME '23:59:59.25'", .time, "\"23:59:59.250000\""),
        TypeCase("'12:00:00-15:59:59'::TIMETZ", .timeTz, "\"12:00:00.000000-15:59:59\""),
        TypeCase(
            "INTERVAL '1 year 2 months 3 days 04:05:06.5'", .interval, "\"1 year 2 months 3 days 04:05:06.5\""
        ),
        TypeCase(
            "'00112233-4455-6677-8899-aabbccddeeff'::UUID", .uuid, "\"00112233-4455-6677-8899-aabbccddeeff\""),
        TypeCase("'b'::ENUM('a', 'b')", .enumeration(["a", "b"]), "\"b\""),
        TypeCase("'10101'::BIT", .bit, "\"10101\""),
        TypeCase("'{\"a\": [1, 2]}'::JSON", .json, "{\"a\": [1, 2]}"),
        TypeCase(
            "'1234567890123456789012345678901234567890'::BIGNUM", .bignum,
            "1234567890123456789012345678901234567890"),
        TypeCase("(-7)::BIGNUM", .bignum, "-7"),
    ]

    static let nested: [TypeCase] = [
        TypeCase("[1, NULL, 3]", .list(.int32), "[1,null,3]"),
        TypeCase("[]::BIGINT[]", .list(.int64), "[]"),
        TypeCase("[[1], [], NULL]", .list(.list(.int32)), "[[1],[],null]"),
        TypeCase("[1, 2]::INTEGER[2]", .array(.int32, count: 2), "[1,2]"),
        TypeCase(
            "{'a': 1, 'b c': 'x, y'}",
            .structure([EngineField("a", .int32), EngineField("b c", .varchar)]), "{\"a\":1,\"b c\":\"x, y\"}"
        ),
        TypeCase(
            "MAP {'k': 1.5, 'z': NULL}", .map(key: .varchar, value: .decimal(precision: 2, scale: 1)),
            "{\"k\":1.5,\"z\":null}"),
        TypeCase("MAP {}::MAP(DATE, INTEGER)", .map(key: .date, value: .int32), "{}"),
        TypeCase("MAP {DATE '2024-01-02': 1}", .map(key: .date, value: .int32), "{\"2024-01-02\":1}"),
        TypeCase(
            "[{'m': MAP {'a': [NULL, DATE '2024-01-02']}, 's': {'t': TIMESTAMP '2024-01-02 03:04:05'}}, NULL]",
            .list(
                .structure([
                    EngineField("m", .map(key: .varchar, value: .list(.date))),
                    EngineField("s", .structure([EngineField("t", .timestamp)])),
                ])),
            "[{\"m\":{\"a\":[null,\"2024-01-02\"]},\"s\":{\"t\":\"2024-01-02T03:04:05.000000\"}},null]"),
        TypeCase(
            "'x'::UNION(n INTEGER, s VARCHAR)",
            .union([EngineField("n", .int32), EngineField("s", .varchar)]), "{\"s\":\"x\"}"),
        TypeCase(
            "{'a': [1, 2], 'b': 'text', 'd': 1.50::DECIMAL(5,2), 'n': NULL, 'e': [], 't': TIMESTAMPTZ '2024-01-02 03:04:05+00', 'h': 5::HUGEINT, 'f': 0.25::DOUBLE, 'y': true, 'x': '\\xAB'::BLOB}::VARIANT",
            .variant,
            "{\"a\":[1,2],\"b\":\"text\",\"d\":1.50,\"n\":null,\"e\":[],\"t\":\"2024-01-02T03:04:05.000000Z\",\"h\":5,\"f\":0.25,\"y\":true,\"x\":\"ab\"}"
        ),
        TypeCase("(-42)::SMALLINT::VARIANT", .variant, "-42"),
    ]
}

/// Every type that a result can have is read exactly, beside nulls, from streams and from results in memory.
@Suite struct TypeTests {
    @Test(arguments: TypeCase.primitives + TypeCase.nested, [false, true])
    func readsEveryType(_ given: TypeCase, streaming: Bool) async throws {
        try await withSharedConnection { connection in
            // DuckDB has no CASE over arrays: there the cast goes around it.
            let sql: String =
                if case .array = given.type {
                    "SELECT (CASE WHEN i % 3 = 1 THEN NULL ELSE [1, 2] END)::INTEGER[2] FROM range(2100) t(i) ORDER BY i"
                } else {
                    "SELECT CASE WHEN i % 3 = 1 THEN NULL ELSE \(given.sql) END FROM range(2100) t(i) ORDER BY i"
                }
            let result = streaming ? try connection.stream(sql) : try connection.execute(sql)
            #expect(result.columnTypes == [given.type])
            var index = 0
            var out: [UInt8] = []
            while let chunk = try result.nextChunk() {
                let column = chunk.column(0)
                for row in 0..<chunk.rowCount {
                    out.removeAll()
                    column.writeJSON(row, to: &out)
                    let isNull = index % 3 == 1
                    index += 1
                    if column.isNull(row) == isNull, out.elementsEqual((isNull ? "null" : given.json).utf8) {
                        continue
                    }
                    Issue.record("\(String(decoding: out, as: UTF8.self)) in row \(index - 1)")
                    return
                }
            }
            #expect(index == 2100)
        }
    }

    /// The text is DuckDB's own, so that `CAST` reads it back; but a decimal without whole digits gets its zero.
    @Test(arguments: TypeCase.primitives + TypeCase.nested.filter { $0.type != .variant })
    func writesTheTextThatDuckDBWrites(_ given: TypeCase) async throws {
        try await withSharedConnection { connection in
            let chunk = try #require(
                try connection.execute("SELECT v, CAST(v AS VARCHAR) FROM (SELECT \(given.sql) AS v)")
                    .nextChunk())
            let text = chunk.column(1).string(0)
            #expect(chunk.column(0).text(0) == text.replacing("-.", with: "-0."))
        }
    }

    /// Texts inside nested values are quoted exactly where DuckDB quotes them.
    @Test(arguments: [
        "a b", "it''s", "", "null", "NuLL", " a", "a ", "a,b", "a:b", "a=b", "[a", "a]", "{a", "a}", "(a",
        "a)",
        "a\"b", "a\\b", "a\nb", "\ta", "a;b", "é",
    ])
    func quotesNestedText(_ text: String) async throws {
        try await withSharedConnection { connection in
            let chunk = try #require(
                try connection.execute(
                    "SELECT v, CAST(v AS VARCHAR) FROM (SELECT {'k': ['\(text)'], 'm': MAP {'\(text)': 1}} AS v)"
                ).nextChunk())
            #expect(chunk.column(0).text(0) == chunk.column(1).string(0))
        }
    }

    /// Random instants over the whole range, as text and as scalars.
    @Test func writesRandomTimesAsDuckDBDoes() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await withSharedConnection { connection in
            var random = SeededGenerator(seed: seed)
            let statement = try connection.prepare(
                "SELECT $1 AS a, $1::VARCHAR, $2 AS b, $2::VARCHAR, $3 AS c, $3::VARCHAR")
            for _ in 0..<300 {
                // The latest date that DuckDB has is in the year 294,247 for timestamps.
                let micros = Int64.random(
                    in: -9_223_372_022_400_000_000...9_223_372_036_854_775_806, using: &random)
                let days = Int32.random(in: -2_147_483_646...2_147_483_646, using: &random)
                let scale = Int.random(in: 0...37, using: &random)
                let unscaled = Int128.random(in: -(10 ^^ 37)...(10 ^^ 37), using: &random)
                let decimal = EngineValue.decimal(unscaled: unscaled, precision: 38, scale: scale)
                let chunk = try #require(
                    try statement.execute([.timestampNtz(micros), .date(days), decimal]).nextChunk())
                for column in [0, 2, 4] {
                    #expect(
                        chunk.column(column).text(0) == chunk.column(column + 1).string(0), "seed \(seed)")
                }
                #expect(chunk.column(0).scalar(0) == .timestampNtz(micros))
                #expect(chunk.column(2).scalar(0) == .date(days))
                #expect(chunk.column(4).scalar(0) == .decimal(unscaled: unscaled, scale: scale))
            }
        }
    }

    /// Streams hand out the engine's own vectors, some of them compressed: nested ones must still be read right.
    @Test func readsNestedValuesOfFilesAndJoins() async throws {
        try await withTemporaryFolder { folder in
            try await withConnection { connection in
                let file = "\(folder)/f.parquet"
                try connection.execute(
                    """
                    COPY (
                      SELECT i, 'label ' || (i % 5) AS s, {'a': 'label ' || (i % 3), 'b': ['x' || (i % 2), NULL]} AS st,
                        CASE WHEN i % 4 > 0 THEN list_transform(range(i % 4), lambda n: {'n': n, 's': 'v' || (i % 3)}) END AS l,
                        MAP {'k' || (i % 2): i % 3 = 0} AS m
                      FROM range(20000) r(i)
                    ) TO '\(file)' (FORMAT parquet, ROW_GROUP_SIZE 2048)
                    """)
                for source in [
                    "FROM '\(file)'", "FROM '\(file)' WHERE i % 7 = 1",
                    "FROM '\(file)' JOIN (SELECT UNNEST(range(0, 20000, 3)) AS i) USING (i)",
                    "FROM (SELECT * FROM '\(file)' ORDER BY s, i)",
                ] {
                    let columns = "{'i': i, 's': s, 'st': st, 'l': l, 'm': m}"
                    let result = try connection.stream(
                        "SELECT \(columns), to_json(\(columns))::VARCHAR \(source)")
                    var rowCount = 0
                    while let chunk = try result.nextChunk() {
                        let value = chunk.column(0)
                        let wanted = chunk.column(1)
                        for row in 0..<chunk.rowCount {
                            var out: [UInt8] = []
                            value.writeJSON(row, to: &out)
                            if out.elementsEqual(wanted.bytes(row)) { continue }
                            Issue.record(
                                "\(String(decoding: out, as: UTF8.self)) is not \(wanted.string(row))")
                            return
                        }
                        rowCount += chunk.rowCount
                    }
                    #expect(rowCount > 2_000)
                }
            }
        }
    }

    @Test func mapsTableTypesBothWays() {
        let types: [DataType] = [
            .boolean, .byte, .short, .integer, .long, .float, .double, .decimal(precision: 38, scale: 10),
            .string,
            .binary, .date, .timestamp, .timestampNtz, .array(element: .long, containsNull: true),
            .map(key: .string, value: .array(element: .date, containsNull: true), valueContainsNull: true),
            .structure([
                SchemaField("a", .timestamp), SchemaField("b", .structure([SchemaField("c", .byte)])),
            ]),
        ]
        for type in types {
            #expect(EngineType(type).dataType == type)
            #expect(EngineType(type).name == type.sqlName)
        }
        #expect(EngineType.int128.dataType == nil)
        #expect(EngineType.uint64.dataType == .decimal(precision: 20, scale: 0))
        #expect(EngineType.list(.interval).dataType == nil)
    }
}

infix operator ^^ : BitwiseShiftPrecedence
private func ^^ (base: Int128, exponent: Int) -> Int128 {
    (0..<exponent).reduce(1) { value, _ in value * base }
}
