/// A set of paths of which only 64-bit hashes are kept: 16 bytes a path or less, for sets of millions.
///
/// It never denies a path that was added. It may claim one that was not, once in some 10^13 questions about a million
/// paths: good enough to protect files, never to delete them.
struct PathSet: Sendable {
    /// 0 is free; a hash of 0 is kept as 1.
    private var slots: [UInt64] = []
    private(set) var count = 0

    init() {}

    mutating func reserve(_ count: Int) {
        var size = 16
        while size < count * 2 { size *= 2 }
        if size > slots.count { resize(to: size) }
    }

    mutating func insert(_ path: String) {
        if slots.count < (count + 1) * 2 { resize(to: max(16, slots.count * 2)) }
        let hash = Self.hash(path)
        if Self.place(hash, in: &slots) { count += 1 }
    }

    func contains(_ path: String) -> Bool {
        if slots.isEmpty { return false }
        let hash = Self.hash(path)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] == hash { return true }
            slot = (slot + 1) & mask
        }
        return false
    }

    /// - Returns: Whether it was not there before.
    private static func place(_ hash: UInt64, in slots: inout [UInt64]) -> Bool {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if slots[slot] == hash { return false }
            slot = (slot + 1) & mask
        }
        slots[slot] = hash
        return true
    }

    private mutating func resize(to size: Int) {
        var larger = [UInt64](repeating: 0, count: size)
        for hash in slots where hash != 0 { _ = Self.place(hash, in: &larger) }
        slots = larger
    }

    private static func hash(_ path: String) -> UInt64 {
        var path = path
        let hash = path.withUTF8 { bytes in
            var hash: UInt64 = 0x51_7C_C1_B7_27_22_0A_95 ^ UInt64(truncatingIfNeeded: bytes.count)
            let raw = UnsafeRawBufferPointer(bytes)
            var index = 0
            while index + 8 <= raw.count {
                hash = mix(hash, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            var tail: UInt64 = 0
            while index < raw.count {
                tail = tail << 8 | UInt64(raw[index])
                index += 1
            }
            return mix(mix(hash, tail), 0x9E37_79B9_7F4A_7C15)
        }
        return max(1, hash)
    }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return high ^ low &+ 0x2545_F491_4F6C_DD1D
    }
}
