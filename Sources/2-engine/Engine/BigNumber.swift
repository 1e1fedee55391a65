/// A whole number of any length, as DuckDB's `BIGNUM` vectors hold it.
///
/// Three bytes of header, whose top bit is set for numbers that are not negative, then the size in bytes, most
/// significant first; all bits of a negative number are inverted.
struct BigNumber {
    private let isNegative: Bool
    private var magnitude: [UInt8]

    init(_ bytes: UnsafeRawBufferPointer) {
        isNegative = bytes.first.map { $0 & 0x80 == 0 } ?? false
        let flip: UInt8 = isNegative ? 0xFF : 0
        magnitude = bytes.dropFirst(3).map { $0 ^ flip }
    }

    /// Appends the decimal digits.
    func append(to out: inout [UInt8]) {
        // Nine digits a round: 32-bit limbs divided by 10^9.
        var limbs: [UInt32] = []
        for byte in magnitude.reversed().enumerated() {
            if byte.offset % 4 == 0 { limbs.append(0) }
            limbs[byte.offset / 4] |= UInt32(byte.element) << (8 * (byte.offset % 4))
        }
        var groups: [UInt64] = []
        while let top = limbs.last {
            if top == 0 {
                limbs.removeLast()
                continue
            }
            var rest: UInt64 = 0
            for index in limbs.indices.reversed() {
                let value = rest << 32 | UInt64(limbs[index])
                limbs[index] = UInt32(value / 1_000_000_000)
                rest = value % 1_000_000_000
            }
            groups.append(rest)
        }
        if isNegative { out.append(UInt8(ascii: "-")) }
        ValueText.appendDigits(groups.last ?? 0, atLeast: 1, to: &out)
        for group in groups.dropLast().reversed() { ValueText.appendDigits(group, atLeast: 9, to: &out) }
    }
}

extension EngineColumn {
    func bigNumber(_ row: Int) -> BigNumber { BigNumber(UnsafeRawBufferPointer(bytes(row))) }
}
