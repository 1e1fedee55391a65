import Base
import TableModel

/// A rule that rows must meet, as SQL that runs while they are written.
///
/// The engine stops at the first row that breaks one, with an error that carries the rule and the row.
struct RowRule: Sendable {
    enum Kind: String, Sendable {
        case notNull, check, invariant, generated, length, outsideCondition
    }

    let kind: Kind
    /// The constraint's or the column's name, for the message.
    let name: String
    /// True for a row that breaks the rule.
    let violation: String
    /// The rule as the user wrote it.
    let text: String
}

/// The engine's error for a row that breaks a rule, and what callers get for it.
enum RowViolation {
    private static let marker = "__tarn_rule:"
    private static let separator = "\u{1F}"
    /// Longer rows are cut off in messages, in characters.
    private static let sampleLength = 500
    /// Columns of the sample; a row of thousands would fill pages.
    private static let sampleColumns = 24

    /// SQL that fails with the rule's name and the row.
    static func error(_ rule: RowRule, sample columns: [String]) -> String {
        let head = [marker + rule.kind.rawValue, rule.name, rule.text, ""].joined(separator: separator)
        let members = columns.prefix(sampleColumns).map { name in
            "\(quoteLiteral(name + ": ")) || COALESCE(CAST(\(quoteIdentifier(name)) AS VARCHAR), 'NULL')"
        }
        let row = members.isEmpty ? "''" : members.joined(separator: " || ', ' || ")
        return "error(\(quoteLiteral(head)) || \(row))"
    }

    /// `.constraintViolation` with the rule and the sample row where the error is one of a rule.
    static func named(in error: TarnError) -> TarnError {
        guard let start = error.message.firstRange(of: marker) else { return error }
        let parts = error.message[start.upperBound...].split(
            separator: separator, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let kind = RowRule.Kind(rawValue: String(parts[0])) else { return error }
        let name = String(parts[1])
        let sample = parts[3].count > sampleLength ? parts[3].prefix(sampleLength) + "…" : parts[3]
        let (what, advice) = wording(kind, name: name, text: String(parts[2]))
        return TarnError(
            .constraintViolation, "\(what) Nothing was written. A row that breaks it: \(sample).\(advice)",
            context: [(kind == .check ? "constraint" : "column", name), ("row", String(sample))])
    }

    private static func wording(_ kind: RowRule.Kind, name: String, text: String) -> (String, String) {
        switch kind {
        case .notNull: ("NOT NULL constraint violated for column \(name).", "")
        case .check: ("CHECK constraint \(name) (\(text)) violated.", "")
        case .invariant: ("The invariant of column \(name) (\(text)) is violated.", "")
        case .generated:
            (
                "The generated column \(name) must equal \(text).",
                " Leave the column out, and it is computed."
            )
        case .length: ("A text is longer than column \(name) (\(text)) takes.", "")
        case .outsideCondition:
            ("A row does not meet the condition of the rows to be replaced (\(text)).", "")
        }
    }
}
