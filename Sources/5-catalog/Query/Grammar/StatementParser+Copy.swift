internal import Base
internal import TableModel

extension StatementParser {
    /// `COPY (query)|name TO 'file' [(FORMAT x, HEADER, ...)]`.
    mutating func copy() throws -> Statement {
        cursor.skip()
        let source: CopyStatement.Source
        if cursor.peekSign("(") {
            source = .query(try cursor.parenthesised())
        } else {
            source = .table(try cursor.objectName("table"))
        }
        if cursor.peek() == "from" {
            throw unsupported(
                "COPY ... FROM is not supported; INSERT INTO t SELECT * FROM 'file' reads a file")
        }
        try cursor.expect("to")
        let start = cursor.offset
        let target = try cursor.string("a file name")
        _ = cursor.accept("with")
        var options: [(String, String)] = []
        var format: String?
        if cursor.peekSign("(") {
            for (key, value) in try cursor.list({ try Self.copyOption(&$0) }) {
                if key == "format" { format = value.lowercased() } else { options.append((key, value)) }
            }
        }
        let chosen = format ?? target.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard ["parquet", "csv", "json"].contains(chosen) else {
            throw cursor.syntaxError(
                "COPY writes files in the formats parquet, csv and json, not '\(chosen)'", at: start)
        }
        return .copy(CopyStatement(source: source, target: target, format: chosen, options: options))
    }

    /// Only options that shape the output; none that names another file or a key.
    private static func copyOption(_ cursor: inout SQLCursor) throws -> (String, String) {
        let start = cursor.offset
        let key = try cursor.name("option").lowercased()
        let known = [
            "format", "header", "delimiter", "delim", "sep", "quote", "escape", "null", "nullstr",
            "dateformat",
            "timestampformat", "compression", "codec", "row_group_size", "compression_level", "array",
        ]
        guard known.contains(key) else {
            throw cursor.syntaxError("COPY has no option \(key).\(didYouMean(key, among: known))", at: start)
        }
        if cursor.peekSign(",") || cursor.peekSign(")") { return (key, "true") }
        let text = cursor.text
        defer { cursor.skip() }
        if let value = text.stringValue(cursor.index) {
            return (key, key == "format" ? value : quoteLiteral(value))
        }
        if cursor.peekKind() == .number, Double(text.spelling(cursor.index)) != nil {
            return (key, text.spelling(cursor.index))
        }
        guard let word = cursor.peek() else { throw cursor.unexpected("a value") }
        return (key, key == "format" ? word : quoteLiteral(word))
    }
}
