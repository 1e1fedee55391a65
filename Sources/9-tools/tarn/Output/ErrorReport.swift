import Base
import Foundation
import Terminal

/// How an error looks on a terminal: the message, and for a mistake in SQL the line with a mark under the place.
struct ErrorReport {
    private let text: String

    /// - Parameters:
    ///   - error: Its context may hold `line` and `column` (from 1).
    ///   - sql: The statement, if one was run.
    init(_ error: TarnError, sql: String? = nil) {
        var text = "error: \(error.message)\n"
        if let sql, let excerpt = Self.excerpt(error, sql) { text += excerpt }
        if error.isRetryable { text += "The same call may succeed if it is repeated.\n" }
        self.text = text
    }

    func print() { writeToStandardError(text) }

    private static func excerpt(_ error: TarnError, _ sql: String) -> String? {
        func number(_ name: String) -> Int? {
            error.context.first { $0.name == name }.flatMap { Int($0.value) }
        }
        guard let line = number("line"), let column = number("column") else { return nil }
        let lines = sql.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), column >= 1 else { return nil }
        let code = printable(String(lines[line - 1]).replacing("\t", with: " "))
        let label = "\(line) | "
        let offset = textWidth(String(code.prefix(column - 1)))
        return label + code + "\n" + String(repeating: " ", count: label.count + offset) + "^\n"
    }
}

/// Shows what went wrong without making the command fail.
@Sendable func printWarning(_ text: String) { writeToStandardError("warning: \(text)\n") }

func writeToStandardError(_ text: String) {
    // Rows that were printed before should also be read before.
    fflush(nil)
    Terminal.error.write(text)
}
