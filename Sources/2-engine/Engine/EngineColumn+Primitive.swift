import Base

extension EngineColumn {
    /// Writes a truth value, a whole number or a decimal.
    ///
    /// - Returns: `false`, and nothing is written, for every other type.
    func appendNumber(_ row: Int, to out: inout [UInt8]) -> Bool {
        switch type {
        case .boolean:
            ValueText.append(data.load(fromByteOffset: row, as: UInt8.self) != 0 ? "true" : "false", to: &out)
        case .int64: ValueText.appendInteger(int64(row), to: &out)
        case .int8, .int16, .int32, .uint8, .uint16, .uint32:
            ValueText.appendInteger(Int64(truncatingIfNeeded: integer(row)), to: &out)
        case .uint64, .int128: ValueText.appendInteger(integer(row), to: &out)
        case .uint128: ValueText.appendDigits(unsigned128(row), atLeast: 1, to: &out)
        case .decimal(_, let scale):
            if physical == .int128 {
                ValueText.appendDecimal(int128(row), scale: scale, to: &out)
            } else {
                ValueText.appendDecimal(Int64(truncatingIfNeeded: integer(row)), scale: scale, to: &out)
            }
        default: return false
        }
        return true
    }

    /// Writes a floating-point number as DuckDB does.
    func appendFloating(_ row: Int, to out: inout [UInt8]) {
        let isFloat = physical == .float
        let value =
            isFloat
            ? Double(data.load(fromByteOffset: row * 4, as: Float.self))
            : data.load(fromByteOffset: row * 8, as: Double.self)
        if !value.isFinite {
            ValueText.append(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf", to: &out)
        } else if isFloat {
            ValueText.appendFloat(Float(value), to: &out)
        } else {
            ValueText.appendDouble(value, to: &out)
        }
    }

    /// Writes a date, a time, an interval or an identifier, without quotes; nothing for other types.
    func appendTime(_ row: Int, style: ValueText.Style, to out: inout [UInt8]) {
        switch type {
        case .date:
            ValueText.appendDate(
                days: data.load(fromByteOffset: row * 4, as: Int32.self), style: style, to: &out)
        case .timestamp:
            ValueText.appendTimestamp(int64(row), unitsPerSecond: 1_000_000, style: style, to: &out)
        case .timestampTz:
            ValueText.appendTimestamp(
                int64(row), unitsPerSecond: 1_000_000, style: style, zone: style == .iso ? "Z" : "+00",
                to: &out)
        case .timestampSeconds:
            ValueText.appendTimestamp(int64(row), unitsPerSecond: 1, style: style, to: &out)
        case .timestampMilliseconds:
            ValueText.appendTimestamp(int64(row), unitsPerSecond: 1_000, style: style, to: &out)
        case .timestampNs:
            ValueText.appendTimestamp(int64(row), unitsPerSecond: 1_000_000_000, style: style, to: &out)
        case .time: ValueText.appendClock(int64(row), unitsPerSecond: 1_000_000, style: style, to: &out)
        case .timeNs: ValueText.appendClock(int64(row), unitsPerSecond: 1_000_000_000, style: style, to: &out)
        case .timeTz:
            ValueText.appendZonedTime(
                data.load(fromByteOffset: row * 8, as: UInt64.self), style: style, to: &out)
        case .interval:
            ValueText.appendInterval(
                months: data.load(fromByteOffset: row * 16, as: Int32.self),
                days: data.load(fromByteOffset: row * 16 + 4, as: Int32.self),
                micros: data.load(fromByteOffset: row * 16 + 8, as: Int64.self), to: &out)
        // The top bit is stored inverted, so that identifiers sort as signed numbers do.
        case .uuid: ValueText.appendUUID(unsigned128(row) ^ (1 << 127), to: &out)
        default: break
        }
    }

    /// The place of the union's member that is set.
    func unionTag(_ row: Int) -> Int {
        Int(part(0, .uint8).integer(row))
    }

    /// The label of an enumeration's value.
    func label(_ row: Int) -> String {
        guard case .enumeration(let labels) = type else { return "" }
        let index = Int(integer(row))
        return labels.indices.contains(index) ? labels[index] : ""
    }
}
