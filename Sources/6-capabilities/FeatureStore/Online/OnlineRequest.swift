internal import Base

/// A request for online features, found in its JSON text in one pass that copies no value.
///
/// The scanner takes well-formed JSON of the right shape; for anything else it gives up, and the caller finds out with
/// the full parser what to say.
struct OnlineRequest {
    /// The raw JSON of `features`.
    var features: Range<Int>?
    /// The raw JSON of `feature_service`.
    var service: Range<Int>?
    var fullNames = false
    var includesVersions = false
    var columns: [Column] = []
    /// The values of all columns, one column after another.
    var values: [Value] = []

    struct Column {
        /// The raw JSON of the name.
        var name: Range<Int>
        var values: Range<Int>
    }

    struct Value {
        enum Kind: UInt8 { case null, boolean, integer, number, text, escapedText, nested }
        var kind: Kind
        /// Where its JSON is, a text's quotes included.
        var start: Int32
        var end: Int32
    }

    /// - Returns: `nil` if the text is not JSON, or not such a request.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.count > Int(Int32.max) { return nil }
        var scanner = JSONScanner(bytes)
        guard read(&scanner), scanner.isAtEnd else { return nil }
    }

    private mutating func read(_ scanner: inout JSONScanner) -> Bool {
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        if scanner.take(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = scanner.string() else { return false }
            guard scanner.take(UInt8(ascii: ":")) else { return false }
            if scanner.equals(name, "\"entities\"") {
                if scanner.takeNull() { continue }
                guard columns.isEmpty, readEntities(&scanner) else { return false }
                continue
            }
            guard let value = scanner.value() else { return false }
            if value.kind == .null { continue }
            let range = Int(value.start)..<Int(value.end)
            if scanner.equals(name, "\"features\"") { features = range }
            if scanner.equals(name, "\"feature_service\"") { service = range }
            if scanner.equals(name, "\"full_feature_names\"") {
                guard value.kind == .boolean else { return false }
                fullNames = scanner.equals(range, "true")
            }
            if scanner.equals(name, "\"include_feature_view_version_metadata\"") {
                guard value.kind == .boolean else { return false }
                includesVersions = scanner.equals(range, "true")
            }
        } while scanner.take(UInt8(ascii: ","))
        return scanner.take(UInt8(ascii: "}"))
    }

    private mutating func readEntities(_ scanner: inout JSONScanner) -> Bool {
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        if scanner.take(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = scanner.string(), scanner.take(UInt8(ascii: ":")),
                scanner.take(UInt8(ascii: "["))
            else {
                return false
            }
            let start = values.count
            if !scanner.take(UInt8(ascii: "]")) {
                repeat {
                    guard let value = scanner.value() else { return false }
                    values.append(value)
                } while scanner.take(UInt8(ascii: ","))
                guard scanner.take(UInt8(ascii: "]")) else { return false }
            }
            columns.append(Column(name: name, values: start..<values.count))
        } while scanner.take(UInt8(ascii: ","))
        return scanner.take(UInt8(ascii: "}"))
    }
}

/// Walks through JSON and says where things are; checks the grammar but not the strings' UTF-8.
package struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether the bytes are one JSON value.
    package static func accepts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scanner = JSONScanner(bytes)
        return scanner.value() != nil && scanner.isAtEnd
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte > 0x20 || !(byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09) { return }
            position += 1
        }
    }

    /// Takes `byte` if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func takeNull() -> Bool {
        skipSpace()
        return word("null")
    }

    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where bytes[range.lowerBound + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// A string with its quotes.
    mutating func string() -> Range<Int>? {
        skipSpace()
        guard let value = text() else { return nil }
        return Int(value.start)..<Int(value.end)
    }

    mutating func value(depth: Int = 0) -> OnlineRequest.Value? {
        skipSpace()
        guard depth < 64, position < bytes.count else { return nil }
        let start = position
        switch bytes[position] {
        case UInt8(ascii: "\""): return text()
        case UInt8(ascii: "n"): return word("null") ? made(.null, start) : nil
        case UInt8(ascii: "t"): return word("true") ? made(.boolean, start) : nil
        case UInt8(ascii: "f"): return word("false") ? made(.boolean, start) : nil
        case UInt8(ascii: "["):
            position += 1
            if take(UInt8(ascii: "]")) { return made(.nested, start) }
            repeat {
                guard value(depth: depth + 1) != nil else { return nil }
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? made(.nested, start) : nil
        case UInt8(ascii: "{"):
            position += 1
            if take(UInt8(ascii: "}")) { return made(.nested, start) }
            repeat {
                guard string() != nil, take(UInt8(ascii: ":")), value(depth: depth + 1) != nil else {
                    return nil
                }
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) ? made(.nested, start) : nil
        default: return number()
        }
    }

    private func made(_ kind: OnlineRequest.Value.Kind, _ start: Int) -> OnlineRequest.Value {
        .init(
            kind: kind, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: position))
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, equals(position..<end, word) else { return false }
        position = end
        return true
    }

    private mutating func text() -> OnlineRequest.Value? {
        let start = position
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        var kind = OnlineRequest.Value.Kind.text
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return made(kind, start) }
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\\") {
                kind = .escapedText
                guard escape() else { return nil }
            }
        }
        return nil
    }

    private mutating func escape() -> Bool {
        guard position < bytes.count else { return false }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard position + 4 <= bytes.count else { return false }
            for offset in 0..<4 where !Self.isHexadecimal(bytes[position + offset]) { return false }
            position += 4
            return true
        default: return false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private mutating func digits() -> Int {
        let start = position
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
        return position - start
    }

    private mutating func number() -> OnlineRequest.Value? {
        let start = position
        var kind = OnlineRequest.Value.Kind.integer
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        let count = digits()
        if count == 0 || (count > 1 && bytes[first] == UInt8(ascii: "0")) { return nil }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            kind = .number
            position += 1
            if digits() == 0 { return nil }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            kind = .number
            position += 1
            if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
                position += 1
            }
            if digits() == 0 { return nil }
        }
        return made(kind, start)
    }
}
