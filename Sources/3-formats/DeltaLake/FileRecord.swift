/// A piece of a block's bytes.
struct TextSlice {
    var start: UInt32 = 0
    var length: UInt32 = 0

    var range: Range<Int> { Int(start)..<Int(start) + Int(length) }
    var isEmpty: Bool { length == 0 }
}

/// One add or remove action in 72 bytes; its texts lie in the block's bytes.
struct FileRecord {
    /// Of the key: path and deletion vector.
    var hash: UInt64 = 0
    /// -1 where the action has none.
    var byteCount: Int64 = -1
    /// When the file was written, or removed; -1 where the action does not say.
    var milliseconds: Int64 = -1
    /// As written in the log, JSON escapes resolved.
    var path = TextSlice()
    /// What tells the file from others; often the path itself.
    var key = TextSlice()
    /// A JSON object; empty for `{}`.
    var partitionValues = TextSlice()
    /// The statistics' JSON text.
    var stats = TextSlice()
    /// The whole action as a JSON object, only where it has one of the rare fields.
    var action = TextSlice()
    var flags: Flags = []

    struct Flags: OptionSet {
        let rawValue: UInt32
        static let isRemove = Flags(rawValue: 1)
        static let dataChange = Flags(rawValue: 2)
        static let hasPartitionValues = Flags(rawValue: 4)
        static let hasStats = Flags(rawValue: 8)
    }

    /// Bytes of all texts; the key counted as if it were always one of its own.
    var textByteCount: Int {
        [path, key, partitionValues, stats, action].reduce(0) { $0 + Int($1.length) }
    }

    var isRemove: Bool { flags.contains(.isRemove) }
}

/// The file actions of one commit or of a piece of a checkpoint; never changed once made.
///
/// The unit that snapshots share: 72 bytes and the texts themselves for each file.
final class FileBlock: Sendable {
    let bytes: [UInt8]
    let records: [FileRecord]

    init(bytes: [UInt8], records: [FileRecord]) {
        self.bytes = bytes
        self.records = records
    }

    func text(_ slice: TextSlice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }

    /// Whether two records are about the same file with the same deletion vector.
    static func sameKey(_ a: FileBlock, _ i: Int, _ b: FileBlock, _ j: Int) -> Bool {
        let (left, right) = (a.records[i].key.range, b.records[j].key.range)
        guard a.records[i].hash == b.records[j].hash, left.count == right.count else { return false }
        return a.bytes.withUnsafeBufferPointer { x in
            b.bytes.withUnsafeBufferPointer { y in
                (0..<left.count).allSatisfy { x[left.lowerBound + $0] == y[right.lowerBound + $0] }
            }
        }
    }
}

/// A 64-bit hash of a file's key.
///
/// Not against an attacker: equal hashes are always compared byte by byte.
func keyHash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
    var index = 0
    let raw = UnsafeRawPointer(bytes)
    func mix(_ word: UInt64) {
        hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 32
    }
    while index + 8 <= count {
        mix(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
    }
    if index < count {
        var tail: UInt64 = 0
        while index < count {
            tail = tail << 8 | UInt64(bytes[index])
            index += 1
        }
        mix(tail)
    }
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return hash ^ (hash >> 33)
}
