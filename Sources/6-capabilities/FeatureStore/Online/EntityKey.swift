package import TableModel

/// The bytes under which an entity's row is stored: the join keys' values one after another, each with its type.
///
/// docs/formats/online-row.md has the layout. Whole numbers of every width share one form, so that an `INTEGER`
/// column and a JSON number meet.
package struct EntityKey {
    enum Tag: UInt8 {
        case integer = 1, string, boolean, binary, date, timestamp
        /// The one key of a view without entities.
        case world
    }

    package private(set) var bytes: [UInt8] = []

    package init() { bytes.reserveCapacity(24) }

    /// Begins the next key.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    package mutating func append(integer value: Int64) { append(.integer, value) }
    /// Microseconds since 1970.
    package mutating func append(timestamp value: Int64) { append(.timestamp, value) }
    /// Days since 1970.
    package mutating func append(date value: Int32) { append(.date, Int64(value)) }

    package mutating func append(boolean value: Bool) {
        bytes.append(Tag.boolean.rawValue)
        bytes.append(value ? 1 : 0)
    }

    package mutating func append(string value: UnsafeBufferPointer<UInt8>) { append(.string, value) }
    package mutating func append(binary value: UnsafeBufferPointer<UInt8>) { append(.binary, value) }

    /// The whole key of a view without entities.
    package mutating func appendWorld() { bytes.append(Tag.world.rawValue) }

    // Big-endian with the sign flipped, so that keys of one type sort as their values do: neighbours share pages.
    private mutating func append(_ tag: Tag, _ value: Int64) {
        bytes.append(tag.rawValue)
        let ordered = UInt64(bitPattern: value) ^ (1 << 63)
        withUnsafeBytes(of: ordered.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ tag: Tag, _ value: UnsafeBufferPointer<UInt8>) {
        bytes.append(tag.rawValue)
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: value.count).bigEndian) {
            bytes.append(contentsOf: $0)
        }
        bytes.append(contentsOf: value)
    }

    /// Whether values of the type can be a join key online; numbers that do not compare exactly cannot.
    package static func canHold(_ type: DataType) -> Bool {
        switch type {
        case .byte, .short, .integer, .long, .string, .boolean, .binary, .date, .timestamp, .timestampNtz:
            true
        default: false
        }
    }
}
