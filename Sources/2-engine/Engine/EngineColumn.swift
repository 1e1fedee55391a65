import CDuckDB

/// One column of a chunk, read in place: a thin view over DuckDB's vector, no value is boxed or copied.
///
/// ```swift
/// let names = chunk.column(0), amounts = chunk.column(1)
/// if let values = amounts.int64s {
///     for row in 0..<chunk.rowCount where !amounts.isNull(row) { total += values[row] }
/// }
/// for row in 0..<chunk.rowCount where !names.isNull(row) { byteCount += names.bytes(row).count }
/// ```
///
/// The value at a null row is undefined. The view keeps its chunk alive; buffers that it lends do not.
package struct EngineColumn {
    package let type: EngineType
    /// Rows of the chunk, or all elements together for the child of a list.
    package let rowCount: Int
    @usableFromInline let physical: PhysicalType
    @usableFromInline let data: UnsafeRawPointer
    @usableFromInline let validity: UnsafePointer<UInt64>?
    let vector: UnsafeMutableRawPointer
    private let owner: EngineChunk

    init(vector: duckdb_vector?, type: EngineType, rowCount: Int, owner: EngineChunk) {
        self.type = type
        self.rowCount = rowCount
        self.owner = owner
        physical = type.physical
        let address = UnsafeMutableRawPointer(mutating: vector.map { UnsafeRawPointer($0) } ?? Self.nothing)
        self.vector = address
        // Structures have no data of their own; the address is then never read.
        data = duckdb_vector_get_data(vector).map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(address)
        validity = duckdb_vector_get_validity(vector).map { UnsafePointer($0) }
    }

    private static var nothing: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped }

    private var handle: duckdb_vector { vector.assumingMemoryBound(to: _duckdb_vector.self) }

    /// Whether any row may be null; when not, `isNull` need not be asked.
    @inlinable @inline(__always)
    package var mayHaveNulls: Bool { validity != nil }

    @inlinable @inline(__always)
    package func isNull(_ row: Int) -> Bool {
        guard let validity else { return false }
        return validity[row &>> 6] &>> (UInt64(truncatingIfNeeded: row) & 63) & 1 == 0
    }

    @inlinable @inline(__always)
    func values<T: BitwiseCopyable>(_ kind: PhysicalType, as type: T.Type) -> UnsafeBufferPointer<T>? {
        guard physical == kind else { return nil }
        return UnsafeBufferPointer(start: data.assumingMemoryBound(to: T.self), count: rowCount)
    }

    /// The values of a `BOOLEAN` column; `nil` for any other.
    @inlinable package var bools: UnsafeBufferPointer<Bool>? { values(.bool, as: Bool.self) }
    @inlinable package var int8s: UnsafeBufferPointer<Int8>? { values(.int8, as: Int8.self) }
    /// The values of a `SMALLINT` column, or the unscaled ones of a decimal of up to 4 digits.
    @inlinable package var int16s: UnsafeBufferPointer<Int16>? { values(.int16, as: Int16.self) }
    /// `INTEGER`, days of a `DATE`, unscaled decimals of 5 to 9 digits.
    @inlinable package var int32s: UnsafeBufferPointer<Int32>? { values(.int32, as: Int32.self) }
    /// `BIGINT`, every kind of timestamp in its own unit, `TIME`, unscaled decimals of 10 to 18 digits.
    @inlinable package var int64s: UnsafeBufferPointer<Int64>? { values(.int64, as: Int64.self) }
    /// `UTINYINT`, and the indices of a small enumeration.
    @inlinable package var uint8s: UnsafeBufferPointer<UInt8>? { values(.uint8, as: UInt8.self) }
    @inlinable package var uint16s: UnsafeBufferPointer<UInt16>? { values(.uint16, as: UInt16.self) }
    @inlinable package var uint32s: UnsafeBufferPointer<UInt32>? { values(.uint32, as: UInt32.self) }
    @inlinable package var uint64s: UnsafeBufferPointer<UInt64>? { values(.uint64, as: UInt64.self) }
    @inlinable package var floats: UnsafeBufferPointer<Float>? { values(.float, as: Float.self) }
    @inlinable package var doubles: UnsafeBufferPointer<Double>? { values(.double, as: Double.self) }

    /// The value of a `HUGEINT`, or the unscaled one of a decimal of 19 to 38 digits.
    @inlinable @inline(__always)
    package func int128(_ row: Int) -> Int128 {
        precondition(physical == .int128, "not a column of 128-bit numbers")
        let lower = data.loadUnaligned(fromByteOffset: row &* 16, as: UInt64.self)
        let upper = data.loadUnaligned(fromByteOffset: row &* 16 &+ 8, as: Int64.self)
        return Int128(upper) &<< 64 | Int128(lower)
    }

    /// Whether `bytes` may be asked: text, JSON, binary, bit strings.
    @inlinable package var holdsBytes: Bool { physical == .bytes }

    /// The bytes of a text (UTF-8) or binary value, in place.
    @inlinable @inline(__always)
    package func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(physical == .bytes, "not a column of text or bytes")
        let entry = data + row &* 16
        let count = Int(entry.load(as: UInt32.self))
        // Up to 12 bytes are in the entry itself, longer values behind a pointer after a prefix of 4.
        let start = count <= 12 ? entry + 4 : entry.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    }

    @inlinable
    package func string(_ row: Int) -> String { String(decoding: bytes(row), as: UTF8.self) }

    /// The rows of `elements` that belong to one list, array or map.
    @inlinable @inline(__always)
    package func elementRange(_ row: Int) -> Range<Int> {
        if physical == .array { return arrayRange(row) }
        precondition(physical == .list, "not a column of lists or maps")
        let offset = Int(data.load(fromByteOffset: row &* 16, as: UInt64.self))
        return offset..<offset &+ Int(data.load(fromByteOffset: row &* 16 &+ 8, as: UInt64.self))
    }

    @usableFromInline
    func arrayRange(_ row: Int) -> Range<Int> {
        guard case .array(_, let count) = type else { return 0..<0 }
        return row * count..<(row + 1) * count
    }

    /// The elements of all lists, one after another; for a map, structures of `key` and `value`.
    ///
    /// `nil` for columns that hold no lists.
    package var elements: EngineColumn? {
        switch type {
        case .list(let element):
            child(duckdb_list_vector_get_child(handle), element, Int(duckdb_list_vector_get_size(handle)))
        case .map(let key, let value):
            child(
                duckdb_list_vector_get_child(handle),
                .structure([EngineField("key", key), EngineField("value", value)]),
                Int(duckdb_list_vector_get_size(handle)))
        case .array(let element, let count):
            child(duckdb_array_vector_get_child(handle), element, rowCount * count)
        default: nil
        }
    }

    /// A member of a structure, row by row; `nil` if there is none at that place.
    package func member(_ index: Int) -> EngineColumn? {
        guard case .structure(let fields) = type, fields.indices.contains(index) else { return nil }
        return child(duckdb_struct_vector_get_child(handle, idx_t(index)), fields[index].type, rowCount)
    }

    package func member(_ name: String) -> EngineColumn? {
        guard case .structure(let fields) = type else { return nil }
        return fields.firstIndex { $0.name == name }.flatMap { member($0) }
    }

    /// A part of a value that is stored as a structure without being one: a union's tag and members, a variant's lists.
    func part(_ index: Int, _ type: EngineType) -> EngineColumn {
        child(duckdb_struct_vector_get_child(handle, idx_t(index)), type, rowCount)
    }

    private func child(_ vector: duckdb_vector?, _ type: EngineType, _ count: Int) -> EngineColumn {
        EngineColumn(vector: vector, type: type, rowCount: count, owner: owner)
    }
}

/// How DuckDB stores a type's values in a vector.
@usableFromInline
enum PhysicalType: UInt8, Sendable {
    case bool, int8, int16, int32, int64, int128, uint8, uint16, uint32, uint64, uint128, float, double
    case bytes, interval, list, array, structure, other
}

extension EngineType {
    var physical: PhysicalType {
        switch self {
        case .boolean: .bool
        case .int8: .int8
        case .int16: .int16
        case .int32, .date: .int32
        case .int64, .time, .timeNs, .timestamp, .timestampTz, .timestampNs, .timestampSeconds,
            .timestampMilliseconds:
            .int64
        case .timeTz: .uint64
        case .int128, .uuid: .int128
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .uint128: .uint128
        case .float: .float
        case .double: .double
        case .decimal(let precision, _):
            precision <= 4 ? .int16 : precision <= 9 ? .int32 : precision <= 18 ? .int64 : .int128
        case .varchar, .json, .blob, .bit, .bignum, .geometry: .bytes
        case .interval: .interval
        case .enumeration(let values):
            values.count <= 0xFF ? .uint8 : values.count <= 0xFFFF ? .uint16 : .uint32
        case .list, .map: .list
        case .array: .array
        case .structure, .union, .variant: .structure
        case .null, .unknown: .other
        }
    }
}
