import Base
import Crypto

/// A token as its owner holds it: `tarn_`, 43 characters of randomness, 6 of a checksum.
///
/// The prefix lets scanners of repositories find a token that leaked; the checksum lets them, and Tarn, tell a token
/// from something that only looks like one without asking the metastore.
package struct TokenSecret: Sendable {
    package static let prefix = "tarn_"
    /// 62^43 > 2^256.
    private static let randomLength = 43
    private static let checksumLength = 6
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// All of it, to be shown once.
    package let text: String

    /// A new secret of 256 random bits.
    init(_ random: any RandomSource) {
        var words = (0..<4).map { _ in random.next() }
        var characters: [UInt8] = []
        for _ in 0..<Self.randomLength { characters.append(Self.digits[Self.divide(&words, by: 62)]) }
        let body = String(decoding: characters, as: UTF8.self)
        text = Self.prefix + body + Self.checksum(of: body)
    }

    /// Takes what a caller sent; `nil` if it cannot be a token of Tarn's.
    package init?(_ text: String) {
        let expected = Self.prefix.utf8.count + Self.randomLength + Self.checksumLength
        guard text.utf8.count == expected, text.hasPrefix(Self.prefix) else { return nil }
        let body = String(text.dropFirst(Self.prefix.count).prefix(Self.randomLength))
        guard text.hasSuffix(Self.checksum(of: body)) else { return nil }
        self.text = text
    }

    /// SHA-256 of all of it: the only thing that is kept.
    ///
    /// The secret has 256 random bits, so a slow hash would protect nothing more.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    private static func checksum(of body: String) -> String {
        var value = SHA256.hash(data: Array((prefix + body).utf8)).prefix(4).reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        var characters: [UInt8] = []
        for _ in 0..<checksumLength {
            characters.append(digits[Int(value % 62)])
            value /= 62
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Divides a number of several words, highest first, in place; the remainder.
    private static func divide(_ words: inout [UInt64], by divisor: UInt64) -> Int {
        var remainder: UInt64 = 0
        for index in words.indices {
            (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
        }
        return Int(remainder)
    }
}

/// Compares in a time that does not depend on where the bytes differ.
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    if left.count != right.count { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
}
