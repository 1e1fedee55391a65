internal import Base
internal import TableModel
internal import Engine

/// A query in the form that DuckDB's parser takes: time travel lifted out, parameters numbered, Spark's quotes and
/// foreign blanks made DuckDB's.
package struct NormalizedQuery: Sendable {
    let text: SQLText
    /// The part of the text that is the query.
    let window: Range<Int>
    /// All changes but those of the parameters.
    let edits: TextEdits
    /// By the index of the clause's first token in `text`.
    let travel: [Int: TravelClause]
    /// The values of the parameters in the order in which they stand, those in time travel clauses left out.
    let parameters: [EngineValue]
    /// Where they stand, with the index of their value.
    let parameterPlaces: [(range: Range<Int>, index: Int)]
    /// The values of parameters inside time travel clauses, by place.
    let travelParameters: [Int: EngineValue]

    /// - Parameters:
    ///   - text: Lexed; only the tokens in it count.
    ///   - parameters: All of them must be used, and all that are used must be there.
    ///   - casts: Changes to make besides; what they replace counts as gone, with the parameters in it.
    /// - Throws: `.invalidInput` naming a parameter that has no value, or too many values.
    package init(_ text: SQLText, parameters: SQLParameters, casts: TextEdits = TextEdits()) throws {
        self.text = text
        window = text.extent
        let cuts = casts.edits.map(\.range).filter { !$0.isEmpty }
        travel = text.travelClauses.filter { clause in !cuts.contains { $0.overlaps(clause.value.range) } }
        // First, so that a cast goes around what else changes at the same place.
        var edits = casts
        for clause in travel.values { edits.replace(clause.range, with: " ") }
        let lifted = travel.values.map(\.range) + cuts
        for space in text.foreignSpaces where !lifted.contains(where: { $0.overlaps(space) }) {
            edits.replace(space, with: " ")
        }
        var binder = ParameterBinder(parameters)
        for index in text.tokens.indices {
            let range = text.tokens[index].range
            let isLifted = lifted.contains { $0.overlaps(range) }
            if let (value, range) = try binder.value(text, index) {
                binder.place(value, range, isLifted: isLifted)
            } else if !isLifted, let plain = Self.plainSpelling(text, index) {
                edits.replace(range, with: plain)
            }
        }
        try binder.checkAllUsed()
        self.edits = edits
        self.parameters = binder.values
        parameterPlaces = binder.places
        travelParameters = binder.lifted
    }

    /// The query as DuckDB's parser is to see it; the parameters are numbered in the order in which they stand.
    package func forParser() throws -> EditedText {
        var edits = edits
        for (range, index) in parameterPlaces { edits.replace(range, with: "$\(index + 1)") }
        return try edits.applied(to: text.bytes, window: window)
    }

    /// What DuckDB needs to read instead: a name in backquotes in double quotes, and `default` in quotes where it is
    /// a schema's name, for it is a reserved word.
    private static func plainSpelling(_ text: SQLText, _ index: Int) -> String? {
        let token = text.tokens[index]
        if token.kind == .quotedName, text.bytes[token.range.lowerBound] == UInt8(ascii: "`") {
            return text.name(index).map { quoteIdentifier($0) }
        }
        if text.word(index) == "default", text.isSign(index + 1, ".") || text.isSign(index - 1, ".") {
            return quoteIdentifier(text.spelling(index))
        }
        return nil
    }
}

/// Finds the value of each parameter and numbers them anew in the order in which they stand.
private struct ParameterBinder {
    private let given: SQLParameters
    private(set) var values: [EngineValue] = []
    private(set) var places: [(range: Range<Int>, index: Int)] = []
    private(set) var lifted: [Int: EngineValue] = [:]
    private var nextQuestionMark = 0
    private var used: Set<Int> = []

    init(_ given: SQLParameters) { self.given = given }

    mutating func place(_ value: EngineValue, _ range: Range<Int>, isLifted: Bool) {
        if isLifted {
            lifted[range.lowerBound] = value
        } else {
            places.append((range, values.count))
            values.append(value)
        }
    }

    /// The value if a parameter starts at this token, and what it covers.
    mutating func value(_ text: SQLText, _ index: Int) throws -> (EngineValue, Range<Int>)? {
        let token = text.tokens[index]
        if token.kind == .parameter {
            let name = String(text.spelling(index).dropFirst())
            return (try value(named: name, at: token.range.lowerBound), token.range)
        }
        guard case .named(let byName) = given, text.isSign(index, ":"), let name = text.word(index + 1),
            text.tokens[index + 1].range.lowerBound == token.range.upperBound,
            let found = byName.first(where: { $0.key.lowercased() == name })
        else { return nil }
        return (found.value, token.range.lowerBound..<text.tokens[index + 1].range.upperBound)
    }

    private mutating func value(named name: String, at offset: Int) throws -> EngineValue {
        switch given {
        case .positional(let list):
            let number: Int
            if name.isEmpty {
                nextQuestionMark += 1
                number = nextQuestionMark
            } else if let parsed = Int(name) {
                number = parsed
            } else {
                throw missing("Parameter $\(name)", "; pass the parameters by name", offset)
            }
            guard number >= 1, number <= list.count else {
                throw missing("Parameter \(number)", " (\(list.count) given)", offset)
            }
            used.insert(number)
            return list[number - 1]
        case .named(let byName):
            if let value = byName[name] { return value }
            if let found = byName.first(where: { $0.key.lowercased() == name.lowercased() }) {
                return found.value
            }
            let shown = name.isEmpty ? "?" : "$\(name)"
            throw missing("Parameter \(shown)", "." + didYouMean(name, among: byName.keys), offset)
        }
    }

    private func missing(_ what: String, _ rest: String, _ offset: Int) -> TarnError {
        TarnError(.invalidInput, "\(what) has no value\(rest).", context: [("position", "\(offset)")])
    }

    func checkAllUsed() throws {
        guard case .positional(let list) = given,
            let unused = (1..<list.count + 1).first(where: { !used.contains($0) })
        else { return }
        throw TarnError(
            .invalidInput,
            "\(list.count) parameter values were given, but the statement does not use number \(unused).")
    }
}
