import Foundation

/// Texts to the words that are searched for.
enum SearchWords {
    /// In characters; longer ones are cut.
    static let longest = 64
    /// Of one field of one object.
    static let most = 4_000

    /// The words of a text in lower case and without accents: `orderItems_2024` gives `orderitems`, `order`, `items` and
    /// `2024`.
    ///
    /// - Parameters:
    ///   - text: Any.
    ///   - splitsCase: Whether words written in one with capitals inside count as several too.
    /// - Returns: Only letters and digits, each word once, in the order in which they come.
    static func words(of text: String, splitsCase: Bool = true) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        func add(_ run: String) {
            let word = String(run.lowercased().prefix(longest))
            if !word.isEmpty, found.count < most, seen.insert(word).inserted { found.append(word) }
        }
        var run = ""
        func end() {
            if run.isEmpty { return }
            add(run)
            if splitsCase { for part in parts(of: run) { add(part) } }
            run = ""
        }
        for scalar in text.decomposedStringWithCompatibilityMapping.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .decimalNumber, .letterNumber, .otherNumber:
                run.unicodeScalars.append(scalar)
            case .nonspacingMark, .enclosingMark, .spacingMark: continue
            default: end()
            }
        }
        end()
        return found
    }

    private static func parts(of run: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var wasLower = false
        for character in run {
            if character.isUppercase && wasLower {
                parts.append(part)
                part = ""
            }
            wasLower = !character.isUppercase
            part.append(character)
        }
        parts.append(part)
        return parts.count > 1 ? parts : []
    }
}
