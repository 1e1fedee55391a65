/// A condition on columns that files can be pruned by: never more precise than the query's own, so a file that it
/// rules out holds no row of the answer.
package indirect enum ScanFilter: Hashable, Sendable {
    case and([ScanFilter])
    case or([ScanFilter])
    /// `column op value`; the value is not null. False (never true) where the column is null.
    case compare(ColumnPath, Comparison, Scalar)
    case isNull(ColumnPath)
    case isNotNull(ColumnPath)
    /// Equal to one of the values, none of which is null.
    case isIn(ColumnPath, [Scalar])
    /// No row matches.
    case never
    /// Nothing is known: every row may match.
    case always

    package enum Comparison: Hashable, Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }
}

/// A column, or a member of a structure: `["address", "city"]`.
package struct ColumnPath: Hashable, Sendable, ExpressibleByStringLiteral {
    package var parts: [String]
    package init(_ parts: [String]) { self.parts = parts }
    package init(_ name: String) { parts = [name] }
    package init(stringLiteral name: String) { parts = [name] }
}

/// What is known of one column in one file.
package struct ColumnBounds: Hashable, Sendable {
    /// The smallest value, `nil` if unknown.
    ///
    /// The bounds hold for all non-null rows, but need not be reached.
    package var minimum: Scalar?
    package var maximum: Scalar?
    /// `nil` means unknown.
    package var nullCount: Int64?

    package init(minimum: Scalar? = nil, maximum: Scalar? = nil, nullCount: Int64? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.nullCount = nullCount
    }
}

extension ScanFilter {
    /// Whether a file with these statistics may hold a matching row.
    ///
    /// - Parameters:
    ///   - rowCount: Rows in the file, `nil` if unknown.
    ///   - bounds: What is known of a column; `nil` for a column without statistics.
    /// - Returns: `false` only where it is proven that no row matches.
    package func mayMatch(rowCount: Int64?, bounds: (ColumnPath) -> ColumnBounds?) -> Bool {
        switch self {
        case .never: return false
        case .always: return true
        case .and(let parts): return parts.allSatisfy { $0.mayMatch(rowCount: rowCount, bounds: bounds) }
        case .or(let parts): return parts.contains { $0.mayMatch(rowCount: rowCount, bounds: bounds) }
        case .isNull(let column):
            guard let nulls = bounds(column)?.nullCount else { return true }
            return nulls > 0
        case .isNotNull(let column):
            guard let nulls = bounds(column)?.nullCount, let rowCount else { return true }
            return nulls < rowCount
        case .isIn(let column, let values):
            guard let known = bounds(column) else { return true }
            return values.contains { known.mayContain(.equal, $0, rowCount: rowCount) }
        case .compare(let column, let comparison, let value):
            guard let known = bounds(column) else { return true }
            return known.mayContain(comparison, value, rowCount: rowCount)
        }
    }
}

extension ColumnBounds {
    fileprivate func mayContain(
        _ comparison: ScanFilter.Comparison, _ value: Scalar, rowCount: Int64?
    ) -> Bool {
        if let nullCount, let rowCount, nullCount >= rowCount { return false }
        let low = minimum?.compared(to: value)
        let high = maximum?.compared(to: value)
        switch comparison {
        case .equal: return low != .greater && high != .less
        // Float columns leave NaN out of their bounds, so equal bounds prove nothing for them.
        case .notEqual:
            if case .double = value { return true }
            return !(low == .equal && high == .equal)
        case .less: return low != .greater && low != .equal
        case .lessOrEqual: return low != .greater
        case .greater:
            if case .double = value { return true }
            return high != .less && high != .equal
        case .greaterOrEqual:
            if case .double = value { return true }
            return high != .less
        }
    }
}
