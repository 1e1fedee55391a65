import Base
import Engine
import TableModel
import Testing

/// Values handed to statements arrive as they are.
@Suite struct ParameterTests {
    static let scalars: [(EngineValue, Scalar)] = [
        (.null, .null),
        (.boolean(true), .boolean(true)),
        (.int64(.min), .integer(.min)),
        (.int64(.max), .integer(.max)),
        (.int128(.max), .decimal(unscaled: .max, scale: 0)),
        (.double(-0.1), .double(-0.1)),
        (.double(.infinity), .double(.infinity)),
        (.float(1.5), .double(1.5)),
        (
            .decimal(unscaled: 99_999_999_999_999_999_999_999_999_999_999_999_999, precision: 38, scale: 38),
            .decimal(unscaled: 99_999_999_999_999_999_999_999_999_999_999_999_999, scale: 38)
        ),
        (
            .decimal(unscaled: -99_999_999_999_999_999_999_999_999_999_999_999_999, precision: 38, scale: 0),
            .decimal(unscaled: -99_999_999_999_999_999_999_999_999_999_999_999_999, scale: 0)
        ),
        (.decimal(unscaled: -5, precision: 4, scale: 2), .decimal(unscaled: -5, scale: 2)),
        (.string(""), .string("")),
        (.string("a\0b 🏔 longer than twelve"), .string("a\0b 🏔 longer than twelve")),
        (.binary([]), .binary([])),
        (.binary([0, 255, 39, 92]), .binary([0, 255, 39, 92])),
        (.date(-1), .date(-1)),
        (.timestamp(-9_223_372_022_400_000_000), .timestamp(-9_223_372_022_400_000_000)),
        (.timestamp(9_223_372_036_854_775_806), .timestamp(9_223_372_036_854_775_806)),
        (.timestampNtz(1), .timestampNtz(1)),
        (.time(86_399_999_999), .string("23:59:59.999999")),
        (.interval(months: -1, days: 2, microseconds: 3_500_000), .string("-1 month 2 days 00:00:03.5")),
        (.uuid(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF), .string("00112233-4455-6677-8899-aabbccddeeff")),
        (.uuid(.max), .string("ffffffff-ffff-ffff-ffff-ffffffffffff")),
    ]

    @Test(arguments: scalars)
    func roundTrips(_ value: EngineValue, _ wanted: Scalar) async throws {
        let got = try await withSharedConnection { try $0.execute("SELECT $1", [value]).firstScalar() }
        #expect(got == wanted)
    }

    @Test func keepsNaN() async throws {
        let got = try await withSharedConnection {
            try $0.execute("SELECT $1", [.double(.nan)]).firstScalar()
        }
        guard case .double(let value) = got else {
            Issue.record("not a double: \(got)")
            return
        }
        #expect(value.isNaN)
    }

    @Test func bindsNestedValues() async throws {
        try await withSharedConnection { connection in
            let values: [EngineValue] = [
                .list([.int64(1), .null]),
                .structure([EngineMember("a", .string("x")), EngineMember("b", .list([.date(0)]))]),
                .map([EngineMapEntry(.string("k"), .double(0.5))]),
                .list([]),
            ]
            let chunk = try #require(try connection.execute("SELECT $1, $2, $3, $4", values).nextChunk())
            let texts = chunk.columns.map { $0.json(0).jsonText }
            #expect(texts == ["[1,null]", #"{"a":"x","b":["1970-01-01"]}"#, #"{"k":0.5}"#, "[]"])
        }
    }

    @Test func readsFilesFromAListParameter() async throws {
        try await withTemporaryFolder { folder in
            try await withSharedConnection { connection in
                let files = (0..<3).map { "\(folder)/part \($0).parquet" }
                for (index, file) in files.enumerated() {
                    try connection.execute("COPY (SELECT \(index) AS n) TO '\(file)' (FORMAT parquet)")
                }
                let total = try connection.execute(
                    "SELECT sum(n)::BIGINT FROM read_parquet($1)", [.list(files.map { .string($0) })]
                ).firstScalar()
                #expect(total == .integer(3))
            }
        }
    }

    @Test func refusesWrongNumbersAndNames() async throws {
        try await withSharedConnection { connection in
            let few = #expect(throws: TarnError.self) { try connection.execute("SELECT ? + ?", [1]) }
            #expect(few?.code == .invalidInput)
            let unknown = #expect(throws: TarnError.self) {
                try connection.execute("SELECT $name", named: ["nmae": 1])
            }
            #expect(unknown?.message.contains("Did you mean name?") == true)
            let many = #expect(throws: TarnError.self) { try connection.execute("SELECT 1; SELECT ?", [1]) }
            #expect(many?.code == .invalidInput)
            let wide = #expect(throws: TarnError.self) {
                try connection.execute("SELECT ?", [.decimal(unscaled: 1_000, precision: 3, scale: 0)])
            }
            #expect(wide?.code == .invalidInput)
            let mixed = #expect(throws: TarnError.self) {
                try connection.execute("SELECT ?", [.list([.int64(1), .string("a")])])
            }
            #expect(mixed?.code == .invalidInput)
        }
    }
}
