internal import TableModel

/// The expressions of a query that is nothing but `VALUES (...), (...)`.
///
/// By itself such a list has to agree on one type a column. In an INSERT each expression is cast to the type of its
/// column, as in other databases, so that `'2024-01-01'` and `NULL` may stand below a date.
struct ValuesList {
    /// By row: where each expression starts and ends.
    let rows: [[Range<Int>]]
    private let text: SQLText

    /// `nil` if the text is any other query.
    init?(_ text: SQLText) {
        guard text.word(0) == "values" else { return nil }
        var rows: [[Range<Int>]] = []
        var index = 1
        repeat {
            guard text.isSign(index, "("), let (row, next) = Self.row(text, index + 1) else { return nil }
            rows.append(row)
            index = next
            if index == text.tokens.count {
                self.rows = rows
                self.text = text
                return
            }
            guard text.isSign(index, ",") else { return nil }
            index += 1
        } while true
    }

    /// The expressions up to the closing bracket, and the token behind it.
    private static func row(_ text: SQLText, _ start: Int) -> ([Range<Int>], Int)? {
        var expressions: [Range<Int>] = []
        var (first, index, depth) = (start, start, 0)
        while index < text.tokens.count {
            let sign = text.tokens[index].kind == .sign ? text.spelling(index) : ""
            if depth == 0, sign == "," || sign == ")" {
                guard index > first else { return nil }
                expressions.append(
                    text.tokens[first].range.lowerBound..<text.tokens[index - 1].range.upperBound)
                if sign == ")" { return (expressions, index + 1) }
                first = index + 1
            }
            if ["(", "[", "{"].contains(sign) { depth += 1 }
            if [")", "]", "}"].contains(sign) { depth -= 1 }
            index += 1
        }
        return nil
    }

    /// Whether every row has the word DEFAULT in a column.
    func isDefault(column: Int) -> Bool {
        rows.allSatisfy { $0.indices.contains(column) && isDefault($0[column]) }
    }

    private func isDefault(_ expression: Range<Int>) -> Bool {
        text.string(expression).lowercased() == "default"
    }

    /// Casts around all expressions; `nil` if a row has not as many as there are types.
    ///
    /// DEFAULT becomes the column's own, or NULL.
    func casts(to types: [DataType], defaults: [String?]) -> TextEdits? {
        guard rows.allSatisfy({ $0.count == types.count }) else { return nil }
        var edits = TextEdits()
        for row in rows {
            for (index, expression) in row.enumerated() {
                let type = types[index].sqlName
                if isDefault(expression) {
                    let value = defaults[index].map { "(\($0))" } ?? "NULL"
                    edits.replace(expression, with: "CAST(\(value) AS \(type))")
                } else {
                    edits.insert("CAST(", at: expression.lowerBound)
                    edits.insert(" AS \(type))", at: expression.upperBound)
                }
            }
        }
        return edits
    }
}
