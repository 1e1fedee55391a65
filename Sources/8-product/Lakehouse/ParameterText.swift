package import Base
package import Engine

/// Statement parameters as a person types them: `name=value`.
package enum ParameterText {
    /// Name and value of `name=value`.
    ///
    /// Whole numbers, decimals, `true`, `false` and `null` are taken as what they look like, everything else as text;
    /// in single quotes anything is text: `zip='01234'`.
    ///
    /// - Parameter text: The name may begin with `$` or `:`.
    /// - Returns: The name without sign, and the value.
    /// - Throws: `.invalidInput` if there is no name.
    package static func parse(_ text: String) throws(TarnError) -> (name: String, value: EngineValue) {
        guard let equals = text.firstIndex(of: "=") else { throw wrong(text) }
        var name = text[..<equals]
        if name.first == "$" || name.first == ":" { name = name.dropFirst() }
        let isName = name.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
        if name.isEmpty || !isName { throw wrong(text) }
        return (String(name), value(String(text[text.index(after: equals)...])))
    }

    static func value(_ text: String) -> EngineValue {
        if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") {
            return .string(String(text.dropFirst().dropLast()).replacing("''", with: "'"))
        }
        switch text.lowercased() {
        case "null": return .null
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return .string(text)
        }
        if let number = Int64(text) { return .int64(number) }
        if let decimal = decimal(text) { return decimal }
        let isNumeric = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        if isNumeric, let number = Double(text) { return .double(number) }
        return .string(text)
    }

    /// A decimal with exactly the digits that are written; `nil` if it is none, or has more than 38.
    package static func decimal(_ text: String) -> EngineValue? {
        var digits = text[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let scale = parts.count == 2 ? parts[1].utf8.count : 0
        let all = parts.joined()
        guard (1...38).contains(all.utf8.count), all.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int128(all)
        else { return nil }
        return .decimal(unscaled: isNegative ? -number : number, precision: all.utf8.count, scale: scale)
    }

    private static func wrong(_ text: String) -> TarnError {
        TarnError(.invalidInput, "'\(text)' is no parameter: write NAME=VALUE, for example carrier=UA.")
    }
}
