internal import TableModel

/// A constant as DuckDB prints it in a filter.
enum FilterLiteral {
    case number(String)
    /// With the type of the cast behind it, if there is one: `'2024-01-01'::DATE`.
    case text(String, cast: String)
    case boolean(Bool)
}

/// The left side of a comparison.
enum FilterOperand {
    case plain(ColumnPath, DataType)
    /// The column is compared as another type; the name is DuckDB's.
    case cast(ColumnPath, from: DataType, to: String)

    var plainPath: ColumnPath? { if case .plain(let path, _) = self { path } else { nil } }

    /// The condition on the column; `.always` where it cannot be told from the column's bounds.
    func filter(_ comparison: ScanFilter.Comparison, _ literal: FilterLiteral) -> ScanFilter {
        switch self {
        case .plain(let path, let type): return Self.plain(path, type, comparison, literal)
        case .cast(let path, let type, let target): return Self.cast(path, type, target, comparison, literal)
        }
    }

    private static func plain(
        _ path: ColumnPath, _ type: DataType, _ comparison: ScanFilter.Comparison, _ literal: FilterLiteral
    ) -> ScanFilter {
        switch (type, literal) {
        case (.boolean, .boolean(let value)): return .compare(path, comparison, .boolean(value))
        case (.byte, .number(let text)), (.short, .number(let text)), (.integer, .number(let text)),
            (.long, .number(let text)):
            guard let value = Int64(text) else { return .always }
            return .compare(path, comparison, .integer(value))
        case (.decimal, .number(let text)):
            guard let value = decimal(text) else { return .always }
            return .compare(path, comparison, value)
        case (.double, .number(let text)):
            guard let value = Double(text), value.isFinite else { return .always }
            return .compare(path, comparison, .double(value))
        case (.float, .number(let text)): return float(path, comparison, text)
        case (.string, .text(let text, let cast)) where cast.isEmpty || cast == "VARCHAR":
            return .compare(path, comparison, .string(text))
        case (.date, .text(let text, "DATE")):
            guard let days = CalendarText.days(text).flatMap(Int32.init(exactly:)) else { return .always }
            return .compare(path, comparison, .date(days))
        case (.timestampNtz, .text(let text, "TIMESTAMP")):
            guard let value = CalendarText.microseconds(text) else { return .always }
            return .compare(path, comparison, .timestampNtz(value))
        case (.timestamp, .text(let text, "TIMESTAMP WITH TIME ZONE")),
            (.timestamp, .text(let text, "TIMESTAMPTZ")):
            guard let value = CalendarText.microseconds(text) else { return .always }
            return .compare(path, comparison, .timestamp(value))
        default: return .always
        }
    }

    /// A comparison with a 32-bit number, with one step of doubt to either side.
    ///
    /// DuckDB prints the number's shortest text; a file's statistics hold that text or the number as 64 bits.
    private static func float(
        _ path: ColumnPath, _ comparison: ScanFilter.Comparison, _ text: String
    ) -> ScanFilter {
        guard let value = Float(text), value.isFinite else { return .always }
        let low = ScanFilter.compare(path, .greaterOrEqual, .double(Double(value.nextDown)))
        let high = ScanFilter.compare(path, .lessOrEqual, .double(Double(value.nextUp)))
        switch comparison {
        case .equal: return .and([low, high])
        case .less, .lessOrEqual: return high
        case .greater, .greaterOrEqual: return low
        case .notEqual: return .always
        }
    }

    private static func cast(
        _ path: ColumnPath, _ type: DataType, _ target: String, _ comparison: ScanFilter.Comparison,
        _ literal: FilterLiteral
    ) -> ScanFilter {
        switch (type, literal) {
        // Whole numbers keep their value in any wider number.
        case (.byte, .number(let text)), (.short, .number(let text)), (.integer, .number(let text)),
            (.long, .number(let text)):
            guard
                ["SMALLINT", "INTEGER", "BIGINT", "HUGEINT"].contains(target) || target.hasPrefix("DECIMAL("),
                let value = decimal(text)
            else { return .always }
            return .compare(path, comparison, value)
        case (.date, .text(let text, let cast))
        where cast == target && (target == "TIMESTAMP" || target == "TIMESTAMP WITH TIME ZONE"):
            guard let value = CalendarText.microseconds(text) else { return .always }
            return date(path, comparison, value)
        // The session's time zone is always UTC.
        case (.timestampNtz, .text(let text, "TIMESTAMP WITH TIME ZONE"))
        where target == "TIMESTAMP WITH TIME ZONE":
            guard let value = CalendarText.microseconds(text) else { return .always }
            return .compare(path, comparison, .timestampNtz(value))
        default: return .always
        }
    }

    /// A date as midnight of its day against a time.
    private static func date(
        _ path: ColumnPath, _ comparison: ScanFilter.Comparison, _ microseconds: Int64
    ) -> ScanFilter {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        let floor = remainder < 0 ? quotient - 1 : quotient
        let isMidnight = remainder == 0
        guard let day = Int32(exactly: floor) else { return .always }
        switch comparison {
        case .equal, .notEqual: return isMidnight ? .compare(path, comparison, .date(day)) : .always
        case .less: return .compare(path, isMidnight ? .less : .lessOrEqual, .date(day))
        case .lessOrEqual: return .compare(path, .lessOrEqual, .date(day))
        case .greater: return .compare(path, .greater, .date(day))
        case .greaterOrEqual: return .compare(path, isMidnight ? .greaterOrEqual : .greater, .date(day))
        }
    }

    static func decimal(_ text: String) -> Scalar? {
        digits(text).map { .decimal(unscaled: $0.unscaled, scale: $0.scale) }
    }

    /// `-12.50` as -1250 and 2; `nil` with an exponent or beyond 128 bits.
    static func digits(_ text: String) -> (unscaled: Int128, scale: Int)? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        guard let whole = parts.first, let unscaled = Int128(whole + fraction) else { return nil }
        return (unscaled, fraction.count)
    }
}
