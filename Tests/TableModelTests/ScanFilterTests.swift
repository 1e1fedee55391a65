import TableModel
import Testing

@Suite struct ScanFilterTests {
    /// A file of 10 rows: a in 5...9 without nulls, b all null, c unknown.
    private func mayMatch(_ filter: ScanFilter) -> Bool {
        filter.mayMatch(rowCount: 10) { column in
            switch column {
            case "a": ColumnBounds(minimum: .integer(5), maximum: .integer(9), nullCount: 0)
            case "b": ColumnBounds(nullCount: 10)
            default: nil
            }
        }
    }

    @Test(arguments: [
        (ScanFilter.compare("a", .equal, .integer(5)), true),
        (.compare("a", .equal, .integer(4)), false),
        (.compare("a", .less, .integer(5)), false),
        (.compare("a", .lessOrEqual, .integer(5)), true),
        (.compare("a", .greater, .integer(9)), false),
        (.compare("a", .greaterOrEqual, .integer(9)), true),
        (.compare("a", .greater, .decimal(unscaled: 95, scale: 1)), false),
        (.compare("a", .notEqual, .integer(5)), true),
        (.isIn("a", [.integer(1), .integer(7)]), true),
        (.isIn("a", [.integer(1), .integer(2)]), false),
        (.isNull("a"), false), (.isNotNull("b"), false), (.isNull("b"), true),
        (.compare("b", .equal, .integer(1)), false),
        (.compare("c", .equal, .integer(1)), true),
        (.compare("a", .equal, .string("x")), true),
        (.and([.compare("a", .equal, .integer(5)), .never]), false),
        (.or([.compare("a", .equal, .integer(1)), .isNull("c")]), true),
    ])
    func aFileIsSkippedOnlyOnProof(_ filter: ScanFilter, _ expected: Bool) {
        #expect(mayMatch(filter) == expected)
    }
}
