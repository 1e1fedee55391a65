import Base

/// What DuckDB said when it refused or failed, taken apart.
///
/// With `errors_as_json` on, the text is `Binder Error: {"exception_message": …, "position": "13", …}`; a user may
/// have turned that off, and a few errors come without it: then it is `Binder Error: …`, `LINE 2: …` and a caret.
struct EngineFailure: Error {
    /// DuckDB's class of error, for example `Binder`.
    let kind: String
    let message: String
    /// Zero-based byte in the statement's text.
    let byteOffset: Int?
    let line: Int?
    /// One-based, in bytes.
    let column: Int?
    /// DuckDB's own guesses for a name that it does not know.
    let candidates: String?

    init(message text: String, sql: String?) {
        let (prefix, rest) = Self.split(text)
        if rest.utf8.first == UInt8(ascii: "{"), let details = try? JSONValue.parse(rest),
            let message = details["exception_message"]?.string
        {
            kind = details["exception_type"]?.string ?? prefix ?? ""
            self.message = message
            candidates = details["candidates"]?.string
            byteOffset = details["position"]?.string.flatMap { Int($0) }
            let place = Self.place(of: byteOffset, in: sql)
            line = place?.line
            column = place?.column
            return
        }
        kind = prefix ?? ""
        candidates = nil
        let (body, lineNumber, columnNumber) = Self.caret(in: rest)
        message = body
        line = lineNumber
        column = columnNumber
        byteOffset = Self.offset(line: lineNumber, column: columnNumber, in: sql)
    }

    /// For errors that come as data: `json_serialize_sql` answers with one.
    init(kind: String, message: String, byteOffset: JSONValue?, sql: String) {
        self.kind = kind.prefix(1).uppercased() + kind.dropFirst()
        self.message = message
        candidates = nil
        self.byteOffset = byteOffset?.string.flatMap { Int($0) } ?? byteOffset?.int64.map { Int($0) }
        let place = Self.place(of: self.byteOffset, in: sql)
        line = place?.line
        column = place?.column
    }

    var tarnError: TarnError {
        var context: [(String, String)] = []
        if let byteOffset { context.append(("position", String(byteOffset))) }
        if let line { context.append(("line", String(line))) }
        if let column { context.append(("column", String(column))) }
        if !kind.isEmpty { context.append(("kind", kind)) }
        if let candidates { context.append(("candidates", candidates)) }
        let text = kind.isEmpty ? message : "\(kind) Error: \(message)"
        return TarnError(code, text, context: context, isRetryable: kind == "TransactionContext")
    }

    private var code: TarnError.Code {
        switch kind.lowercased().filter({ $0 != " " }) {
        case "outofmemory": .resourceExhausted
        case "io", "network", "http": isFull ? .resourceExhausted : .storage
        case "interrupt": .cancelled
        case "internal", "fatal", "nullpointer", "optimizer", "planner", "scheduler", "executor": .internal
        case "permission": .permissionDenied
        case "notimplemented", "missingextension", "autoload": .unsupported
        case "transaction", "transactioncontext", "dependency": .failedPrecondition
        default: .invalidInput
        }
    }

    private var isFull: Bool {
        message.contains("No space left") || message.contains("max_temp_directory_size")
    }

    /// `Parser Error: text` in its two parts; an unknown beginning is left in the text.
    private static func split(_ text: String) -> (kind: String?, rest: String) {
        guard let range = text.firstRange(of: " Error: "),
            text[..<range.lowerBound].utf8.count <= 32, !text[..<range.lowerBound].contains("\n")
        else { return (nil, text) }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }

    static func place(of offset: Int?, in sql: String?) -> (line: Int, column: Int)? {
        guard let offset, let sql, offset <= sql.utf8.count else { return nil }
        var line = 1
        var column = 1
        for byte in sql.utf8.prefix(offset) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }

    /// Cuts `LINE n: text` and the caret below it off a message.
    private static func caret(in text: String) -> (message: String, line: Int?, column: Int?) {
        guard let mark = text.firstRange(of: "\n\nLINE ") else { return (text, nil, nil) }
        let message = String(text[..<mark.lowerBound])
        let rest = text[mark.upperBound...]
        let lines = rest.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard let colon = lines[0].firstIndex(of: ":"), let line = Int(lines[0][..<colon]) else {
            return (message, nil, nil)
        }
        // A long line is shown from its middle, after "...": the caret then tells nothing about the column.
        let shown = lines[0][colon...].dropFirst(2)
        guard lines.count == 2, !shown.hasPrefix("..."), let caret = lines[1].firstIndex(of: "^") else {
            return (message, line, nil)
        }
        let indent = lines[1].distance(from: lines[1].startIndex, to: caret)
        let lead = "LINE \(line): ".utf8.count
        return (message, line, indent >= lead ? indent - lead + 1 : nil)
    }

    private static func offset(line: Int?, column: Int?, in sql: String?) -> Int? {
        guard let line, let column, let sql else { return nil }
        var offset = 0
        let lines = sql.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return nil }
        for text in lines.prefix(line - 1) { offset += text.count + 1 }
        return offset + column - 1
    }
}

extension TarnError {
    /// The same error with its position counted in `sql`, which was run with so many bytes put before it.
    func movedBack(bytes: Int, sql: String) -> TarnError {
        guard let text = context.first(where: { $0.name == "position" })?.value, let offset = Int(text),
            offset >= bytes, let place = EngineFailure.place(of: offset - bytes, in: sql)
        else { return self }
        let moved: [(String, String)] = context.map { name, value in
            switch name {
            case "position": (name, String(offset - bytes))
            case "line": (name, String(place.line))
            case "column": (name, String(place.column))
            default: (name, value)
            }
        }
        return TarnError(code, message, context: moved, isRetryable: isRetryable, cause: cause)
    }
}
