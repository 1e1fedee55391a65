/// How many columns a text takes on a terminal.
///
/// ```swift
/// textWidth("naïve")   // 5, however the ï is composed
/// textWidth("東京")     // 4
/// ```
package func textWidth(_ text: String) -> Int {
    if isPlainASCII(text) { return text.utf8.count }
    return text.reduce(0) { $0 + characterWidth($1) }
}

/// The columns of one grapheme cluster: 0, 1 or 2.
///
/// Follows Unicode's East Asian Width (wide and full-width take two columns), takes emoji as two, and counts marks,
/// joiners and control characters as none.
package func characterWidth(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.value < 0x7F { return first.value < 0x20 ? 0 : hasEmojiSelector(scalars) ? 2 : 1 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .format, .lineSeparator, .paragraphSeparator: return 0
    default: break
    }
    return isWide(first) || hasEmojiSelector(scalars) ? 2 : 1
}

private func isPlainASCII(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
}

/// VARIATION SELECTOR-16 asks for the coloured, wide form.
private func hasEmojiSelector(_ scalars: Character.UnicodeScalarView) -> Bool {
    scalars.dropFirst().contains("\u{FE0F}")
}

private func isWide(_ scalar: UnicodeScalar) -> Bool {
    if scalar.value < 0x1100 { return false }
    if scalar.properties.isEmojiPresentation { return true }
    var (low, high) = (0, wideRanges.count)
    while low < high {
        let middle = (low + high) / 2
        if wideRanges[middle].upperBound < scalar.value { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].contains(scalar.value)
}

/// Blocks whose East Asian Width is W or F, unassigned code points between them included, in order.
///
/// Unicode 16, EastAsianWidth.txt. Single emoji are found by their own property.
private let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x16FE0...0x16FF6, 0x17000...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265,
    0x20000...0x2FFFD, 0x30000...0x3FFFD,
]

/// The text cut to at most `width` columns, with an ellipsis in the last one if anything was cut.
package func truncated(_ text: String, toWidth width: Int) -> String {
    if textWidth(text) <= width { return text }
    if width <= 0 { return "" }
    var taken = ""
    var used = 0
    for character in text {
        let next = characterWidth(character)
        if used + next > width - 1 { break }
        taken.append(character)
        used += next
    }
    return taken + "…"
}

/// The text with everything that would move a terminal's cursor or change its state made visible.
///
/// A value must not be able to forge other output: line breaks become `\n`, escape characters `\x1B`, and the marks
/// that turn the direction of text are shown by number.
package func printable(_ text: String) -> String {
    if isPlainASCII(text) { return text }
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x0A: out += "\\n"
        case 0x0D: out += "\\r"
        case 0x09: out += "\\t"
        case 0..<0x20, 0x7F..<0xA0: out += "\\x" + hexadecimal(scalar.value, digits: 2)
        case 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069:
            out += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out
}

private func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
