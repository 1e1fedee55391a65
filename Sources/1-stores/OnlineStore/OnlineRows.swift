/// Keys laid one after the other in one buffer, which can be used again for the next request.
///
/// ```swift
/// var keys = OnlineKeys()
/// keys.append(view, Array("UA".utf8))
/// try store.read(keys) { index, value in ... }
/// keys.removeAll()
/// ```
package struct OnlineKeys: Sendable {
    /// Each key as a store's own key: a byte for the kind, the view's number (big endian), the key's bytes.
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    static let prefixByteCount = 5

    package init() {}

    package var count: Int { ends.count }
    package var isEmpty: Bool { ends.isEmpty }

    /// Forgets the keys and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    package mutating func append(_ view: OnlineViewID, _ key: some Sequence<UInt8>) {
        appendPrefix(view)
        bytes.append(contentsOf: key)
        ends.append(bytes.count)
    }

    package mutating func append(_ view: OnlineViewID, _ key: UnsafeRawBufferPointer) {
        appendPrefix(view)
        bytes.append(contentsOf: key)
        ends.append(bytes.count)
    }

    /// The view and the bytes of a key.
    package subscript(index: Int) -> (view: OnlineViewID, key: ArraySlice<UInt8>) {
        let whole = range(index)
        let view = bytes[(whole.lowerBound + 1)..<(whole.lowerBound + Self.prefixByteCount)]
            .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (OnlineViewID(view), bytes[(whole.lowerBound + Self.prefixByteCount)..<whole.upperBound])
    }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    private mutating func appendPrefix(_ view: OnlineViewID) {
        let number = view.rawValue
        bytes.append(KeyKind.row.rawValue)
        bytes.append(UInt8(truncatingIfNeeded: number >> 24))
        bytes.append(UInt8(truncatingIfNeeded: number >> 16))
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
        bytes.append(UInt8(truncatingIfNeeded: number))
    }
}

/// Rows to write: keys with their values, laid one after the other.
package struct OnlineRows: Sendable {
    private(set) package var keys = OnlineKeys()
    private(set) var values: [UInt8] = []
    private(set) var valueEnds: [Int] = []

    package init() {}

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }
    /// Of keys and values together; a measure for when to write.
    package var byteCount: Int { keys.bytes.count + values.count }

    package mutating func removeAll() {
        keys.removeAll()
        values.removeAll(keepingCapacity: true)
        valueEnds.removeAll(keepingCapacity: true)
    }

    package mutating func append(
        _ view: OnlineViewID, key: some Sequence<UInt8>, value: some Sequence<UInt8>
    ) {
        keys.append(view, key)
        values.append(contentsOf: value)
        valueEnds.append(values.count)
    }

    package mutating func append(
        _ view: OnlineViewID, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) {
        keys.append(view, key)
        values.append(contentsOf: value)
        valueEnds.append(values.count)
    }

    func valueRange(_ index: Int) -> Range<Int> { (index == 0 ? 0 : valueEnds[index - 1])..<valueEnds[index] }
}

/// The first byte of every key in the store; docs/formats/online-store.md.
enum KeyKind: UInt8 {
    /// Facts about the store and its views.
    case facts = 0
    /// A row under its own key.
    case row = 1
    /// A row whose key is too long for the store, under the key's hash.
    case longRow = 2
}
