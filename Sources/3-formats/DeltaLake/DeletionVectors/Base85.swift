/// The text form of bytes in deletion vector descriptors: Z85, five characters for four bytes.
///
/// Delta protocol, "Deletion Vector Descriptor Schema".
enum Base85 {
    private static let alphabet = Array(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)
    /// The value of each character; 255 where it is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    /// The text of the bytes, filled up with zeros to a multiple of four.
    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 3) / 4 * 5)
        for start in stride(from: 0, to: bytes.count, by: 4) {
            var word: UInt32 = 0
            for index in start..<start + 4 {
                word = word << 8 | UInt32(index < bytes.count ? bytes[index] : 0)
            }
            var group = [UInt8](repeating: 0, count: 5)
            for place in (0..<5).reversed() {
                group[place] = alphabet[Int(word % 85)]
                word /= 85
            }
            out.append(contentsOf: group)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of a text; `nil` if it is not Z85.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 5 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(characters.count / 5 * 4)
        for start in stride(from: 0, to: characters.count, by: 5) {
            var word: UInt64 = 0
            for character in characters[start..<start + 5] {
                let value = values[Int(character)]
                if value == 255 { return nil }
                word = word * 85 + UInt64(value)
            }
            if word > UInt64(UInt32.max) { return nil }
            for shift in [24, 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        return out
    }

    /// The 20 characters of a UUID's 16 bytes; `nil` if the text is no UUID.
    static func encode(uuid: String) -> String? {
        let digits = Array(uuid.utf8.filter { $0 != UInt8(ascii: "-") })
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let high = PathEncoding.hexValue(digits[index]),
                let low = PathEncoding.hexValue(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return encode(bytes)
    }

    /// The UUID in lower case that 20 characters stand for; `nil` if they stand for none.
    static func decodeUUID(_ text: some StringProtocol) -> String? {
        guard text.utf8.count == 20, let bytes = decode(text) else { return nil }
        let hex = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { out.append(UInt8(ascii: "-")) }
            out.append(hex[Int(byte >> 4)])
            out.append(hex[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
