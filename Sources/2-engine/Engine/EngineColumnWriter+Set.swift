package import Base
import CDuckDB

extension EngineColumnWriter {
    /// Sets a whole number, in a column of any numeric type that can hold it.
    ///
    /// - Throws: `.invalidInput` if it is out of the column's range, or the column is not numeric.
    package func set(_ row: Int, _ value: Int64) throws(TarnError) {
        switch type {
        case .int64, .timestamp, .timestampTz, .time, .timeNs, .timestampNs, .timestampMilliseconds,
            .timestampSeconds:
            data.storeBytes(of: value, toByteOffset: row &* 8, as: Int64.self)
        case .int32, .date: try store(Int32(exactly: value), row)
        case .int16: try store(Int16(exactly: value), row)
        case .int8: try store(Int8(exactly: value), row)
        case .uint8: try store(UInt8(exactly: value), row)
        case .uint16: try store(UInt16(exactly: value), row)
        case .uint32: try store(UInt32(exactly: value), row)
        case .uint64: try store(UInt64(exactly: value), row)
        case .int128: setWide(row, Int128(value))
        case .double: data.storeBytes(of: Double(value), toByteOffset: row &* 8, as: Double.self)
        case .float: data.storeBytes(of: Float(value), toByteOffset: row &* 4, as: Float.self)
        case .decimal: try setDecimal(row, Int128(value), scale: 0)
        default: throw mismatch("a whole number")
        }
    }

    /// Sets a floating-point number in a `DOUBLE` or `FLOAT` column.
    package func set(_ row: Int, _ value: Double) throws(TarnError) {
        switch physical {
        case .double: data.storeBytes(of: value, toByteOffset: row &* 8, as: Double.self)
        case .float: data.storeBytes(of: Float(value), toByteOffset: row &* 4, as: Float.self)
        default: throw mismatch("a floating-point number")
        }
    }

    package func set(_ row: Int, _ value: Bool) throws(TarnError) {
        guard physical == .bool else { throw mismatch("a truth value") }
        data.storeBytes(of: value ? 1 : 0, toByteOffset: row, as: UInt8.self)
    }

    /// Sets text in a `VARCHAR` or `JSON` column.
    package func set(_ row: Int, _ value: String) throws(TarnError) {
        switch type {
        case .varchar, .json: break
        case .enumeration(let labels):
            guard let index = labels.firstIndex(of: value) else {
                throw TarnError(.invalidInput, "The text is none of the values of \(type.name).")
            }
            return try set(row, label: index)
        default: throw mismatch("text")
        }
        var value = value
        value.withUTF8 { place(row, UnsafeRawBufferPointer($0)) }
    }

    /// Sets the bytes of a `BLOB`, or of text; text must be UTF-8.
    package func set(_ row: Int, bytes: UnsafeRawBufferPointer) throws(TarnError) {
        switch type {
        case .blob: break
        case .varchar, .json:
            guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else {
                throw TarnError(.invalidInput, "The bytes given for a text column are not UTF-8.")
            }
        default: throw mismatch("bytes")
        }
        place(row, bytes)
    }

    /// Sets text whose bytes are known to be UTF-8; the column must be `VARCHAR`.
    package func set(_ row: Int, validText bytes: UnsafeBufferPointer<UInt8>) {
        place(row, UnsafeRawBufferPointer(bytes))
    }

    private func set(_ row: Int, label: Int) throws(TarnError) {
        switch physical {
        case .uint8: try store(UInt8(exactly: label), row)
        case .uint16: try store(UInt16(exactly: label), row)
        default: try store(UInt32(exactly: label), row)
        }
    }

    /// Up to 12 bytes stay in the entry itself; longer ones DuckDB copies to the vector's heap.
    private func place(_ row: Int, _ bytes: UnsafeRawBufferPointer) {
        if bytes.count <= 12 {
            let entry = data + row &* 16
            entry.storeBytes(of: UInt64(bytes.count), as: UInt64.self)
            entry.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            if let start = bytes.baseAddress { (entry + 4).copyMemory(from: start, byteCount: bytes.count) }
        } else {
            // The bytes were checked, or come from a `String`: the unchecked call spares a second look.
            duckdb_unsafe_vector_assign_string_element_len(
                vector, idx_t(row), bytes.bindMemory(to: CChar.self).baseAddress, idx_t(bytes.count))
        }
    }

    /// Sets a value of any type that a column can have, nested ones included.
    ///
    /// - Throws: `.invalidInput` if it does not fit the column's type.
    package func set(_ row: Int, _ value: EngineValue) throws(TarnError) {
        switch value {
        case .null: setNull(row)
        case .boolean(let value): try set(row, value)
        case .int64(let value): try set(row, value)
        case .int128(let value): try setWhole(row, value)
        case .float(let value): try set(row, Double(value))
        case .double(let value): try set(row, value)
        case .decimal(let unscaled, _, let scale): try setDecimal(row, unscaled, scale: scale)
        case .string(let value): try set(row, value)
        case .binary(let bytes):
            guard type == .blob else { throw mismatch("bytes") }
            bytes.withUnsafeBytes { place(row, $0) }
        case .date(let days):
            guard type == .date else { throw mismatch("a date") }
            try store(days, row)
        case .time(let micros): try store(micros, row, as: .time)
        case .timestamp(let micros): try store(micros, row, as: .timestampTz)
        case .timestampNtz(let micros): try store(micros, row, as: .timestamp)
        case .interval(let months, let days, let micros):
            guard type == .interval else { throw mismatch("an interval") }
            data.storeBytes(of: months, toByteOffset: row * 16, as: Int32.self)
            data.storeBytes(of: days, toByteOffset: row * 16 + 4, as: Int32.self)
            data.storeBytes(of: micros, toByteOffset: row * 16 + 8, as: Int64.self)
        case .uuid(let bits):
            guard type == .uuid else { throw mismatch("an identifier") }
            // The top bit is stored inverted, so that identifiers sort as signed numbers do.
            setWide(row, Int128(bitPattern: bits ^ (1 << 127)))
        case .list(let items): try setList(row, items)
        case .structure(let members): try setStructure(row, members)
        case .map(let entries): try setMap(row, entries)
        }
    }

    private func store(_ micros: Int64, _ row: Int, as wanted: EngineType) throws(TarnError) {
        guard type == wanted else { throw mismatch("a value of type \(wanted.name)") }
        data.storeBytes(of: micros, toByteOffset: row &* 8, as: Int64.self)
    }

    @inline(__always)
    private func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T?, _ row: Int) throws(TarnError) {
        guard let value else { throw outOfRange }
        data.storeBytes(of: value, toByteOffset: row &* MemoryLayout<T>.size, as: T.self)
    }

    private func setWide(_ row: Int, _ value: Int128) {
        data.storeBytes(of: UInt64(truncatingIfNeeded: value), toByteOffset: row &* 16, as: UInt64.self)
        data.storeBytes(
            of: Int64(truncatingIfNeeded: value >> 64), toByteOffset: row &* 16 &+ 8, as: Int64.self)
    }

    private func setWhole(_ row: Int, _ value: Int128) throws(TarnError) {
        switch type {
        case .int128: setWide(row, value)
        case .uint64: try store(UInt64(exactly: value), row)
        case .decimal: try setDecimal(row, value, scale: 0)
        default:
            guard let narrow = Int64(exactly: value) else { throw outOfRange }
            try set(row, narrow)
        }
    }

    /// Brings the value to the column's scale; digits are added but never cut.
    private func setDecimal(_ row: Int, _ unscaled: Int128, scale: Int) throws(TarnError) {
        guard case .decimal(let precision, let columnScale) = type else { throw mismatch("a decimal") }
        var value = unscaled
        if columnScale >= scale {
            let (product, overflow) = value.multipliedReportingOverflow(
                by: Int128(powerOfTen(min(columnScale - scale, 38))))
            if overflow { throw outOfRange }
            value = product
        } else {
            let (quotient, rest) = value.quotientAndRemainder(
                dividingBy: Int128(powerOfTen(min(scale - columnScale, 38))))
            if rest != 0 { throw outOfRange }
            value = quotient
        }
        if value.magnitude >= powerOfTen(precision) { throw outOfRange }
        switch physical {
        case .int16: try store(Int16(exactly: value), row)
        case .int32: try store(Int32(exactly: value), row)
        case .int64: try store(Int64(exactly: value), row)
        default: setWide(row, value)
        }
    }

    private func setList(_ row: Int, _ items: [EngineValue]) throws(TarnError) {
        if case .array(_, let count) = type {
            guard items.count == count else { throw mismatch("a list of \(items.count) elements") }
            for (index, item) in items.enumerated() { try children[0].set(row * count + index, item) }
            return
        }
        guard case .list = type else { throw mismatch("a list") }
        let start = growList(by: items.count)
        setEntry(row, start: start, count: items.count)
        for (index, item) in items.enumerated() { try children[0].set(start + index, item) }
    }

    private func setMap(_ row: Int, _ entries: [EngineMapEntry]) throws(TarnError) {
        guard case .map = type else { throw mismatch("a map") }
        let start = growList(by: entries.count)
        setEntry(row, start: start, count: entries.count)
        let pair = children[0].children
        for (index, entry) in entries.enumerated() {
            if entry.key == .null { throw TarnError(.invalidInput, "The keys of a map cannot be null.") }
            try pair[0].set(start + index, entry.key)
            try pair[1].set(start + index, entry.value)
        }
    }

    private func setEntry(_ row: Int, start: Int, count: Int) {
        data.storeBytes(of: UInt64(start), toByteOffset: row * 16, as: UInt64.self)
        data.storeBytes(of: UInt64(count), toByteOffset: row * 16 + 8, as: UInt64.self)
    }

    private func setStructure(_ row: Int, _ members: [EngineMember]) throws(TarnError) {
        guard case .structure(let fields) = type else { throw mismatch("a structure") }
        for (index, field) in fields.enumerated() {
            if let member = members.first(where: { $0.name == field.name }) {
                try children[index].set(row, member.value)
            } else {
                children[index].setNull(row)
            }
        }
        let names = fields.map(\.name)
        if let extra = members.first(where: { !names.contains($0.name) }) {
            throw TarnError(
                .invalidInput,
                "The structure has no member \(extra.name).\(didYouMean(extra.name, among: names))")
        }
    }

    private var outOfRange: TarnError {
        TarnError(
            .invalidInput, "A value does not fit a column of type \(type.name).",
            context: [("type", type.name)])
    }

    private func mismatch(_ what: String) -> TarnError {
        TarnError(
            .invalidInput, "A column of type \(type.name) cannot hold \(what).",
            context: [("type", type.name)])
    }
}
