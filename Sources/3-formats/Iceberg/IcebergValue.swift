package import TableModel

/// A partition's value as the manifest has it; its type is its column's.
package struct PartitionDatum: Sendable {
    private let value: AvroValue

    /// `nil` for null.
    init?(_ value: AvroValue) {
        if case .null = value { return nil }
        self.value = value
    }

    /// The value for a column of this type; `nil` if it is none.
    package func scalar(_ type: DataType) -> Scalar? {
        switch (value, type) {
        case (.boolean(let value), .boolean): .boolean(value)
        case (.integer(let value), .byte), (.integer(let value), .short), (.integer(let value), .integer),
            (.integer(let value), .long):
            .integer(value)
        case (.integer(let value), .date): Int32(exactly: value).map { .date($0) }
        case (.integer(let value), .timestamp): .timestamp(value)
        case (.integer(let value), .timestampNtz): .timestampNtz(value)
        case (.double(let value), .float), (.double(let value), .double): .double(value)
        case (.string(let value), .string): .string(value)
        case (.bytes(let value), .binary): .binary(value)
        case (.bytes(let value), .decimal(_, let scale)):
            IcebergValue.bigEndian(value).map { .decimal(unscaled: $0, scale: scale) }
        default: nil
        }
    }
}

/// Single values in binary form: the bounds of manifests.
///
/// Iceberg specification, "Binary single-value serialization".
package enum IcebergValue {
    /// `nil` for bytes that are no value of the type, and for a NaN.
    ///
    /// A bound that was written before its column grew from int to long or from float to double has the shorter form.
    package static func scalar(_ bytes: [UInt8], _ type: DataType) -> Scalar? {
        switch type {
        case .boolean: return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
        case .integer, .long, .byte, .short: return whole(bytes).map { .integer($0) }
        case .date: return whole(bytes).flatMap { Int32(exactly: $0) }.map { .date($0) }
        case .timestamp: return bytes.count == 8 ? whole(bytes).map { .timestamp($0) } : nil
        case .timestampNtz: return bytes.count == 8 ? whole(bytes).map { .timestampNtz($0) } : nil
        case .float, .double:
            let value: Double
            switch bytes.count {
            case 4: value = Double(Float(bitPattern: UInt32(littleEndian(bytes))))
            case 8: value = Double(bitPattern: littleEndian(bytes))
            default: return nil
            }
            return value.isNaN ? nil : .double(value)
        case .decimal(_, let scale): return bigEndian(bytes).map { .decimal(unscaled: $0, scale: scale) }
        case .string: return String(validating: bytes, as: UTF8.self).map { .string($0) }
        default: return nil
        }
    }

    private static func whole(_ bytes: [UInt8]) -> Int64? {
        switch bytes.count {
        case 4: Int64(Int32(truncatingIfNeeded: littleEndian(bytes)))
        case 8: Int64(bitPattern: littleEndian(bytes))
        default: nil
        }
    }

    private static func littleEndian(_ bytes: [UInt8]) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A two's complement number of at most 128 bits.
    static func bigEndian(_ bytes: [UInt8]) -> Int128? {
        guard let first = bytes.first, bytes.count <= 16 else { return nil }
        return bytes.reduce(first >= 0x80 ? -1 : 0) { $0 << 8 | Int128($1) }
    }
}
