package import TableModel

extension EngineColumn {
    /// The value as a scalar; exact for every type that a table's primitive column can have.
    ///
    /// Numbers beyond 64 bits become decimals of scale 0; shorter timestamps microseconds (nanoseconds are cut to
    /// them); identifiers, times, intervals, enumerations and nested values the text that `text(row)` gives.
    package func scalar(_ row: Int) -> Scalar {
        if isNull(row) { return .null }
        switch type {
        case .boolean: return .boolean(data.load(fromByteOffset: row, as: UInt8.self) != 0)
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32: return .integer(Int64(integer(row)))
        case .uint64, .int128: return Self.whole(integer(row))
        case .uint128:
            let value = unsigned128(row)
            return Int128(exactly: value).map { Self.whole($0) } ?? .string(String(value))
        case .float: return .double(Double(data.load(fromByteOffset: row * 4, as: Float.self)))
        case .double: return .double(data.load(fromByteOffset: row * 8, as: Double.self))
        case .decimal(_, let scale): return .decimal(unscaled: integer(row), scale: scale)
        case .varchar, .json: return .string(string(row))
        case .blob, .geometry: return .binary(Array(bytes(row)))
        case .date: return .date(Int32(integer(row)))
        case .timestamp: return .timestampNtz(int64(row))
        case .timestampTz: return .timestamp(int64(row))
        case .timestampSeconds: return .timestampNtz(Self.scaled(int64(row), by: 1_000_000))
        case .timestampMilliseconds: return .timestampNtz(Self.scaled(int64(row), by: 1_000))
        case .timestampNs:
            let value = int64(row)
            return .timestampNtz(abs(value) == .max ? value : Self.floored(value, 1_000))
        case .null, .unknown: return .null
        default: return .string(text(row))
        }
    }

    /// A whole number of any signed width, or unsigned up to 64 bits; the unscaled value of a decimal.
    func integer(_ row: Int) -> Int128 {
        switch physical {
        case .int8: Int128(data.load(fromByteOffset: row, as: Int8.self))
        case .int16: Int128(data.load(fromByteOffset: row * 2, as: Int16.self))
        case .int32: Int128(data.load(fromByteOffset: row * 4, as: Int32.self))
        case .int64: Int128(data.load(fromByteOffset: row * 8, as: Int64.self))
        case .int128: int128(row)
        case .uint8: Int128(data.load(fromByteOffset: row, as: UInt8.self))
        case .uint16: Int128(data.load(fromByteOffset: row * 2, as: UInt16.self))
        case .uint32: Int128(data.load(fromByteOffset: row * 4, as: UInt32.self))
        case .uint64: Int128(data.load(fromByteOffset: row * 8, as: UInt64.self))
        default: 0
        }
    }

    func int64(_ row: Int) -> Int64 { data.load(fromByteOffset: row * 8, as: Int64.self) }

    func unsigned128(_ row: Int) -> UInt128 {
        let lower = data.loadUnaligned(fromByteOffset: row * 16, as: UInt64.self)
        let upper = data.loadUnaligned(fromByteOffset: row * 16 + 8, as: UInt64.self)
        return UInt128(upper) << 64 | UInt128(lower)
    }

    private static func whole(_ value: Int128) -> Scalar {
        Int64(exactly: value).map { .integer($0) } ?? .decimal(unscaled: value, scale: 0)
    }

    /// Infinity, which DuckDB keeps at the ends of the range, stays there; so does what does not fit.
    private static func scaled(_ value: Int64, by factor: Int64) -> Int64 {
        let (result, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? (value < 0 ? -.max : .max) : result
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
