import Base

/// Unpacks DEFLATE (RFC 1951) and gzip (RFC 1952): how Iceberg's writers pack manifests and metadata files.
///
/// Output is bounded, so that a small hostile file cannot fill the memory.
enum Inflate {
    /// No metadata of a table comes near to it.
    static let byteLimit = 1 << 30

    /// - Throws: `DamagedData` for text that is no DEFLATE stream or unpacks to more than the limit.
    static func deflate(_ bytes: ArraySlice<UInt8>) throws(DamagedData) -> [UInt8] {
        var stream = BitStream(bytes)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 4)
        while try block(&stream, &out) {}
        return out
    }

    /// Whether the bytes begin as a gzip file does.
    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B, 8]) }

    /// The first member of a gzip file; its checksum is left alone, for the JSON within would not parse.
    static func gzip(_ bytes: [UInt8]) throws(DamagedData) -> [UInt8] {
        guard isGzip(bytes), bytes.count >= 18 else { throw DamagedData("it is no gzip file") }
        let flags = bytes[3]
        var position = 10
        if flags & 4 != 0 {
            position += 2 + Int(bytes[position]) + Int(bytes[position + 1]) << 8
        }
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            while position < bytes.count, bytes[position] != 0 { position += 1 }
            position += 1
        }
        if flags & 2 != 0 { position += 2 }
        guard position < bytes.count else { throw DamagedData("its gzip header has no end") }
        return try deflate(bytes[position...])
    }

    /// Unpacks one block; `false` after the last.
    private static func block(_ stream: inout BitStream, _ out: inout [UInt8]) throws(DamagedData) -> Bool {
        let isLast = try stream.bits(1) == 1
        switch try stream.bits(2) {
        case 0: try stored(&stream, &out)
        case 1: try packed(&stream, &out, fixedLiterals, fixedDistances)
        case 2:
            let (literals, distances) = try codes(&stream)
            try packed(&stream, &out, literals, distances)
        default: throw DamagedData("a packed block is of no known kind")
        }
        return !isLast
    }

    private static func stored(_ stream: inout BitStream, _ out: inout [UInt8]) throws(DamagedData) {
        let header = try stream.wholeBytes(4)
        let count = Int(header[header.startIndex]) | Int(header[header.startIndex + 1]) << 8
        try check(out.count + count)
        out.append(contentsOf: try stream.wholeBytes(count))
    }

    private static func packed(
        _ stream: inout BitStream, _ out: inout [UInt8], _ literals: PrefixCode, _ distances: PrefixCode
    ) throws(DamagedData) {
        while true {
            let symbol = try literals.next(&stream)
            if symbol < 256 {
                out.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < lengthBases.count else { throw DamagedData("a packed length is too large") }
            let length = lengthBases[symbol - 257] + (try stream.bits(lengthExtras[symbol - 257]))
            let code = try distances.next(&stream)
            guard code < distanceBases.count else { throw DamagedData("a packed distance is too large") }
            let distance = distanceBases[code] + (try stream.bits(distanceExtras[code]))
            guard distance <= out.count else {
                throw DamagedData("a packed distance points before the start")
            }
            try check(out.count + length)
            // One by one: the copy may overlap itself.
            for _ in 0..<length { out.append(out[out.count - distance]) }
        }
    }

    private static func check(_ count: Int) throws(DamagedData) {
        if count > byteLimit { throw DamagedData("it unpacks to more than \(byteLimit) bytes") }
    }

    private static func codes(_ stream: inout BitStream) throws(DamagedData) -> (PrefixCode, PrefixCode) {
        let literalCount = try stream.bits(5) + 257
        let distanceCount = try stream.bits(5) + 1
        let lengthCount = try stream.bits(4) + 4
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in lengthOrder.prefix(lengthCount) { lengths[place] = UInt8(try stream.bits(3)) }
        let lengthCode = PrefixCode(lengths)
        var all: [UInt8] = []
        while all.count < literalCount + distanceCount {
            let symbol = try lengthCode.next(&stream)
            switch symbol {
            case 0..<16: all.append(UInt8(symbol))
            case 16:
                guard let last = all.last else { throw DamagedData("a code length repeats nothing") }
                all.append(contentsOf: repeatElement(last, count: 3 + (try stream.bits(2))))
            case 17: all.append(contentsOf: repeatElement(0, count: 3 + (try stream.bits(3))))
            default: all.append(contentsOf: repeatElement(0, count: 11 + (try stream.bits(7))))
            }
        }
        guard all.count == literalCount + distanceCount else {
            throw DamagedData("there are too many code lengths")
        }
        return (PrefixCode(all[..<literalCount]), PrefixCode(all[literalCount...]))
    }

    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195, 227, 258,
    ]
    private static let lengthExtras = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
        4097, 6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceExtras = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    private static let fixedLiterals = PrefixCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = PrefixCode([UInt8](repeating: 5, count: 30))
}

/// Bytes that are not what they should be; the caller knows of which file.
struct DamagedData: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A canonical prefix code: symbols by the lengths of their codes.
private struct PrefixCode {
    /// Codes of each length, from 0 to 15.
    private var counts = [Int](repeating: 0, count: 16)
    /// Ordered by code.
    private var symbols: [Int] = []

    init(_ lengths: some Collection<UInt8>) {
        for length in 1...15 {
            for (symbol, own) in lengths.enumerated() where own == length {
                counts[length] += 1
                symbols.append(symbol)
            }
        }
    }

    /// Reads bit by bit: among the codes of one length the first is known, and the others follow it.
    func next(_ stream: inout BitStream) throws(DamagedData) -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1...15 {
            code |= try stream.bits(1)
            let count = counts[length]
            if code - first < count { return symbols[index + code - first] }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw DamagedData("a packed code is unknown")
    }
}

/// Bits of bytes, lowest first.
private struct BitStream {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var buffer: UInt32 = 0
    private var count = 0

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func bits(_ wanted: Int) throws(DamagedData) -> Int {
        while count < wanted {
            guard position < bytes.endIndex else { throw DamagedData("it ends too early") }
            buffer |= UInt32(bytes[position]) << UInt32(count)
            position += 1
            count += 8
        }
        let value = buffer & ((1 << UInt32(wanted)) - 1)
        buffer >>= UInt32(wanted)
        count -= wanted
        return Int(value)
    }

    /// Bytes from the next whole one on.
    mutating func wholeBytes(_ wanted: Int) throws(DamagedData) -> ArraySlice<UInt8> {
        position -= count / 8
        (buffer, count) = (0, 0)
        guard wanted <= bytes.endIndex - position else { throw DamagedData("it ends too early") }
        defer { position += wanted }
        return bytes[position..<(position + wanted)]
    }
}
