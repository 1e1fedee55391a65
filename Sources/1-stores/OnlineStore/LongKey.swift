/// Where a row lives whose key is longer than LMDB allows.
///
/// Its place is the key's 128-bit hash and a number; the value begins with the whole key, so that two keys with one
/// hash are told apart and take the numbers 0, 1, 2 and so on.
struct LongKey {
    /// Kind, view (4 bytes, big endian), hash (16 bytes), number (2 bytes, big endian).
    private(set) var place: [UInt8]

    /// Makes the first place for `key`, a whole key of `OnlineKeys`, prefix included.
    init(_ key: UnsafeRawBufferPointer, hash: LongKeyHash) {
        place = [KeyKind.longRow.rawValue]
        place += key[1..<OnlineKeys.prefixByteCount]
        let (high, low) = hash(UnsafeRawBufferPointer(rebasing: key[OnlineKeys.prefixByteCount...]))
        for half in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                place.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
            }
        }
        place += [0, 0]
    }

    /// Goes to the next number; `false` when all 65,536 are used up.
    mutating func advance() -> Bool {
        let end = place.count
        let number = UInt16(place[end - 2]) << 8 | UInt16(place[end - 1])
        if number == .max { return false }
        place[end - 2] = UInt8((number + 1) >> 8)
        place[end - 1] = UInt8((number + 1) & 0xFF)
        return true
    }

    /// The stored value: length of the key (4 bytes, little endian), the key, the row's value.
    static func value(key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> [UInt8] {
        let name = key[OnlineKeys.prefixByteCount...]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + name.count + value.count)
        withUnsafeBytes(of: UInt32(name.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
        return bytes
    }

    /// The row's value if the stored one is that of `key`; `nil` if it is of another key with the same hash.
    static func match(_ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer)
        -> UnsafeRawBufferPointer?
    {
        guard stored.count >= 4 else { return nil }
        let length = Int(UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self)))
        guard stored.count >= 4 + length,
            stored[4..<(4 + length)].elementsEqual(key[OnlineKeys.prefixByteCount...])
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: stored[(4 + length)...])
    }
}

package typealias LongKeyHash = @Sendable (UnsafeRawBufferPointer) -> (UInt64, UInt64)

/// Two FNV-1a hashes from different starts, each mixed at the end: the same on every machine, part of the format.
package let standardLongKeyHash: LongKeyHash = { bytes in
    var (a, b): (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x6C62_272E_07BB_0142)
    for byte in bytes {
        a = (a ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        b = (b &* 0x0000_0100_0000_01B3) ^ UInt64(byte)
    }
    func mixed(_ value: UInt64) -> UInt64 {
        var z = value ^ (value >> 30)
        z = z &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    return (mixed(a), mixed(b))
}
