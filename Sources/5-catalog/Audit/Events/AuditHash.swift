internal import Crypto
internal import Foundation

/// A SHA-256 hash: what ties a line to all lines before it.
package struct AuditHash: Hashable, Sendable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The hash of a chain's line: SHA-256 of the hash before it and the line's canonical bytes.
    static func next(after previous: AuditHash, _ canonical: UnsafeRawBufferPointer) -> AuditHash {
        var hasher = SHA256()
        previous.withBytes { hasher.update(bufferPointer: $0) }
        hasher.update(bufferPointer: canonical)
        return AuditHash(hasher.finalize())
    }

    static func next(after previous: AuditHash, _ canonical: [UInt8]) -> AuditHash {
        canonical.withUnsafeBytes { next(after: previous, $0) }
    }

    /// What stands before a chain's first line.
    static func genesis(of chain: String) -> AuditHash {
        AuditHash(SHA256.hash(data: Data("tarn audit 1 \(chain)".utf8)))
    }

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        }
    }

    /// Reads 64 digits in lower case; `nil` for anything else.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 64 else { return nil }
        var values: [UInt64] = [0, 0, 0, 0]
        for (place, digit) in hex.enumerated() {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            default: return nil
            }
            values[place / 16] = values[place / 16] << 4 | UInt64(value)
        }
        words = (values[0].bigEndian, values[1].bigEndian, values[2].bigEndian, values[3].bigEndian)
    }

    package init?(hex: String) { self.init(hex: Array(hex.utf8)) }

    private func withBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        withUnsafeBytes(of: words, body)
    }

    private static let digits = Array("0123456789abcdef".utf8)

    func writeHex(to out: inout [UInt8]) {
        withBytes { bytes in
            for byte in bytes {
                out.append(Self.digits[Int(byte >> 4)])
                out.append(Self.digits[Int(byte & 15)])
            }
        }
    }

    /// Writes the digits over 64 bytes that are there.
    func writeHex(over out: inout [UInt8], at start: Int) {
        withBytes { bytes in
            for (place, byte) in bytes.enumerated() {
                out[start + 2 * place] = Self.digits[Int(byte >> 4)]
                out[start + 2 * place + 1] = Self.digits[Int(byte & 15)]
            }
        }
    }

    package var description: String {
        var bytes: [UInt8] = []
        writeHex(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func == (a: AuditHash, b: AuditHash) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
