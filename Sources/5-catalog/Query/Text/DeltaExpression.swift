internal import TableModel

extension SQLText {
    /// An expression as Delta's log keeps it: Spark's SQL, in which double quotes stand around strings.
    ///
    /// Names in double quotes are written in backquotes, strings with Spark's escapes; comments and line ends become single spaces.
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
            } else if token.kind == .string {
                let value = SQLLexer.stringValue(bytes[token.range])
                out += "'" + value.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
            } else {
                out += spelling
            }
        }
        return out
    }
}

/// Expressions of Delta's log, which are Spark's SQL, for people to read and for Tarn's own parser.
enum DeltaExpressionText {
    /// Strings, which Spark writes in either kind of quotes and with backslashes, in single quotes.
    static func sql(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "`":
                out.append(character)
                while let next = rest.popFirst() {
                    out.append(next)
                    if next == "`" { break }
                }
            case "'", "\"": out += quoteLiteral(string(&rest, until: character))
            default: out.append(character)
            }
        }
        return out
    }

    private static func string(_ rest: inout Substring, until quote: Character) -> String {
        var value = ""
        while let character = rest.popFirst(), character != quote {
            if character == "\\", let escaped = rest.popFirst() {
                switch escaped {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case "r": value.append("\r")
                case "0": value.append("\0")
                default: value.append(escaped)
                }
            } else {
                value.append(character)
            }
        }
        return value
    }
}
