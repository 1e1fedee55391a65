/// One value of a primitive type, as statistics, partition values, filters and parameters hold it.
package enum Scalar: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// Any of the whole-number types.
    case integer(Int64)
    /// `float` and `double`.
    case double(Double)
    /// The value is `unscaled` times ten to the power of minus `scale`.
    case decimal(unscaled: Int128, scale: Int)
    case string(String)
    case binary([UInt8])
    /// Days since 1970-01-01.
    case date(Int32)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    /// Microseconds since 1970-01-01T00:00:00 on the wall clock.
    case timestampNtz(Int64)

    package var isNull: Bool { self == .null }
}

extension Scalar {
    /// How two values of like kind order; `nil` where the kinds cannot be compared, or one is null or not a number.
    ///
    /// Whole numbers, decimals and doubles compare by value; text and binary by bytes (UTF-8), as Delta's statistics do.
    package func compared(to other: Scalar) -> Ordering? {
        switch (self, other) {
        case (.boolean(let a), .boolean(let b)): Ordering(a ? 1 : 0, b ? 1 : 0)
        case (.integer(let a), .integer(let b)): Ordering(a, b)
        case (.string(let a), .string(let b)): Ordering.ofBytes(a.utf8, b.utf8)
        case (.binary(let a), .binary(let b)): Ordering.ofBytes(a, b)
        case (.date(let a), .date(let b)): Ordering(a, b)
        case (.timestamp(let a), .timestamp(let b)): Ordering(a, b)
        case (.timestampNtz(let a), .timestampNtz(let b)): Ordering(a, b)
        case (.double(let a), .double(let b)): Ordering.ofNumbers(a, b)
        case (.integer(let a), .double(let b)): Ordering.ofNumbers(Double(a), b)
        case (.double(let a), .integer(let b)): Ordering.ofNumbers(a, Double(b))
        case (.decimal(let a, let s), .decimal(let b, let t)): Ordering.ofDecimals(a, s, b, t)
        case (.decimal(let a, let s), .integer(let b)): Ordering.ofDecimals(a, s, Int128(b), 0)
        case (.integer(let a), .decimal(let b, let t)): Ordering.ofDecimals(Int128(a), 0, b, t)
        default: nil
        }
    }
}

package enum Ordering: Sendable {
    case less, equal, greater

    init<T: Comparable>(_ a: T, _ b: T) { self = a < b ? .less : a == b ? .equal : .greater }

    static func ofNumbers(_ a: Double, _ b: Double) -> Ordering? {
        a.isNaN || b.isNaN ? nil : Ordering(a, b)
    }

    static func ofBytes(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> Ordering {
        if a.elementsEqual(b) { return .equal }
        return a.lexicographicallyPrecedes(b) ? .less : .greater
    }

    /// Brings both to the larger scale; `nil` if that overflows 128 bits.
    static func ofDecimals(_ a: Int128, _ s: Int, _ b: Int128, _ t: Int) -> Ordering? {
        guard let x = scaled(a, by: max(0, t - s)), let y = scaled(b, by: max(0, s - t)) else { return nil }
        return Ordering(x, y)
    }

    private static func scaled(_ value: Int128, by digits: Int) -> Int128? {
        var result = value
        for _ in 0..<digits {
            let (next, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = next
        }
        return result
    }
}
