import Foundation

/// The statements that were typed before, kept in a file between sessions.
///
/// One entry a line, line breaks written as `\n` and backslashes doubled. A file that cannot be read or written costs
/// the history, never the session.
package struct LineHistory: Sendable {
    package private(set) var entries: [String] = []
    private let path: String?
    private let limit: Int

    /// - Parameters:
    ///   - path: `nil` keeps the history in memory only.
    ///   - limit: The oldest entries beyond it are dropped.
    package init(path: String?, limit: Int = 1000) {
        self.path = path
        self.limit = limit
        guard let path, let data = FileManager.default.contents(atPath: path) else { return }
        entries = String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(limit).map {
            Self.decoded($0)
        }
    }

    /// Adds an entry unless it repeats the last one, and saves.
    package mutating func add(_ entry: String) {
        let entry = entry.trimmingCharacters(in: .whitespacesAndNewlines)
        if entry.isEmpty || entry == entries.last { return }
        entries.append(entry)
        if entries.count > limit { entries.removeFirst(entries.count - limit) }
        save()
    }

    private func save() {
        guard let path else { return }
        let text = entries.map { Self.encoded($0) + "\n" }.joined()
        // Statements may hold what others must not read.
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    }

    private static func encoded(_ entry: String) -> String {
        entry.replacing("\\", with: "\\\\").replacing("\r\n", with: "\\n").replacing("\n", with: "\\n")
    }

    private static func decoded(_ line: Substring) -> String {
        var out = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                out.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                out.append(character)
            }
        }
        return out
    }
}
