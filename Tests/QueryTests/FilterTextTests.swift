import Base
import TableModel
import Testing

import Query

@Suite("Filters as DuckDB prints them")
struct FilterTextTests {
    private static let schema = TableSchema([
        SchemaField("k", .long), SchemaField("s", .string), SchemaField("d", .date),
        SchemaField("ts", .timestampNtz),
        SchemaField("tz", .timestamp), SchemaField("dc", .decimal(precision: 10, scale: 2)),
        SchemaField("f", .double),
        SchemaField("fl", .float), SchemaField("b", .boolean),
        SchemaField("st", .structure([SchemaField("a", .integer)])),
    ])
    private static let day: Int64 = 86_400_000_000

    @Test(
        "What is understood",
        arguments: [
            ("c0=5", .compare("k", .equal, .integer(5))),
            (
                "c0>=-1 AND c0<=3",
                .and([.compare("k", .greaterOrEqual, .integer(-1)), .compare("k", .lessOrEqual, .integer(3))])
            ),
            (
                "optional: c0 IN (1, 4)",
                .or([.compare("k", .equal, .integer(1)), .compare("k", .equal, .integer(4))])
            ),
            (
                "optional: c0=1 OR c0=2",
                .or([.compare("k", .equal, .integer(1)), .compare("k", .equal, .integer(2))])
            ),
            ("((c0 = 1) OR (c0 IS NULL))", .or([.compare("k", .equal, .integer(1)), .isNull("k")])),
            (
                "c0>3\nc1<'x'",
                .and([.compare("k", .greater, .integer(3)), .compare("s", .less, .string("x"))])
            ),
            ("c1='it''s'", .compare("s", .equal, .string("it's"))),
            ("c1='a AND c0=1\n c0'", .compare("s", .equal, .string("a AND c0=1\n c0"))),
            ("c2<'2024-02-29'::DATE", .compare("d", .less, .date(19782))),
            (
                "c3>'1970-01-02 10:00:00.5'::TIMESTAMP",
                .compare("ts", .greater, .timestampNtz(day + 36_000_500_000))
            ),
            (
                "c4>'1969-12-31 00:00:00+00'::TIMESTAMP WITH TIME ZONE",
                .compare("tz", .greater, .timestamp(-day))
            ),
            ("c5=1.50", .compare("dc", .equal, .decimal(unscaled: 150, scale: 2))),
            ("c6>1.5e+300", .compare("f", .greater, .double(1.5e300))),
            ("c8", .compare("b", .equal, .boolean(true))),
            ("(NOT c8)", .compare("b", .equal, .boolean(false))),
            ("c9.a=3", .compare(ColumnPath(["st", "a"]), .equal, .integer(3))),
            ("(c0 IS NOT DISTINCT FROM NULL)", .isNull("k")), ("(c0 IS NOT NULL)", .isNotNull("k")),
            ("(CAST(c0 AS DECIMAL(20,1)) = 5.0)", .compare("k", .equal, .decimal(unscaled: 50, scale: 1))),
            (
                "(CAST(c2 AS TIMESTAMP) >= '1970-01-02 00:00:01'::TIMESTAMP)",
                .compare("d", .greater, .date(1))
            ),
            ("((c0 % 2) = 0) AND c0>5", .compare("k", .greater, .integer(5))),
        ] as [(String, ScanFilter)])
    func understood(_ text: String, _ expected: ScanFilter) {
        #expect(FilterText.filter(text, schema: Self.schema) == expected)
    }

    @Test(
        "What is not understood prunes nothing",
        arguments: [
            "", "optional: Dynamic Filter (c0)", "(lower(c1) = 'a')", "(c1 ~~* 'a%')", "(c0 NOT IN (1, 2))",
            "(c0 IS DISTINCT FROM 4)", "c6='nan'::DOUBLE", "c6>1e1000", "c99=1", "c0='1'", "c1=5",
            "c0=1 OR (c0 % 2 = 0)",
            "c1='open", "(c0 = c6)", "c2='infinity'::DATE", "c9.z=1", "((c0 + 1) > 5)", "((c0 = 1) = true)",
            "k=5",
            "(CAST(c0 AS VARCHAR) = '1')", "c1='x'::BLOB", "((((", "c0=", "c0 IN (", "NOT", ")",
            "(c0 = 1) + 2",
        ])
    func unknown(_ text: String) {
        #expect(FilterText.filter(text, schema: Self.schema) == .always)
    }

    @Test("A mix of AND and OR without brackets counts as: at least one of them")
    func mixed() {
        let filter = FilterText.filter("c0=1 OR c0=2 AND c0>0", schema: Self.schema)
        #expect(
            filter
                == .or([
                    .compare("k", .equal, .integer(1)), .compare("k", .equal, .integer(2)),
                    .compare("k", .greater, .integer(0)),
                ]))
    }

    @Test("Floats are compared with one step of doubt")
    func floats() {
        guard case .and(let parts) = FilterText.filter("c7=0.1", schema: Self.schema) else {
            Issue.record("not a range")
            return
        }
        #expect(parts.count == 2)
        let bounds = ColumnBounds(minimum: .double(0.1), maximum: .double(0.1))
        let wide = ColumnBounds(minimum: .double(Double(Float(0.1))), maximum: .double(Double(Float(0.1))))
        #expect(ScanFilter.and(parts).mayMatch(rowCount: 1) { _ in bounds })
        #expect(ScanFilter.and(parts).mayMatch(rowCount: 1) { _ in wide })
    }
}
