internal import Base
package import TableModel

/// Reads the filters that DuckDB prints for a scan in `EXPLAIN (FORMAT json)` back into a `ScanFilter`.
///
/// Columns are named `c0`, `c1`... in the order of the schema, so that no name of a user's can be mistaken for part
/// of the text. What is not understood counts as `.always`: it prunes nothing. DuckDB puts no brackets around a mix
/// of AND and OR; either reading implies that one of the terms holds, and that is what such a mix is taken for.
package struct FilterText {
    private let text: FilterTokens
    private let schema: TableSchema
    private var index = 0

    /// Reads the filters of one scan, one a line.
    package static func filter(_ text: String, schema: TableSchema) -> ScanFilter {
        guard let tokens = FilterTokens(text) else { return .always }
        let parts = tokens.lines.map { line in
            var parser = FilterText(text: FilterTokens(line), schema: schema)
            return parser.line()
        }
        return ScanFilter.all(parts)
    }

    private init(text: FilterTokens, schema: TableSchema) {
        self.text = text
        self.schema = schema
    }

    private func peek(_ ahead: Int = 0) -> FilterToken? {
        text.tokens.indices.contains(index + ahead) ? text.tokens[index + ahead] : nil
    }

    private mutating func accept(_ sign: String) -> Bool {
        guard case .sign(sign)? = peek() else { return false }
        index += 1
        return true
    }

    private mutating func accept(word: String...) -> Bool {
        for (ahead, word) in word.enumerated() {
            guard case .word(let found)? = peek(ahead), found == word else { return false }
        }
        index += word.count
        return true
    }

    private mutating func line() -> ScanFilter {
        guard let filter = conjunction(depth: 0), index == text.tokens.count else { return .always }
        return filter
    }

    /// `term AND term ...` or `term OR term ...`, up to the end or a closing bracket; `nil` if it cannot be read.
    private mutating func conjunction(depth: Int) -> ScanFilter? {
        var terms: [ScanFilter] = []
        var (ands, ors) = (0, 0)
        repeat {
            while accept(word: "optional") { guard accept(":") else { return nil } }
            guard let term = term(depth: depth) else { return nil }
            terms.append(term)
            if accept(word: "AND") { ands += 1 } else if accept(word: "OR") { ors += 1 } else { break }
        } while true
        return ors > 0 ? .any(terms) : .all(terms)
    }

    private mutating func term(depth: Int) -> ScanFilter? {
        if case .sign("(")? = peek() {
            let start = index
            index += 1
            if depth < 64, let inner = bracketed(depth: depth + 1), accept(")") { return tail(inner) }
            index = start
            return skipBrackets() ? tail(.always) : nil
        }
        return comparison()
    }

    /// After brackets an operator would mean that they were an operand, not a condition.
    private func tail(_ filter: ScanFilter) -> ScanFilter? {
        switch peek() {
        case nil, .sign(")"), .word("AND"), .word("OR"): filter
        default: nil
        }
    }

    private mutating func bracketed(depth: Int) -> ScanFilter? {
        if accept(word: "NOT") {
            guard let operand = operand(), case .plain(let path, .boolean) = operand else { return nil }
            return .compare(path, .equal, .boolean(false))
        }
        return conjunction(depth: depth)
    }

    private mutating func skipBrackets() -> Bool {
        var depth = 0
        while let token = peek() {
            if case .sign("(") = token { depth += 1 }
            if case .sign(")") = token { depth -= 1 }
            index += 1
            if depth == 0 { return true }
        }
        return false
    }

    private mutating func comparison() -> ScanFilter? {
        guard let operand = operand() else { return nil }
        if accept(word: "IS", "NULL") { return operand.plainPath.map(ScanFilter.isNull) ?? .always }
        if accept(word: "IS", "NOT", "NULL") { return operand.plainPath.map(ScanFilter.isNotNull) ?? .always }
        if accept(word: "IS", "NOT", "DISTINCT", "FROM") {
            if accept(word: "NULL") { return operand.plainPath.map(ScanFilter.isNull) ?? .always }
            return literal().map { operand.filter(.equal, $0) }
        }
        if accept(word: "IS", "DISTINCT", "FROM") { return literal() == nil ? nil : .always }
        if accept(word: "NOT", "IN") { return list() == nil ? nil : .always }
        if accept(word: "IN") {
            guard let values = list() else { return nil }
            return .any(values.map { operand.filter(.equal, $0) })
        }
        let signs: [(String, ScanFilter.Comparison)] = [
            ("=", .equal), ("!=", .notEqual), ("<>", .notEqual), ("<=", .lessOrEqual),
            (">=", .greaterOrEqual),
            ("<", .less), (">", .greater),
        ]
        for (sign, comparison) in signs where accept(sign) {
            return literal().map { operand.filter(comparison, $0) }
        }
        if case .plain(let path, .boolean) = operand { return .compare(path, .equal, .boolean(true)) }
        return nil
    }

    private mutating func list() -> [FilterLiteral]? {
        guard accept("(") else { return nil }
        var values: [FilterLiteral] = []
        repeat {
            guard let value = literal() else { return nil }
            values.append(value)
        } while accept(",")
        return accept(")") ? values : nil
    }

    /// `c3`, `c3.member` or `CAST(c3 AS TYPE)`.
    private mutating func operand() -> FilterOperand? {
        if accept(word: "CAST") {
            guard accept("("), let inner = operand(), accept(word: "AS"),
                case .plain(let path, let type) = inner
            else {
                return nil
            }
            var name = ""
            while let token = peek(), token != .sign(")") || name.contains("(") && !name.contains(")") {
                name += name.isEmpty || token.isSign ? token.spelling : " " + token.spelling
                index += 1
            }
            return accept(")") ? .cast(path, from: type, to: name) : nil
        }
        guard case .word(let name)? = peek(), name.first == "c", let number = Int(name.dropFirst()),
            schema.fields.indices.contains(number)
        else { return nil }
        index += 1
        var parts = [schema.fields[number].name]
        var type = schema.fields[number].type
        while case .sign(".")? = peek(), case .word(let member)? = peek(1) {
            guard case .structure(let fields) = type, let field = fields.first(where: { $0.name == member })
            else {
                return nil
            }
            parts.append(member)
            type = field.type
            index += 2
        }
        return .plain(ColumnPath(parts), type)
    }

    private mutating func literal() -> FilterLiteral? {
        var literal: FilterLiteral
        switch peek() {
        case .string(let text)?: literal = .text(text, cast: "")
        case .number(let text)?: literal = .number(text)
        case .word("true")?: literal = .boolean(true)
        case .word("false")?: literal = .boolean(false)
        default: return nil
        }
        index += 1
        if accept("::") {
            var name: [String] = []
            while case .word(let word)? = peek(), word != "AND", word != "OR" {
                name.append(word)
                index += 1
            }
            if case .text(let text, _) = literal { literal = .text(text, cast: name.joined(separator: " ")) }
            if case .sign("(")? = peek() { return nil }
        }
        return literal
    }
}

extension ScanFilter {
    /// All of them, without needless nesting.
    static func all(_ parts: [ScanFilter]) -> ScanFilter {
        let kept = parts.filter { $0 != .always }
        return kept.isEmpty ? .always : kept.count == 1 ? kept[0] : .and(kept)
    }

    /// At least one of them; `.always` if one of them is.
    static func any(_ parts: [ScanFilter]) -> ScanFilter {
        parts.contains(.always) ? .always : parts.isEmpty ? .never : parts.count == 1 ? parts[0] : .or(parts)
    }
}
