internal import Engine
internal import TableModel

/// How the narrow features of a view lie in the payload of a slot: a bit each for "not null", then a word each.
struct SlotColumns: Sendable {
    private let bitWordCount: Int
    let count: Int

    init(count: Int) {
        self.count = count
        bitWordCount = (count + 63) / 64
    }

    var wordCount: Int { bitWordCount + count }

    /// Copies the values of the rows that won a slot.
    func copy(
        _ column: EngineColumn, _ place: Int, to slots: UnsafeBufferPointer<Int32>,
        of rows: borrowing LatestRows
    ) {
        if let values = column.int64s { copy(column, values, place, slots, rows) { $0 } }
        if let values = column.doubles {
            copy(column, values, place, slots, rows) { Int64(bitPattern: $0.bitPattern) }
        }
        if let values = column.int32s { copy(column, values, place, slots, rows) { Int64($0) } }
        if let values = column.floats { copy(column, values, place, slots, rows) { Int64($0.bitPattern) } }
        if let values = column.int16s { copy(column, values, place, slots, rows) { Int64($0) } }
        if let values = column.int8s { copy(column, values, place, slots, rows) { Int64($0) } }
        if let values = column.bools { copy(column, values, place, slots, rows) { $0 ? 1 : 0 } }
    }

    @inline(__always)
    private func copy<T>(
        _ column: EngineColumn, _ values: UnsafeBufferPointer<T>, _ place: Int,
        _ slots: UnsafeBufferPointer<Int32>,
        _ rows: borrowing LatestRows, _ word: (T) -> Int64
    ) {
        let bit: Int64 = 1 << Int64(place & 63)
        let mayHaveNulls = column.mayHaveNulls
        for index in 0..<slots.count {
            let slot = slots[index]
            if slot < 0 { continue }
            let bits = rows.payload(slot, place >> 6)
            if mayHaveNulls && column.isNull(index) {
                bits.pointee &= ~bit
            } else {
                bits.pointee |= bit
                rows.payload(slot, bitWordCount + place).pointee = word(values[index])
            }
        }
    }

    /// Writes the values of `slots` (-1: none) into a column of the result.
    func write(
        _ slots: ArraySlice<Int32>, _ place: Int, of rows: borrowing LatestRows, to column: EngineColumnWriter
    ) {
        if let values = column.int64s { write(slots, place, rows, column) { values[$0] = $1 } }
        if let values = column.doubles {
            write(slots, place, rows, column) { values[$0] = Double(bitPattern: UInt64(bitPattern: $1)) }
        }
        if let values = column.int32s {
            write(slots, place, rows, column) { values[$0] = Int32(truncatingIfNeeded: $1) }
        }
        if let values = column.floats {
            write(slots, place, rows, column) {
                values[$0] = Float(bitPattern: UInt32(truncatingIfNeeded: $1))
            }
        }
        if let values = column.int16s {
            write(slots, place, rows, column) { values[$0] = Int16(truncatingIfNeeded: $1) }
        }
        if let values = column.int8s {
            write(slots, place, rows, column) { values[$0] = Int8(truncatingIfNeeded: $1) }
        }
        if let values = column.bools { write(slots, place, rows, column) { values[$0] = $1 != 0 } }
    }

    @inline(__always)
    private func write(
        _ slots: ArraySlice<Int32>, _ place: Int, _ rows: borrowing LatestRows, _ column: EngineColumnWriter,
        _ store: (Int, Int64) -> Void
    ) {
        for (index, slot) in slots.enumerated() {
            if slot >= 0, rows.payload(slot, place >> 6).pointee & (1 << Int64(place & 63)) != 0 {
                store(index, rows.payload(slot, bitWordCount + place).pointee)
            } else {
                column.setNull(index)
            }
        }
    }
}
