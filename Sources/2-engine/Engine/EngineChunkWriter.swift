import Base
import CDuckDB

/// A chunk that is filled with values, column by column, and handed to an appender.
package final class EngineChunkWriter {
    /// The rows that fit; DuckDB's vector size.
    package static let capacity = 2_048

    private(set) var columns: [EngineColumnWriter] = []
    private var raw: duckdb_data_chunk?

    init(types: [EngineType]) throws(TarnError) {
        var logical: [duckdb_logical_type?] = []
        defer { for index in logical.indices { duckdb_destroy_logical_type(&logical[index]) } }
        for type in types { logical.append(try type.makeLogicalType()) }
        raw = duckdb_create_data_chunk(&logical, idx_t(types.count))
        columns = types.enumerated().map { index, type in
            EngineColumnWriter(duckdb_data_chunk_get_vector(raw, idx_t(index)), type)
        }
    }

    deinit { duckdb_destroy_data_chunk(&raw) }

    func seal(rowCount: Int) -> duckdb_data_chunk? {
        duckdb_data_chunk_set_size(raw, idx_t(rowCount))
        return raw
    }

    /// Empties the chunk; vectors may have moved, so the columns look them up again.
    func reset() {
        duckdb_data_chunk_reset(raw)
        for (index, column) in columns.enumerated() {
            column.attach(duckdb_data_chunk_get_vector(raw, idx_t(index)))
        }
    }
}

/// One column of a chunk that is being filled.
///
/// The typed buffers are the fastest; `set` checks that the value fits the column's type.
package final class EngineColumnWriter {
    package let type: EngineType
    @usableFromInline let physical: PhysicalType
    @usableFromInline private(set) var data: UnsafeMutableRawPointer
    private(set) var vector: duckdb_vector?
    private var validity: UnsafeMutablePointer<UInt64>?
    /// Of a list or map: the one column of all elements; of a structure: its members.
    private(set) var children: [EngineColumnWriter] = []

    init(_ vector: duckdb_vector?, _ type: EngineType) {
        self.type = type
        physical = type.physical
        self.vector = vector
        data = Self.address(of: vector)
        let types: [EngineType] =
            switch type {
            case .list(let element), .array(let element, _): [element]
            case .map(let key, let value):
                [.structure([EngineField("key", key), EngineField("value", value)])]
            case .structure(let fields): fields.map(\.type)
            default: []
            }
        children = types.enumerated().map { EngineColumnWriter(childVector($0), $1) }
    }

    func attach(_ vector: duckdb_vector?) {
        self.vector = vector
        data = Self.address(of: vector)
        validity = nil
        for (index, child) in children.enumerated() { child.attach(childVector(index)) }
    }

    private static func address(of vector: duckdb_vector?) -> UnsafeMutableRawPointer {
        // Structures have no data of their own; the address is then never written to.
        duckdb_vector_get_data(vector) ?? UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
    }

    private func childVector(_ index: Int) -> duckdb_vector? {
        switch type {
        case .list, .map: duckdb_list_vector_get_child(vector)
        case .array: duckdb_array_vector_get_child(vector)
        default: duckdb_struct_vector_get_child(vector, idx_t(index))
        }
    }

    /// Makes room for `count` more elements of a list.
    ///
    /// - Returns: The place of the first.
    func growList(by count: Int) -> Int {
        let size = Int(duckdb_list_vector_get_size(vector))
        duckdb_list_vector_reserve(vector, idx_t(size + count))
        duckdb_list_vector_set_size(vector, idx_t(size + count))
        for (index, child) in children.enumerated() { child.attach(childVector(index)) }
        return size
    }

    package func setNull(_ row: Int) {
        if validity == nil {
            duckdb_vector_ensure_validity_writable(vector)
            validity = duckdb_vector_get_validity(vector)
        }
        validity?[row >> 6] &= ~(1 << (UInt64(row) & 63))
        // A null structure has null members, as DuckDB expects.
        if case .structure = type { for child in children { child.setNull(row) } }
    }

    @inlinable @inline(__always)
    func values<T: BitwiseCopyable>(_ kind: PhysicalType, as type: T.Type) -> UnsafeMutableBufferPointer<T>? {
        guard physical == kind else { return nil }
        return UnsafeMutableBufferPointer(
            start: data.assumingMemoryBound(to: T.self), count: EngineChunkWriter.rowCapacity)
    }

    /// The values of a `BOOLEAN` column, to write to; `nil` for any other.
    ///
    /// See `EngineColumn` for what the others hold.
    @inlinable package var bools: UnsafeMutableBufferPointer<Bool>? { values(.bool, as: Bool.self) }
    @inlinable package var int8s: UnsafeMutableBufferPointer<Int8>? { values(.int8, as: Int8.self) }
    @inlinable package var int16s: UnsafeMutableBufferPointer<Int16>? { values(.int16, as: Int16.self) }
    @inlinable package var int32s: UnsafeMutableBufferPointer<Int32>? { values(.int32, as: Int32.self) }
    @inlinable package var int64s: UnsafeMutableBufferPointer<Int64>? { values(.int64, as: Int64.self) }
    @inlinable package var floats: UnsafeMutableBufferPointer<Float>? { values(.float, as: Float.self) }
    @inlinable package var doubles: UnsafeMutableBufferPointer<Double>? { values(.double, as: Double.self) }
}

extension EngineChunkWriter {
    @usableFromInline static var rowCapacity: Int { 2_048 }
}
