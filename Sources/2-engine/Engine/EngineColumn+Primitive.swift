import Base

extension EngineColumn {
    /// Writes a value whose text needs no quotes around it, or only plain ones: everything but text, bytes and
    /// nested types.
    ///
    /// - Returns: Whether the text is a number or a truth value of JSON; `nil` if nothing was written.
    func appendPlain(_ row: Int, style: ValueText.Style, to out: inout [UInt8]) -> Bool? {
        switch type {
        case .boolean:
            ValueText.append(data.load(fromByteOffset: row, as: UInt8.self) != 0 ? "true" : "false", to: &out)
            return true
        case .int64:
            ValueText.appendInteger(int64(row), to: &out)
            return true
        case .int8, .int16, .int32, .uint8, .uint16, .uint32, .uint64, .int128:
            ValueText.appendInteger(integer(row), to: &out)
            return true
        case .uint128:
            ValueText.appendDigits(unsigned128(row), atLeast: 1, to: &out)
            return true
        case .decimal(_, let scale):
            ValueText.appendDecimal(integer(row), scale: scale, to: &out)
            return true
        case .float, .double: return appendFloating(row, style: style, to: &out)
        default: return appendTime(row, style: style, to: &out) ? false : nil
        }
    }

    private func appendFloating(_ row: Int, style: ValueText.Style, to out: inout [UInt8]) -> Bool {
        let isFloat = type == .float
        let value =
            isFloat
            ? Double(data.load(fromByteOffset: row * 4, as: Float.self))
            : data.load(fromByteOffset: row * 8, as: Double.self)
        if value.isFinite {
            if isFloat {
                ValueText.appendFloat(Float(value), to: &out)
            } else {
                ValueText.appendDouble(value, to: &out)
            }
            return true
        }
        switch style {
        case .iso: ValueText.append(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity", to: &out)
        case .duckdb: ValueText.append(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf", to: &out)
        }
        return false
    }

    private func appendTime(_ row: Int, style: ValueText.Style, to out: inout [UInt8]) -> Bool {
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
        case .timeTz: appendZonedTime(row, style: style, to: &out)
        case .interval: appendInterval(row, to: &out)
        // The top bit is stored inverted, so that identifiers sort as signed numbers do.
        case .uuid: ValueText.appendUUID(unsigned128(row) ^ (1 << 127), to: &out)
        default: return false
        }
        return true
    }

    /// 40 bits of microseconds, then 24 bits of the offset from UTC, stored as its distance from the largest.
    private func appendZonedTime(_ row: Int, style: ValueText.Style, to out: inout [UInt8]) {
        let bits = data.load(fromByteOffset: row * 8, as: UInt64.self)
        ValueText.appendClock(Int64(bits >> 24), unitsPerSecond: 1_000_000, style: style, to: &out)
        let offset = 16 * 60 * 60 - 1 - Int(bits & 0xFF_FFFF)
        out.append(UInt8(ascii: offset < 0 ? "-" : "+"))
        let size = abs(offset)
        ValueText.appendDigits(UInt64(size / 3_600), atLeast: 2, to: &out)
        if style == .iso || size % 3_600 != 0 {
            out.append(UInt8(ascii: ":"))
            ValueText.appendDigits(UInt64(size / 60 % 60), atLeast: 2, to: &out)
        }
        if size % 60 != 0 {
            out.append(UInt8(ascii: ":"))
            ValueText.appendDigits(UInt64(size % 60), atLeast: 2, to: &out)
        }
    }

    /// `1 year 2 months 3 days 04:05:06.5`, as DuckDB writes it.
    private func appendInterval(_ row: Int, to out: inout [UInt8]) {
        let months = Int(data.load(fromByteOffset: row * 16, as: Int32.self))
        let days = Int(data.load(fromByteOffset: row * 16 + 4, as: Int32.self))
        let micros = data.load(fromByteOffset: row * 16 + 8, as: Int64.self)
        let start = out.count
        func part(_ value: Int, _ one: StaticString, _ many: StaticString) {
            if value == 0 { return }
            if out.count > start { out.append(UInt8(ascii: " ")) }
            ValueText.appendInteger(Int64(value), to: &out)
            ValueText.append(value == 1 || value == -1 ? one : many, to: &out)
        }
        part(months / 12, " year", " years")
        part(months % 12, " month", " months")
        part(days, " day", " days")
        if micros == 0, out.count > start { return }
        if out.count > start { out.append(UInt8(ascii: " ")) }
        if micros < 0 { out.append(UInt8(ascii: "-")) }
        let size = micros.magnitude
        ValueText.appendDigits(size / 3_600_000_000, atLeast: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        ValueText.appendDigits(size / 60_000_000 % 60, atLeast: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        ValueText.appendDigits(size / 1_000_000 % 60, atLeast: 2, to: &out)
        var fraction = size % 1_000_000
        if fraction == 0 { return }
        var width = 6
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        out.append(UInt8(ascii: "."))
        ValueText.appendDigits(fraction, atLeast: width, to: &out)
    }

    /// The place of the union's member that is set.
    func unionTag(_ row: Int) -> Int {
        Int(unionPart(0, .uint8).integer(row))
    }

    /// The label of an enumeration's value.
    func label(_ row: Int) -> String {
        guard case .enumeration(let labels) = type else { return "" }
        let index = Int(integer(row))
        return labels.indices.contains(index) ? labels[index] : ""
    }

    /// A bit string: the first byte tells how many bits at the start of the second are padding.
    func appendBits(_ row: Int, to out: inout [UInt8]) {
        let bytes = bytes(row)
        guard let padding = bytes.first else { return }
        for bit in Int(padding)..<(bytes.count - 1) * 8 {
            out.append(48 + bytes[1 + bit / 8] >> (7 - bit % 8) & 1)
        }
    }
}
