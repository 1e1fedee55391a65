/// Completes the word before the cursor from keywords and names.
///
/// Keywords follow the case of what was typed; names keep their own. A dot is part of a word, so `main.de` completes to
/// a qualified name, and a name behind a dot completes on its own: after `t.` the columns come.
package struct WordCompleter: Sendable {
    private let keywords: [String]
    private let names: [String]

    /// - Parameters:
    ///   - keywords: In upper case.
    ///   - names: Tables, columns and the like, in any order; duplicates do no harm.
    package init(keywords: [String], names: [String]) {
        self.keywords = keywords.sorted()
        self.names = Set(names).sorted()
    }

    /// What may stand instead of the last word of `text`.
    package func completion(for text: String) -> LineEditor.Completion {
        let word = String(text.reversed().prefix { isWordPart($0) }.reversed())
        if word.isEmpty { return LineEditor.Completion(replacedCount: 0, candidates: []) }
        let whole = candidates(for: word)
        if !whole.isEmpty { return LineEditor.Completion(replacedCount: word.count, candidates: whole) }
        guard let dot = word.lastIndex(of: ".") else {
            return LineEditor.Completion(replacedCount: 0, candidates: [])
        }
        let last = String(word[word.index(after: dot)...])
        let found = names.filter { !$0.contains(".") && hasPrefix($0, last) }
        return LineEditor.Completion(replacedCount: last.count, candidates: found)
    }

    private func candidates(for word: String) -> [String] {
        let isLower = word == word.lowercased()
        let words = keywords.filter { hasPrefix($0, word) }.map { isLower ? $0.lowercased() : $0 }
        return names.filter { hasPrefix($0, word) } + words
    }

    private func hasPrefix(_ name: String, _ prefix: String) -> Bool {
        name.count >= prefix.count && name.prefix(prefix.count).lowercased() == prefix.lowercased()
    }

    private func isWordPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "." || character == "\\"
    }
}
