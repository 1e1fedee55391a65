/// What a person pressed.
package enum Key: Hashable, Sendable {
    case character(Character)
    case enter, tab, backspace, delete
    case left, right, up, down, home, end
    case wordLeft, wordRight
    /// A letter with the control key held, in lower case.
    case control(Character)
}

/// Turns the bytes of a terminal in raw mode into keys.
///
/// Keeps the start of a character or of an escape sequence until its rest comes. Unknown sequences are dropped whole,
/// so that they never appear as text.
package struct KeyDecoder: Sendable {
    private var pending: [UInt8] = []

    package init() {}

    package mutating func keys(in bytes: some Sequence<UInt8>) -> [Key] {
        pending.append(contentsOf: bytes)
        var keys: [Key] = []
        var position = 0
        while position < pending.count {
            guard let (key, length) = next(pending[position...]) else { break }
            if let key { keys.append(key) }
            position += length
        }
        pending.removeFirst(position)
        return keys
    }

    /// The first key and its length in bytes; `nil` if more bytes are needed.
    private func next(_ bytes: ArraySlice<UInt8>) -> (key: Key?, length: Int)? {
        guard let first = bytes.first else { return nil }
        switch first {
        case 0x1B: return escape(bytes)
        case 0x0D, 0x0A: return (.enter, 1)
        case 0x09: return (.tab, 1)
        case 0x7F, 0x08: return (.backspace, 1)
        case 0x00: return (nil, 1)
        case 0x01..<0x1B: return (.control(Character(UnicodeScalar(first + 0x60))), 1)
        case 0x1C..<0x20: return (nil, 1)
        case 0x20..<0x80: return (.character(Character(UnicodeScalar(first))), 1)
        default: return multibyte(bytes, first)
        }
    }

    private func multibyte(_ bytes: ArraySlice<UInt8>, _ first: UInt8) -> (key: Key?, length: Int)? {
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
        if bytes.count < length { return nil }
        guard length > 1, let text = String(validating: bytes.prefix(length), as: UTF8.self),
            let character = text.first
        else { return (nil, 1) }
        return (.character(character), length)
    }

    private func escape(_ bytes: ArraySlice<UInt8>) -> (key: Key?, length: Int)? {
        let rest = Array(bytes.dropFirst())
        guard let kind = rest.first else { return nil }
        switch kind {
        case UInt8(ascii: "b"): return (.wordLeft, 2)
        case UInt8(ascii: "f"): return (.wordRight, 2)
        case 0x7F: return (.control("w"), 2)
        case UInt8(ascii: "O"), UInt8(ascii: "["): break
        default: return (nil, 2)
        }
        // Parameters, then one final byte in 0x40...0x7E (ECMA-48, 5.4).
        guard let finalIndex = rest.dropFirst().firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            return rest.count > 16 ? (nil, bytes.count) : nil
        }
        let parameters = String(decoding: rest[1..<finalIndex], as: UTF8.self)
        return (named(parameters, rest[finalIndex]), finalIndex + 2)
    }

    private func named(_ parameters: String, _ final: UInt8) -> Key? {
        let isModified = parameters.hasPrefix("1;")
        switch (UnicodeScalar(final), parameters) {
        case ("A", _): return .up
        case ("B", _): return .down
        case ("C", _): return isModified ? .wordRight : .right
        case ("D", _): return isModified ? .wordLeft : .left
        case ("H", _), ("~", "1"), ("~", "7"): return .home
        case ("F", _), ("~", "4"), ("~", "8"): return .end
        case ("~", "3"): return .delete
        default: return nil
        }
    }
}
