/// The stored form of one entity's features: a head, an offset a feature, and the values with their types.
///
///     offset  bytes  content (little-endian)
///     0       1      format version, 1
///     1       1      zero
///     2       2      feature count n
///     4       4      zero
///     8       8      event time, microseconds since 1970
///     16      8      created time, or the least 64-bit number for none
///     24      4 n    where each feature's value starts in the row; 0 for null
///     24+4n          values: one byte of tag, then as the tag says
///
/// One feature is read without touching the others. docs/formats/online-row.md has the tags.
package struct OnlineRow {
    package static let version: UInt8 = 1
    static let headByteCount = 24
    /// Stands for "no created time".
    package static let noTime = Int64.min

    enum Tag: UInt8 {
        case null = 0, boolean, int8, int16, int32, int64, float, double, decimal, string, binary, date,
            timestamp
        case timestampNtz, list, map, structure
    }

    let bytes: UnsafeRawBufferPointer

    /// - Returns: `nil` if the bytes are not a whole row of this version.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headByteCount, bytes[0] == Self.version else { return nil }
        let count = Int(bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        guard bytes.count >= Self.headByteCount + 4 * count else { return nil }
        self.bytes = bytes
    }

    package var featureCount: Int { Int(bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    package var eventTime: Int64 { bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self) }
    package var created: Int64 { bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self) }

    /// The tagged value of a feature; `nil` for null and for a place that the row does not have.
    func value(_ index: Int) -> UnsafeRawBufferPointer? {
        guard index < featureCount else { return nil }
        let offset = Int(bytes.loadUnaligned(fromByteOffset: Self.headByteCount + 4 * index, as: UInt32.self))
        guard offset >= Self.headByteCount, offset < bytes.count else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[offset...])
    }

    /// Whether a stored row gives way to a new one.
    ///
    /// A later event time wins, then a later created time. Equal ones replace, so that writing the same rows again also
    /// repairs them.
    @Sendable
    package static func shouldReplace(old: UnsafeRawBufferPointer, new: UnsafeRawBufferPointer) -> Bool {
        guard let old = OnlineRow(old) else { return true }
        guard let new = OnlineRow(new) else { return false }
        return (new.eventTime, new.created) >= (old.eventTime, old.created)
    }
}

/// Makes a row feature by feature.
///
/// ```swift
/// var writer = OnlineRowWriter(featureCount: 2)
/// writer.begin(eventTime: 1_700_000_000_000_000, created: OnlineRow.noTime)
/// writer.startFeature(0)
/// writer.append(double: 0.5)
/// let row = writer.finish()  // feature 1 stays null
/// ```
package struct OnlineRowWriter {
    private(set) var bytes: [UInt8] = []
    private let featureCount: Int

    package init(featureCount: Int) {
        precondition(featureCount <= Int(UInt16.max), "a view has at most 65,535 features")
        self.featureCount = featureCount
    }

    package mutating func begin(eventTime: Int64, created: Int64) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(OnlineRow.version)
        bytes.append(0)
        append(UInt16(featureCount))
        append(UInt32(0))
        append(eventTime)
        append(created)
        bytes.append(contentsOf: repeatElement(0, count: 4 * featureCount))
    }

    /// What is appended next is the value of that feature.
    package mutating func startFeature(_ index: Int) {
        let offset = UInt32(truncatingIfNeeded: bytes.count)
        let place = OnlineRow.headByteCount + 4 * index
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: offset, toByteOffset: place, as: UInt32.self) }
    }

    package func finish() -> [UInt8] { bytes }

    package mutating func appendNull() { tag(.null) }
    package mutating func append(boolean value: Bool) { tag(.boolean, UInt8(value ? 1 : 0)) }
    package mutating func append(int8 value: Int8) { tag(.int8, value) }
    package mutating func append(int16 value: Int16) { tag(.int16, value) }
    package mutating func append(int32 value: Int32) { tag(.int32, value) }
    package mutating func append(int64 value: Int64) { tag(.int64, value) }
    package mutating func append(float value: Float) { tag(.float, value) }
    package mutating func append(double value: Double) { tag(.double, value) }
    package mutating func append(date value: Int32) { tag(.date, value) }
    package mutating func append(timestamp value: Int64) { tag(.timestamp, value) }
    package mutating func append(timestampNtz value: Int64) { tag(.timestampNtz, value) }

    package mutating func append(decimal unscaled: Int128, scale: Int) {
        tag(.decimal, UInt8(truncatingIfNeeded: scale))
        append(unscaled)
    }

    package mutating func append(string value: UnsafeBufferPointer<UInt8>) { tag(.string, value) }
    package mutating func append(binary value: UnsafeBufferPointer<UInt8>) { tag(.binary, value) }

    /// That many values follow.
    package mutating func startList(count: Int) { tag(.list, UInt32(truncatingIfNeeded: count)) }
    /// That many pairs of key and value follow.
    package mutating func startMap(count: Int) { tag(.map, UInt32(truncatingIfNeeded: count)) }
    /// That many pairs of name (as a string value) and value follow.
    package mutating func startStructure(count: Int) { tag(.structure, UInt32(truncatingIfNeeded: count)) }

    private mutating func tag(_ tag: OnlineRow.Tag) { bytes.append(tag.rawValue) }

    private mutating func tag<T: BitwiseCopyable>(_ tag: OnlineRow.Tag, _ value: T) {
        bytes.append(tag.rawValue)
        append(value)
    }

    private mutating func tag(_ tag: OnlineRow.Tag, _ value: UnsafeBufferPointer<UInt8>) {
        bytes.append(tag.rawValue)
        append(UInt32(truncatingIfNeeded: value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func append<T: BitwiseCopyable>(_ value: T) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
}
