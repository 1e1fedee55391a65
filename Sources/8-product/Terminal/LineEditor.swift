import Foundation
import Synchronization

/// Reads lines from a terminal with editing, history and completion.
///
/// Blocks its thread while it waits for keys, so it belongs on a thread of its own. The terminal is in raw mode only
/// inside `readLine`; a statement that runs afterwards gets Control-C as the usual signal.
package final class LineEditor: Sendable {
    /// What to offer for a line.
    package struct Completion: Sendable {
        /// How many characters before the cursor the candidates replace.
        package var replacedCount: Int
        package var candidates: [String]

        package init(replacedCount: Int, candidates: [String]) {
            self.replacedCount = replacedCount
            self.candidates = candidates
        }
    }

    package enum Input: Hashable, Sendable {
        case line(String)
        case interrupted
        case endOfInput
    }

    private let input: Int32
    private let terminal: Terminal
    private let complete: @Sendable (String) -> Completion
    private let typed = Mutex(Typed())

    private struct Typed {
        var decoder = KeyDecoder()
        /// Keys that came with an earlier line, as when several lines are pasted.
        var waiting: [Key] = []
    }

    /// - Parameters:
    ///   - input: The descriptor to read from; must be a terminal.
    ///   - terminal: Where the line is shown.
    ///   - complete: Given the text before the cursor.
    package init(
        input: Int32 = STDIN_FILENO, terminal: Terminal = .output,
        complete: @escaping @Sendable (String) -> Completion
    ) {
        self.input = input
        self.terminal = terminal
        self.complete = complete
    }

    /// Shows the prompt and lets the person type one line, with the earlier entries (oldest first) at hand.
    package func readLine(prompt: String, history: [String]) -> Input {
        typed.withLock { readLine(&$0, prompt: prompt, history: history) }
    }

    private func readLine(_ typed: inout Typed, prompt: String, history: [String]) -> Input {
        var original = termios()
        guard tcgetattr(input, &original) == 0 else { return .endOfInput }
        var raw = original
        cfmakeraw(&raw)
        // Line feeds from other threads should still return the carriage.
        raw.c_oflag |= tcflag_t(OPOST)
        tcsetattr(input, TCSADRAIN, &raw)
        defer { tcsetattr(input, TCSADRAIN, &original) }

        var buffer = LineBuffer(history: history)
        draw(buffer, prompt: prompt)
        while true {
            if typed.waiting.isEmpty {
                guard readKeys(&typed) else { return .endOfInput }
                continue
            }
            let key = typed.waiting.removeFirst()
            // A tab inside pasted text is text.
            let outcome =
                key == .tab && !typed.waiting.isEmpty ? buffer.apply(.character(" ")) : buffer.apply(key)
            switch outcome {
            case .edited: break
            case .wantsCompletion: offer(&buffer)
            case .clearScreen: terminal.write("\u{1B}[H\u{1B}[2J")
            case .submitted(let line):
                draw(buffer, prompt: prompt)
                terminal.write("\r\n")
                return .line(line)
            case .interrupted:
                typed.waiting = []
                terminal.write("^C\r\n")
                return .interrupted
            case .endOfInput:
                terminal.write("\r\n")
                return .endOfInput
            }
            if typed.waiting.isEmpty { draw(buffer, prompt: prompt) }
        }
    }

    private func readKeys(_ typed: inout Typed) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(input, &bytes, bytes.count)
        if count < 0 { return errno == EINTR }
        if count == 0 { return false }
        typed.waiting += typed.decoder.keys(in: bytes[..<count])
        return true
    }

    /// Draws the line on one row; a line longer than the window scrolls sideways.
    private func draw(_ buffer: LineBuffer, prompt: String) {
        let room = max(8, terminal.columns - textWidth(prompt) - 1)
        // A statement of several lines, recalled from the history, is still one row here.
        let characters = buffer.characters.map { $0.isNewline ? "↵" : $0 }
        var start = 0
        var beforeWidth = characters[..<buffer.cursor].reduce(0) { $0 + characterWidth($1) }
        while beforeWidth > room, start < buffer.cursor {
            beforeWidth -= characterWidth(characters[start])
            start += 1
        }
        var shown = ""
        var width = 0
        for character in characters[start...] {
            width += characterWidth(character)
            if width > room { break }
            shown.append(character)
        }
        let column = textWidth(prompt) + beforeWidth
        terminal.write("\r\(prompt)\(shown)\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : ""))
    }

    private func offer(_ buffer: inout LineBuffer) {
        let completion = complete(buffer.textBeforeCursor)
        guard let first = completion.candidates.first else { return }
        if completion.candidates.count == 1 {
            buffer.replaceBeforeCursor(count: completion.replacedCount, with: first)
            return
        }
        let common = completion.candidates.dropFirst().reduce(first) { commonPrefix($0, $1) }
        if common.count > completion.replacedCount {
            buffer.replaceBeforeCursor(count: completion.replacedCount, with: common)
            return
        }
        let most = 60
        let list = completion.candidates.prefix(most).joined(separator: "  ")
        let more = completion.candidates.count > most ? "  … \(completion.candidates.count - most) more" : ""
        terminal.write("\r\n\(list)\(more)\r\n")
    }

    /// Candidates may differ from each other in case; the first one's spelling is kept.
    private func commonPrefix(_ a: String, _ b: String) -> String {
        String(zip(a, b).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
    }
}
