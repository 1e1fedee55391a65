import Base
import DeltaLake
import TableModel

/// An expression of a table's rules, in Spark's SQL as the log keeps it, for the engine.
///
/// Constraints, generated columns and defaults are shared by all engines that write the table, so an expression that
/// cannot be translated exactly is refused by the name of what is missing, never guessed.
struct SparkExpression {
    /// The engine's SQL; it names the table's columns as they are called now.
    let sql: String
    /// The table's columns that it names, as the schema spells them.
    let columns: Set<String>

    /// - Parameters:
    ///   - text: Spark's SQL: names in backticks, text in single or double quotes.
    ///   - schema: The columns that it may name.
    ///   - owner: What the expression belongs to, for messages: `the constraint positive`.
    /// - Throws: `.unsupported` naming a function or type that is not known, `.invalidInput` for an unknown column or
    ///   text that is no expression.
    init(_ text: String, _ schema: TableSchema, of owner: String) throws(TarnError) {
        do {
            var translator = SparkTranslator(try SparkLexer.tokens(text), schema)
            sql = try translator.all()
            columns = translator.columns
        } catch {
            throw TarnError(
                error.code, "The expression of \(owner), \(text), cannot be used: \(error.message)",
                context: error.context.map { ($0.name, $0.value) })
        }
    }
}

/// Rewrites tokens one after the other; calls are taken apart, everything else keeps its place.
struct SparkTranslator {
    let tokens: [SparkToken]
    let schema: TableSchema
    private(set) var columns: Set<String> = []
    private var index = 0
    private var depth = 0

    init(_ tokens: [SparkToken], _ schema: TableSchema) {
        self.tokens = tokens
        self.schema = schema
    }

    private static let keywords: Set<String> = [
        "and", "or", "not", "in", "is", "null", "true", "false", "like", "ilike", "between", "case", "when",
        "then", "else", "end", "escape", "distinct", "from", "interval",
    ]
    private static let units: Set<String> = [
        "year", "years", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "minute",
        "minutes", "second", "seconds", "millisecond", "milliseconds", "microsecond", "microseconds",
    ]

    mutating func all() throws(TarnError) -> String {
        let text = try sequence(until: [])
        if index < tokens.count { throw unexpected() }
        if text.isEmpty { throw TarnError(.invalidInput, "it is empty.") }
        return text
    }

    // MARK: Tokens

    private var current: SparkToken? { index < tokens.count ? tokens[index] : nil }

    private func isSymbol(_ text: String, at offset: Int = 0) -> Bool {
        index + offset < tokens.count && tokens[index + offset] == .symbol(text)
    }

    private func keyword(at offset: Int = 0) -> String? {
        guard index + offset < tokens.count, case .word(let word) = tokens[index + offset] else { return nil }
        return word.lowercased()
    }

    private mutating func expect(_ symbol: String) throws(TarnError) {
        if !isSymbol(symbol) { throw unexpected() }
        index += 1
    }

    private func unexpected() -> TarnError {
        guard let current else { return TarnError(.invalidInput, "it ends too early.") }
        let text =
            switch current {
            case .word(let text), .number(let text), .symbol(let text): text
            case .quoted(let text): "`\(text)`"
            case .string(let text): "'\(text)'"
            }
        return TarnError(.invalidInput, "\(text) is not expected there.")
    }

    // MARK: Sequences

    /// Everything up to one of the closing symbols or words at this depth.
    private mutating func sequence(until ends: Set<String>) throws(TarnError) -> String {
        depth += 1
        defer { depth -= 1 }
        if depth > 200 { throw TarnError(.invalidInput, "it is nested too deeply.") }
        var parts: [String] = []
        while let current {
            if case .symbol(let symbol) = current, ends.contains(symbol) { break }
            if let word = keyword(), ends.contains(word), parts.last != "." { break }
            try append(current, to: &parts)
        }
        return Self.joined(parts)
    }

    /// A space between pieces, none around a member's dot.
    private static func joined(_ parts: [String]) -> String {
        var text = ""
        for part in parts {
            let isTight =
                part == "." || text.hasSuffix(".") || text.isEmpty || part.hasPrefix("[")
                || part.hasPrefix("::")
            text += isTight ? part : " " + part
        }
        return text
    }

    private mutating func append(_ token: SparkToken, to parts: inout [String]) throws(TarnError) {
        switch token {
        case .string(let text):
            parts.append(quoteLiteral(text))
            index += 1
        case .number(let text):
            parts.append(try Self.number(text))
            index += 1
        case .quoted(let name):
            parts.append(try self.name(name, isMember: parts.last == "."))
            index += 1
        case .word(let word): try append(word: word, to: &parts)
        case .symbol(let symbol): try append(symbol: symbol, to: &parts)
        }
    }

    private mutating func append(symbol: String, to parts: inout [String]) throws(TarnError) {
        index += 1
        switch symbol {
        case "(":
            parts.append("(" + (try list()) + ")")
            try expect(")")
        case "[": parts.append("[" + (try subscriptIndex()) + "]")
        case "::": parts.append("::" + (try SparkType.parse(&self)))
        case "<=>": parts.append("IS NOT DISTINCT FROM")
        case "==": parts.append("=")
        case "!": parts.append("NOT")
        case "=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/", "%", "||", "&", "|", "~", ".":
            parts.append(symbol)
        default:
            index -= 1
            if [")", "]", ","].contains(symbol) { throw unexpected() }
            throw TarnError(.unsupported, "the operator \(symbol) is not supported.")
        }
    }

    /// Expressions with commas between them.
    private mutating func list() throws(TarnError) -> String {
        var items = [try sequence(until: [")", ","])]
        while isSymbol(",") {
            index += 1
            items.append(try sequence(until: [")", ","]))
        }
        return items.joined(separator: ", ")
    }

    /// Spark counts array elements from 0, the engine from 1.
    private mutating func subscriptIndex() throws(TarnError) -> String {
        defer { index += 2 }
        guard isSymbol("]", at: 1), let current else { throw unexpected() }
        switch current {
        case .string(let key): return quoteLiteral(key)
        case .number(let text):
            if let place = Int(text) { return String(place + 1) }
            throw unexpected()
        default: throw TarnError(.unsupported, "only a number or a text can stand in [ ].")
        }
    }

    // MARK: Words

    private mutating func append(word: String, to parts: inout [String]) throws(TarnError) {
        let lowered = word.lowercased()
        if parts.last == "." {
            parts.append(quoteIdentifier(word))
            index += 1
            return
        }
        if Self.keywords.contains(lowered) {
            index += 1
            parts.append(lowered.uppercased())
            return
        }
        if lowered == "div" || lowered == "rlike" || lowered == "regexp" {
            return try appendOperator(lowered, to: &parts)
        }
        if index + 1 < tokens.count, case .string(let text) = tokens[index + 1],
            let literal = try Self.typedLiteral(lowered, text)
        {
            index += 2
            parts.append(literal)
            return
        }
        if isSymbol("(", at: 1) {
            index += 2
            parts.append(try call(lowered))
            return
        }
        if schema[word] == nil, let constant = SparkFunctions.constant(lowered) {
            parts.append(constant)
        } else if schema[word] == nil, Self.units.contains(lowered), parts.contains("INTERVAL") {
            parts.append(word)
        } else {
            parts.append(try name(word, isMember: false))
        }
        index += 1
    }

    private mutating func name(_ name: String, isMember: Bool) throws(TarnError) -> String {
        if isMember { return quoteIdentifier(name) }
        guard let field = schema[name] else {
            throw TarnError(
                .invalidInput, "there is no column \(name).\(didYouMean(name, among: schema.names))",
                context: [("column", name)])
        }
        columns.insert(field.name)
        return quoteIdentifier(field.name)
    }

    private mutating func appendOperator(_ word: String, to parts: inout [String]) throws(TarnError) {
        index += 1
        if word == "div" {
            parts.append("//")
            return
        }
        guard case .string(let pattern) = current else {
            throw TarnError(.unsupported, "\(word.uppercased()) needs a text literal behind it.")
        }
        index += 1
        // The engine's operator matches the whole text, Spark's any part of it.
        parts.append("~ " + quoteLiteral("(?s).*(?:\(pattern)).*"))
    }

    private mutating func call(_ name: String) throws(TarnError) -> String {
        if name == "cast" || name == "try_cast" {
            let value = try sequence(until: ["as"])
            guard keyword() == "as" else { throw unexpected() }
            index += 1
            let type = try SparkType.parse(&self)
            try expect(")")
            return "\(name.uppercased())(\(value) AS \(type))"
        }
        if name == "extract" {
            guard case .word(let part) = current, keyword(at: 1) == "from" else { throw unexpected() }
            index += 2
            let value = try sequence(until: [")"])
            try expect(")")
            return try SparkFunctions.call(part.lowercased(), [value])
        }
        var arguments: [String] = []
        if !isSymbol(")") {
            arguments.append(try sequence(until: [")", ","]))
            while isSymbol(",") {
                index += 1
                arguments.append(try sequence(until: [")", ","]))
            }
        }
        try expect(")")
        if arguments.contains("") { throw unexpected() }
        return try SparkFunctions.call(name, arguments)
    }

    /// The next word, for a type's name.
    mutating func takeWord() throws(TarnError) -> String {
        guard case .word(let word) = current else { throw unexpected() }
        index += 1
        return word.lowercased()
    }

    /// Whole numbers in parentheses, if they are there.
    mutating func takeNumbers() throws(TarnError) -> [Int] {
        guard isSymbol("(") else { return [] }
        index += 1
        var numbers: [Int] = []
        while case .number(let text) = current, let number = Int(text) {
            numbers.append(number)
            index += 1
            if isSymbol(",") { index += 1 }
        }
        try expect(")")
        return numbers
    }

    // MARK: Literals

    private static func typedLiteral(_ word: String, _ text: String) throws(TarnError) -> String? {
        switch word {
        case "date": "DATE \(quoteLiteral(text))"
        case "timestamp", "timestamp_ltz": "TIMESTAMPTZ \(quoteLiteral(text))"
        case "timestamp_ntz": "TIMESTAMP \(quoteLiteral(text))"
        case "x": "from_hex(\(quoteLiteral(text)))"
        default: nil
        }
    }

    private static func number(_ text: String) throws(TarnError) -> String {
        let lowered = text.lowercased()
        if Double(lowered) != nil { return lowered }
        for (suffix, type) in [
            ("bd", ""), ("l", "BIGINT"), ("s", "SMALLINT"), ("y", "TINYINT"), ("f", "FLOAT"), ("d", "DOUBLE"),
        ] where lowered.hasSuffix(suffix) {
            let digits = lowered.dropLast(suffix.count)
            guard Double(digits) != nil else { break }
            return type.isEmpty ? String(digits) : "CAST(\(digits) AS \(type))"
        }
        throw TarnError(.invalidInput, "\(text) is no number.")
    }
}

/// Spark's names of types.
enum SparkType {
    static func parse(_ translator: inout SparkTranslator) throws(TarnError) -> String {
        let name = try translator.takeWord()
        let numbers = try translator.takeNumbers()
        if name == "decimal" || name == "dec" || name == "numeric" {
            return "DECIMAL(\(numbers.first ?? 10),\(numbers.dropFirst().first ?? 0))"
        }
        if let known = names[name] { return known }
        throw TarnError(.unsupported, "the type \(name.uppercased()) is not supported.")
    }

    static let names: [String: String] = [
        "string": "VARCHAR", "varchar": "VARCHAR", "char": "VARCHAR", "text": "VARCHAR", "boolean": "BOOLEAN",
        "byte": "TINYINT", "tinyint": "TINYINT", "short": "SMALLINT", "smallint": "SMALLINT",
        "int": "INTEGER", "integer": "INTEGER", "long": "BIGINT", "bigint": "BIGINT", "float": "FLOAT",
        "real": "FLOAT", "double": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP WITH TIME ZONE",
        "timestamp_ltz": "TIMESTAMP WITH TIME ZONE", "timestamptz": "TIMESTAMP WITH TIME ZONE",
        "timestamp_ntz": "TIMESTAMP", "binary": "BLOB", "blob": "BLOB",
    ]
}
