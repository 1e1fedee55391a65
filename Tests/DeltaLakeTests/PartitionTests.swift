import DeltaLake
import TableModel
import Testing

@Suite struct PartitionTests {
    @Test(arguments: [
        (Scalar.boolean(true), DataType.boolean, "true"), (.integer(-128), .byte, "-128"),
        (.integer(.max), .long, "9223372036854775807"), (.integer(.min), .long, "-9223372036854775808"),
        (.double(1), .double, "1.0"), (.double(-0.0), .double, "-0.0"), (.double(1e300), .double, "1e+300"),
        (.double(Double(Float(1.1))), .float, "1.1"), (.double(.infinity), .double, "Infinity"),
        (.decimal(unscaled: -150, scale: 2), .decimal(precision: 10, scale: 2), "-1.50"),
        (.decimal(unscaled: 5, scale: 4), .decimal(precision: 10, scale: 4), "0.0005"),
        (
            .decimal(unscaled: 99_999_999_999_999_999_999_999_999_999_999_999_999, scale: 0),
            .decimal(precision: 38, scale: 0), "99999999999999999999999999999999999999"
        ),
        (.string("a b/c=%é"), .string, "a b/c=%é"), (.string(" "), .string, " "),
        (.binary([0, 255, 97]), .binary, "\\u0000\\u00FF\\u0061"), (.date(19782), .date, "2024-02-29"),
        (.date(-719_162), .date, "0001-01-01"), (.timestamp(0), .timestamp, "1970-01-01 00:00:00"),
        (.timestamp(1), .timestamp, "1970-01-01 00:00:00.000001"),
        (.timestampNtz(-1), .timestampNtz, "1969-12-31 23:59:59.999999"),
    ])
    func valuesSurvive(_ value: Scalar, _ type: DataType, _ text: String) {
        #expect(PartitionValue.text(value, type) == text)
        #expect(PartitionValue.parse(text, type) == value)
    }

    @Test func nullAndTheEmptyStringAreOne() {
        #expect(PartitionValue.text(.null, .long) == nil)
        #expect(PartitionValue.text(.string(""), .string) == nil)
        #expect(PartitionValue.text(.binary([]), .binary) == nil)
        #expect(PartitionValue.parse(nil, .long) == .null)
        #expect(PartitionValue.parse("", .string) == .null)
    }

    /// As other writers spell them: in golden tables and by deltalake.
    @Test(arguments: [
        ("2021-09-08T11:11:11.000000Z", DataType.timestamp, Scalar.timestamp(1_631_099_471_000_000)),
        ("2021-09-08 11:11:11", .timestamp, .timestamp(1_631_099_471_000_000)),
        ("2021-09-08 13:11:11+02:00", .timestamp, .timestamp(1_631_099_471_000_000)),
        ("1", .double, .double(1)), ("100000000000000000000", .double, .double(1e20)),
        ("1.5", .decimal(precision: 5, scale: 3), .decimal(unscaled: 1500, scale: 3)),
        ("1E+2", .decimal(precision: 5, scale: 1), .decimal(unscaled: 1000, scale: 1)),
        ("TRUE", .boolean, .boolean(true)), ("ab", .binary, .binary([97, 98])),
    ])
    func foreignSpellingsAreRead(_ text: String, _ type: DataType, _ value: Scalar) {
        #expect(PartitionValue.parse(text, type) == value)
    }

    @Test(arguments: [
        ("x", DataType.long), ("300", .byte), ("1.5", .integer), ("2024-13-01", .date), ("yes", .boolean),
        ("1e", .decimal(precision: 5, scale: 1)), ("", .void),
    ])
    func otherTextIsNoValue(_ text: String, _ type: DataType) {
        let parsed = PartitionValue.parse(text, type)
        #expect(parsed == nil || text.isEmpty && parsed == .null)
    }

    @Test func foldersAreEscapedLikeHive() {
        let folder = PartitionPath.folder([
            ("p", "a b/c=%é"), ("q=", nil), ("r", ""), ("s", "\u{1}:\"#'*?\\{[]^\u{7F}}"),
        ])
        #expect(
            folder
                == "p=a b%2Fc%3D%25é/q%3D=__HIVE_DEFAULT_PARTITION__/r=__HIVE_DEFAULT_PARTITION__/s=%01%3A%22%23%27%2A%3F%5C%7B%5B%5D%5E%7F}"
        )
    }

    @Test(arguments: [
        ("part-0.parquet", "part-0.parquet"), ("p=a b%2Fc/x", "p=a%20b%252Fc/x"), ("p=é/x", "p=é/x"),
        ("p@#h", "p@%23h"), ("100%", "100%25"), ("a\"<>\\^`{|}?[]", "a%22%3C%3E%5C%5E%60%7B%7C%7D%3F%5B%5D"),
    ])
    func pathsAreEncodedForTheLog(_ path: String, _ raw: String) {
        #expect(PathEncoding.encode(path) == raw)
        #expect(PathEncoding.decode(raw) == path)
    }

    @Test func strayPercentSignsStay() {
        #expect(PathEncoding.decode("100%") == "100%")
        #expect(PathEncoding.decode("%zz%4") == "%zz%4")
        #expect(PathEncoding.decode("%FF") == "%FF")
    }
}
