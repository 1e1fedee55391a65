package import TableModel

/// A value handed to a statement as parameter, or appended to a table.
package indirect enum EngineValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case int64(Int64)
    /// For values beyond 64 bits, and for `HUGEINT` columns.
    case int128(Int128)
    case float(Float)
    case double(Double)
    /// `unscaled` times ten to the power of minus `scale`; precision 1 to 38.
    case decimal(unscaled: Int128, precision: Int, scale: Int)
    case string(String)
    case binary([UInt8])
    /// Days since 1970-01-01.
    case date(Int32)
    /// Microseconds since midnight.
    case time(Int64)
    /// An instant: microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    /// Wall-clock microseconds since 1970-01-01T00:00:00.
    case timestampNtz(Int64)
    case interval(months: Int32, days: Int32, microseconds: Int64)
    /// The 128 bits of the identifier, most significant first.
    case uuid(UInt128)
    /// All of one type, or null; an empty list has elements of unknown type, which SQL then infers.
    case list([EngineValue])
    case structure([EngineMember])
    case map([EngineMapEntry])

    package init(_ scalar: Scalar) {
        self =
            switch scalar {
            case .null: .null
            case .boolean(let value): .boolean(value)
            case .integer(let value): .int64(value)
            case .double(let value): .double(value)
            case .decimal(let unscaled, let scale): .decimal(unscaled: unscaled, precision: 38, scale: scale)
            case .string(let value): .string(value)
            case .binary(let value): .binary(value)
            case .date(let value): .date(value)
            case .timestamp(let value): .timestamp(value)
            case .timestampNtz(let value): .timestampNtz(value)
            }
    }
}

/// One member of a structure value.
package struct EngineMember: Hashable, Sendable {
    package var name: String
    package var value: EngineValue
    package init(_ name: String, _ value: EngineValue) {
        self.name = name
        self.value = value
    }
}

/// One entry of a map value.
package struct EngineMapEntry: Hashable, Sendable {
    package var key: EngineValue
    package var value: EngineValue
    package init(_ key: EngineValue, _ value: EngineValue) {
        self.key = key
        self.value = value
    }
}

extension EngineValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int64(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: EngineValue...) { self = .list(elements) }
}
