/// The line that is being typed: its text, the cursor, and the way through the history.
///
/// Knows no terminal.
package struct LineBuffer: Sendable {
    /// What a key led to.
    package enum Outcome: Hashable, Sendable {
        case edited
        case submitted(String)
        /// Control-C: throw away what was typed.
        case interrupted
        /// Control-D on an empty line.
        case endOfInput
        case wantsCompletion
        case clearScreen
    }

    package private(set) var characters: [Character] = []
    /// Characters before the cursor.
    package private(set) var cursor = 0
    private let history: [String]
    /// Where in the history the line stands; `history.count` is the new line.
    private var historyIndex: Int
    /// What was typed before the history was entered: the prefix that entries must have.
    private var typed = ""

    /// - Parameter history: Earlier lines, oldest first.
    package init(history: [String] = []) {
        self.history = history
        historyIndex = history.count
    }

    package var text: String { String(characters) }
    package var textBeforeCursor: String { String(characters[..<cursor]) }

    package mutating func apply(_ key: Key) -> Outcome {
        switch key {
        case .character(let character): insert(String(character))
        case .enter: return .submitted(text)
        case .tab: return .wantsCompletion
        case .backspace, .control("h"): remove(from: cursor - 1, to: cursor)
        case .delete: remove(from: cursor, to: cursor + 1)
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .up, .control("p"): recall(-1)
        case .down, .control("n"): recall(1)
        case .control("k"): remove(from: cursor, to: characters.count)
        case .control("u"): remove(from: 0, to: cursor)
        case .control("w"): remove(from: wordStart, to: cursor)
        case .control("l"): return .clearScreen
        case .control("c"): return .interrupted
        case .control("d"):
            if characters.isEmpty { return .endOfInput }
            remove(from: cursor, to: cursor + 1)
        case .control: break
        }
        return .edited
    }

    /// Puts text at the cursor.
    package mutating func insert(_ text: String) {
        // Joining marks merge with the character before them, so the text is taken apart again as a whole.
        let before = String(characters[..<cursor]) + text
        let after = characters[cursor...]
        let joined = Array(before)
        cursor = joined.count
        characters = joined + after
    }

    /// Replaces the `count` characters before the cursor.
    package mutating func replaceBeforeCursor(count: Int, with text: String) {
        remove(from: cursor - count, to: cursor)
        insert(text)
    }

    private mutating func remove(from start: Int, to end: Int) {
        let range = max(0, start)..<min(characters.count, max(0, end))
        if range.isEmpty { return }
        characters.removeSubrange(range)
        if cursor > range.lowerBound { cursor = max(range.lowerBound, cursor - range.count) }
    }

    private static func isWordPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, !Self.isWordPart(characters[index - 1]) { index -= 1 }
        while index > 0, Self.isWordPart(characters[index - 1]) { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < characters.count, !Self.isWordPart(characters[index]) { index += 1 }
        while index < characters.count, Self.isWordPart(characters[index]) { index += 1 }
        return index
    }

    /// Goes to the next older or newer entry that begins with what was typed.
    private mutating func recall(_ step: Int) {
        if historyIndex == history.count { typed = text }
        var index = historyIndex + step
        while history.indices.contains(index), !history[index].hasPrefix(typed) || history[index] == text {
            index += step
        }
        if index < 0 || index > history.count { return }
        historyIndex = index
        characters = Array(index == history.count ? typed : history[index])
        cursor = characters.count
    }
}
