/// Unpacks Snappy's block format, which some writers pack Avro blocks with.
enum Snappy {
    /// - Throws: `DamagedData` for a block that is not whole.
    static func unpack(_ bytes: ArraySlice<UInt8>) throws(DamagedData) -> [UInt8] {
        var position = bytes.startIndex
        func byte() throws(DamagedData) -> Int {
            guard position < bytes.endIndex else { throw DamagedData("a Snappy block ends too early") }
            defer { position += 1 }
            return Int(bytes[position])
        }
        func number(byteCount: Int) throws(DamagedData) -> Int {
            var value = 0
            for place in 0..<byteCount { value |= try byte() << (8 * place) }
            return value
        }
        var (size, shift) = (0, 0)
        while true {
            let next = try byte()
            size |= (next & 0x7F) << shift
            if next < 0x80 { break }
            shift += 7
            if shift > 28 { throw DamagedData("a Snappy block has no size") }
        }
        guard size <= Inflate.byteLimit else { throw DamagedData("a Snappy block is too large") }
        var out: [UInt8] = []
        out.reserveCapacity(size)
        while position < bytes.endIndex {
            let tag = try byte()
            if tag & 3 == 0 {
                var length = tag >> 2
                if length >= 60 { length = try number(byteCount: length - 59) }
                length += 1
                guard length <= bytes.endIndex - position else {
                    throw DamagedData("a Snappy block ends too early")
                }
                out.append(contentsOf: bytes[position..<(position + length)])
                position += length
                continue
            }
            let (length, offset): (Int, Int)
            switch tag & 3 {
            case 1: (length, offset) = ((tag >> 2) & 7 + 4, (tag >> 5) << 8 | (try byte()))
            case 2: (length, offset) = (tag >> 2 + 1, try number(byteCount: 2))
            default: (length, offset) = (tag >> 2 + 1, try number(byteCount: 4))
            }
            guard offset > 0, offset <= out.count, out.count + length <= size else {
                throw DamagedData("a Snappy block points outside itself")
            }
            for _ in 0..<length { out.append(out[out.count - offset]) }
        }
        guard out.count == size else { throw DamagedData("a Snappy block has not the size that it says") }
        return out
    }
}
