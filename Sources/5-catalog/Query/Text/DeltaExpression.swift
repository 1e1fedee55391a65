internal import TableModel

extension SQLText {
    /// An expression as Delta's log keeps it: Spark's SQL, in which double quotes stand around strings.
    ///
    /// Names in double quotes are written in backquotes; comments and line ends become single spaces.
    func deltaExpression(_ range: Range<Int>) -> String {
        var out = ""
        var end: Int?
        for token in part(range).tokens {
            if let end, end < token.range.lowerBound { out += " " }
            end = token.range.upperBound
            let spelling = string(token.range)
            if token.kind == .quotedName, spelling.hasPrefix("\"") {
                let name = spelling.dropFirst().dropLast().replacing("\"\"", with: "\"")
                out += "`" + name.replacing("`", with: "``") + "`"
            } else {
                out += spelling
            }
        }
        return out
    }
}
