/// The percent-encoding of file paths in the log.
///
/// Delta protocol, "Add File and Remove File": a path is a URI reference by RFC 2396. Encoded is what Java's `Path`
/// encodes: everything that a URI's path may not hold, `%` included; UTF-8 beyond ASCII stays as it is.
package enum PathEncoding {
    /// The path with `%XX` resolved; a `%` that starts no such escape stays.
    package static func decode(_ raw: String) -> String {
        if !raw.utf8.contains(UInt8(ascii: "%")) { return raw }
        let bytes = Array(raw.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        bytes.withUnsafeBufferPointer { decode($0) { out.append($0) } }
        // Bytes that are no UTF-8 cannot be named here; such a path is kept as it was written.
        return String(validating: out, as: UTF8.self) ?? raw
    }

    /// The path as the log writes it.
    package static func encode(_ path: String) -> String {
        if path.utf8.allSatisfy({ isPlain($0) }) { return path }
        var out: [UInt8] = []
        out.reserveCapacity(path.utf8.count + 16)
        for byte in path.utf8 {
            if isPlain(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(hexDigits[Int(byte >> 4)])
                out.append(hexDigits[Int(byte & 15)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    static let hexDigits = Array("0123456789ABCDEF".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
        // RFC 2396: mark characters, and what a path segment may hold besides them; "/" divides segments.
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "~"),
            UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ":"),
            UInt8(ascii: "@"), UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "$"),
            UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, _ emit: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
                let low = hexValue(bytes[index + 2])
            {
                emit(high << 4 | low)
                index += 3
            } else {
                emit(byte)
                index += 1
            }
        }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
