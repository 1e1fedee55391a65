import Base

/// Reads DuckDB's `VARIANT` vectors, so that such a column can at least be shown: as JSON.
///
/// A row is four parts: its `keys` (text), its `children` (place of the key, place of the value), its `values` (kind,
/// place in the bytes), and the bytes. Value 0 is the row's own. Places count from the row's own beginning.
struct VariantReader {
    private let keys: EngineColumn
    private let children: EngineColumn
    private let values: EngineColumn
    private let bytes: EngineColumn

    init(_ column: EngineColumn) {
        keys = column.part(0, .list(.varchar))
        children = column.part(
            1, .list(.structure([EngineField("keys_index", .uint32), EngineField("values_index", .uint32)])))
        values = column.part(
            2, .list(.structure([EngineField("type_id", .uint8), EngineField("byte_offset", .uint32)])))
        bytes = column.part(3, .blob)
    }

    /// Appends the row as JSON, in the form that `EngineColumn.writeJSON` gives.
    func writeJSON(_ row: Int, to out: inout [UInt8]) {
        guard let keyTexts = keys.elements, let childEntries = children.elements,
            let entries = values.elements,
            let childKeys = childEntries.member(0), let childValues = childEntries.member(1),
            let kinds = entries.member(0), let offsets = entries.member(1)
        else { return ValueText.append("null", to: &out) }
        let reader = VariantRow(
            keys: keyTexts, keyRange: keys.elementRange(row), childKeys: childKeys, childValues: childValues,
            childRange: children.elementRange(row), kinds: kinds, offsets: offsets,
            valueRange: values.elementRange(row), bytes: UnsafeRawBufferPointer(bytes.bytes(row)))
        reader.write(0, depth: 0, to: &out)
    }
}

private struct VariantRow {
    let keys: EngineColumn
    let keyRange: Range<Int>
    let childKeys: EngineColumn
    let childValues: EngineColumn
    let childRange: Range<Int>
    let kinds: EngineColumn
    let offsets: EngineColumn
    let valueRange: Range<Int>
    let bytes: UnsafeRawBufferPointer

    /// Writes one value; damaged places give `null` rather than a read beyond the bytes.
    func write(_ index: Int, depth: Int, to out: inout [UInt8]) {
        guard index < valueRange.count, depth < 512, let kinds = kinds.uint8s, let offsets = offsets.uint32s
        else {
            return ValueText.append("null", to: &out)
        }
        var input = Input(bytes: bytes, position: Int(offsets[valueRange.lowerBound + index]))
        switch kinds[valueRange.lowerBound + index] {
        case 1: ValueText.append("true", to: &out)
        case 2: ValueText.append("false", to: &out)
        case 3: ValueText.appendInteger(Int64(input.read(Int8.self)), to: &out)
        case 4: ValueText.appendInteger(Int64(input.read(Int16.self)), to: &out)
        case 5: ValueText.appendInteger(Int64(input.read(Int32.self)), to: &out)
        case 6: ValueText.appendInteger(input.read(Int64.self), to: &out)
        case 7: ValueText.appendInteger(input.read(Int128.self), to: &out)
        case 8: ValueText.appendInteger(Int64(input.read(UInt8.self)), to: &out)
        case 9: ValueText.appendInteger(Int64(input.read(UInt16.self)), to: &out)
        case 10: ValueText.appendInteger(Int64(input.read(UInt32.self)), to: &out)
        case 11: ValueText.appendDigits(input.read(UInt64.self), atLeast: 1, to: &out)
        case 12: ValueText.appendDigits(input.read(UInt128.self), atLeast: 1, to: &out)
        case 13: ValueText.appendJSON(Float(bitPattern: input.read(UInt32.self)), to: &out)
        case 14: ValueText.appendJSON(Double(bitPattern: input.read(UInt64.self)), to: &out)
        case 15: writeDecimal(&input, to: &out)
        case 16: appendJSONString(input.text().bindMemory(to: UInt8.self), to: &out)
        case 29: writeObject(&input, depth: depth, to: &out)
        case 30: writeArray(&input, depth: depth, to: &out)
        case 31: BigNumber(input.text()).append(to: &out)
        case let kind where kind != 0:
            out.append(UInt8(ascii: "\""))
            writeQuoted(kind, &input, to: &out)
            out.append(UInt8(ascii: "\""))
        default: ValueText.append("null", to: &out)
        }
    }

    private func writeQuoted(_ kind: UInt8, _ input: inout Input, to out: inout [UInt8]) {
        switch kind {
        case 18:
            ValueText.appendUUID(UInt128(truncatingIfNeeded: input.read(Int128.self)) ^ (1 << 127), to: &out)
        case 19: ValueText.appendDate(days: input.read(Int32.self), style: .iso, to: &out)
        case 20:
            ValueText.appendClock(input.read(Int64.self), unitsPerSecond: 1_000_000, style: .iso, to: &out)
        case 21:
            ValueText.appendClock(
                input.read(Int64.self), unitsPerSecond: 1_000_000_000, style: .iso, to: &out)
        case 22: ValueText.appendTimestamp(input.read(Int64.self), unitsPerSecond: 1, style: .iso, to: &out)
        case 23:
            ValueText.appendTimestamp(input.read(Int64.self), unitsPerSecond: 1_000, style: .iso, to: &out)
        case 24:
            ValueText.appendTimestamp(
                input.read(Int64.self), unitsPerSecond: 1_000_000, style: .iso, to: &out)
        case 25:
            ValueText.appendTimestamp(
                input.read(Int64.self), unitsPerSecond: 1_000_000_000, style: .iso, to: &out)
        case 26: ValueText.appendZonedTime(input.read(UInt64.self), style: .iso, to: &out)
        case 27:
            ValueText.appendTimestamp(
                input.read(Int64.self), unitsPerSecond: 1_000_000, style: .iso, zone: "Z", to: &out)
        case 28:
            let months = input.read(Int32.self)
            let days = input.read(Int32.self)
            ValueText.appendInterval(months: months, days: days, micros: input.read(Int64.self), to: &out)
        case 32: ValueText.appendBits(input.text(), to: &out)
        default: ValueText.appendHexadecimal(input.text(), to: &out)
        }
    }

    private func writeDecimal(_ input: inout Input, to out: inout [UInt8]) {
        let width = input.count()
        let scale = min(input.count(), 38)
        let unscaled: Int128 =
            switch width {
            case ...4: Int128(input.read(Int16.self))
            case ...9: Int128(input.read(Int32.self))
            case ...18: Int128(input.read(Int64.self))
            default: input.read(Int128.self)
            }
        ValueText.appendDecimal(unscaled, scale: scale, to: &out)
    }

    /// The children of an object or array, as places in the row's own part of the list.
    private func children(_ input: inout Input) -> Range<Int> {
        let count = input.count()
        if count == 0 { return 0..<0 }
        let first = childRange.lowerBound + input.count()
        return first + count <= childRange.upperBound ? first..<first + count : 0..<0
    }

    private func writeArray(_ input: inout Input, depth: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        let places = children(&input)
        for place in places {
            if place > places.lowerBound { out.append(UInt8(ascii: ",")) }
            write(Int(childValues.integer(place)), depth: depth + 1, to: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private func writeObject(_ input: inout Input, depth: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        let places = children(&input)
        for place in places {
            if place > places.lowerBound { out.append(UInt8(ascii: ",")) }
            let key = Int(childKeys.integer(place))
            appendJSONString(key < keyRange.count ? keys.string(keyRange.lowerBound + key) : "", to: &out)
            out.append(UInt8(ascii: ":"))
            write(Int(childValues.integer(place)), depth: depth + 1, to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private struct Input {
        let bytes: UnsafeRawBufferPointer
        var position: Int

        mutating func read<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
            let size = MemoryLayout<T>.size
            guard position + size <= bytes.count else { return 0 }
            defer { position += size }
            return bytes.loadUnaligned(fromByteOffset: position, as: T.self)
        }

        /// A number in groups of seven bits, the lowest first.
        mutating func count() -> Int {
            var value = 0
            var shift = 0
            while position < bytes.count, shift < 35 {
                let byte = bytes[position]
                position += 1
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return value
        }

        /// Bytes with their number before them.
        mutating func text() -> UnsafeRawBufferPointer {
            let length = count()
            guard position + length <= bytes.count else {
                return UnsafeRawBufferPointer(start: nil, count: 0)
            }
            return UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        }
    }
}
