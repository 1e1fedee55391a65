internal import Base

/// Replacements in a SQL text that remember where everything came from.
package struct TextEdits: Sendable {
    package init() {}

    private(set) var edits: [(range: Range<Int>, text: String)] = []

    mutating func replace(_ range: Range<Int>, with text: String) { edits.append((range, text)) }

    mutating func insert(_ text: String, at offset: Int) { edits.append((offset..<offset, text)) }

    mutating func add(_ other: TextEdits) { edits.append(contentsOf: other.edits) }

    /// Makes `SELECT (a), (b)` of a stretch of text, of which only the given ranges stay.
    mutating func select(_ kept: [Range<Int>], from start: Int, to end: Int) {
        guard let first = kept.first, let last = kept.last else {
            return replace(start..<end, with: "SELECT 1 ")
        }
        replace(start..<first.lowerBound, with: "SELECT (")
        for (left, right) in zip(kept, kept.dropFirst()) {
            replace(left.upperBound..<right.lowerBound, with: "), (")
        }
        replace(last.upperBound..<end, with: ") ")
    }

    /// Those replacements that lie in a part of the text; what is put in right before or behind it is none of its own.
    func within(_ window: Range<Int>) -> TextEdits {
        var part = TextEdits()
        part.edits = edits.filter {
            let isAtEdge =
                $0.range.isEmpty && [window.lowerBound, window.upperBound].contains($0.range.lowerBound)
            return !isAtEdge && window.lowerBound <= $0.range.lowerBound
                && $0.range.upperBound <= window.upperBound
        }
        return part
    }

    /// The text of `window` with all replacements made.
    ///
    /// - Throws: `.internal` if two replacements overlap.
    func applied(to bytes: [UInt8], window: Range<Int>) throws -> EditedText {
        var out: [UInt8] = []
        var pieces: [EditedText.Piece] = []
        var cursor = window.lowerBound
        func copy(upTo end: Int) {
            if cursor < end {
                pieces.append(.init(start: out.count, original: cursor, isCopy: true))
                out.append(contentsOf: bytes[cursor..<end])
            }
        }
        let ordered = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        for (_, edit) in ordered {
            guard edit.range.lowerBound >= cursor, edit.range.upperBound <= window.upperBound else {
                throw TarnError(
                    .internal, "Two changes to the SQL text overlap at byte \(edit.range.lowerBound).")
            }
            copy(upTo: edit.range.lowerBound)
            pieces.append(.init(start: out.count, original: edit.range.lowerBound, isCopy: false))
            out.append(contentsOf: edit.text.utf8)
            cursor = edit.range.upperBound
        }
        copy(upTo: window.upperBound)
        pieces.append(.init(start: out.count, original: window.upperBound, isCopy: true))
        return EditedText(text: String(decoding: out, as: UTF8.self), pieces: pieces)
    }
}

/// A text after its edits.
package struct EditedText: Sendable {
    struct Piece: Sendable {
        /// In the edited text.
        var start: Int
        var original: Int
        /// Whether the bytes are the user's own, so that offsets within them carry over.
        var isCopy: Bool
    }

    package let text: String
    let pieces: [Piece]

    /// The place in the user's text that an offset in the edited text comes from.
    func original(_ offset: Int) -> Int {
        guard let piece = pieces.last(where: { $0.start <= offset }) else {
            return pieces.first?.original ?? 0
        }
        return piece.isCopy ? piece.original + (offset - piece.start) : piece.original
    }
}
