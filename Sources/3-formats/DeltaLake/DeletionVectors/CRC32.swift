/// The checksum of ISO 3309, as zlib and `java.util.zip.CRC32` compute it.
enum CRC32 {
    /// Four tables, so that four bytes are taken at a time.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 4 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[byte] = value
        }
        for table in 1..<4 {
            for byte in 0..<256 {
                let value = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = value >> 8 ^ tables[Int(value & 255)]
            }
        }
        return tables
    }()

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            tables.withUnsafeBufferPointer { table in
                var sum = UInt32.max
                var index = 0
                while index + 4 <= raw.count {
                    sum ^= UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt32.self))
                    sum =
                        table[768 + Int(sum & 255)] ^ table[512 + Int(sum >> 8 & 255)]
                        ^ table[256 + Int(sum >> 16 & 255)] ^ table[Int(sum >> 24)]
                    index += 4
                }
                while index < raw.count {
                    sum = sum >> 8 ^ table[Int((sum ^ UInt32(raw[index])) & 255)]
                    index += 1
                }
                return ~sum
            }
        }
    }
}
