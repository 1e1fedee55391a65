internal import Base
internal import TableModel
internal import Engine

/// Puts relations in the place of table names, and nothing else: the rest of the user's text reaches the engine
/// letter by letter, so that it means what DuckDB's parser said, and errors point into it.
struct QueryRewriter: Sendable {
    let query: NormalizedQuery
    let sources: [QuerySource]
    let longColumns: [(range: Range<Int>, names: [String], starts: [Int])]

    init(_ query: NormalizedQuery, edited: EditedText, tree: QueryTree, sources: [QuerySource]) {
        self.query = query
        self.sources = sources
        let text = query.text
        longColumns = tree.longColumns.compactMap { column in
            let place = edited.original(column.offset)
            guard let first = text.tokens.firstIndex(where: { $0.range.lowerBound >= place }) else {
                return nil
            }
            var starts: [Int] = []
            for (number, name) in column.names.enumerated() {
                let index = first + 2 * number
                guard text.name(index)?.lowercased() == name.lowercased(),
                    number == 0 || text.isSign(index - 1, ".")
                else { return nil }
                starts.append(text.tokens[index].range.lowerBound)
            }
            return (starts[0]..<starts[starts.count - 1], column.names, starts)
        }
    }

    /// The text to run and the values for its parameters.
    ///
    /// Each source is given, in order, by SQL for it and, if it is a table of the catalog, by its full name.
    func run(relations: [String], fullNames: [[String]?]) throws -> (
        text: EditedText, parameters: [EngineValue]
    ) {
        var values: [EngineValue] = []
        let text = try rewritten(relations, fullNames) { index in
            values.append(query.parameters[index])
            return "$\(values.count)"
        }
        return (text, values)
    }

    /// The text for the planner: parameters become literals, so that filters on them prune too.
    ///
    /// It is `nil` if a parameter has no literal.
    func plan(relations: [String], fullNames: [[String]?]) throws -> String? {
        var isComplete = true
        let text = try rewritten(relations, fullNames) { index in
            let literal = query.parameters[index].sqlLiteral
            if literal == nil { isComplete = false }
            return literal ?? "NULL"
        }
        return isComplete ? text.text : nil
    }

    /// A part of the text by itself, an expression of a larger statement; parameters become literals.
    func part(_ range: Range<Int>, relations: [String], fullNames: [[String]?]) throws -> String {
        try rewritten(relations, fullNames, window: range) { query.parameters[$0].anyLiteral }.text
    }

    private func rewritten(
        _ relations: [String], _ fullNames: [[String]?], window: Range<Int>? = nil, parameter: (Int) -> String
    ) throws -> EditedText {
        var edits = TextEdits()
        for (source, relation) in zip(sources, relations) {
            edits.replace(source.range, with: source.replacement(relation))
        }
        for cut in qualifierCuts(fullNames) { edits.replace(cut, with: "") }
        let gone = edits.edits.map(\.range)
        func isGone(_ range: Range<Int>) -> Bool { gone.contains { $0.overlaps(range) } }
        for edit in query.edits.edits where !isGone(edit.range) { edits.replace(edit.range, with: edit.text) }
        for (range, index) in query.parameterPlaces where !isGone(range) {
            edits.replace(range, with: parameter(index))
        }
        guard let window else { return try edits.applied(to: query.text.bytes, window: query.window) }
        return try edits.within(window).applied(to: query.text.bytes, window: window)
    }

    /// `main.default.orders.id` is cut to `orders.id` where that table has no alias, for in the text that runs it is
    /// a subquery by that name.
    private func qualifierCuts(_ fullNames: [[String]?]) -> [Range<Int>] {
        let tables = zip(sources, fullNames).compactMap { source, name in
            source.defaultAlias == nil ? nil : name?.map { $0.lowercased() }
        }
        return longColumns.compactMap { column in
            let names = column.names.map { $0.lowercased() }
            for table in tables where table.count == 3 {
                if names.count >= 4, Array(names[0..<3]) == table {
                    return column.starts[0]..<column.starts[2]
                }
                if Array(names[0..<2]) == Array(table[1...]) { return column.starts[0]..<column.starts[1] }
            }
            return nil
        }
    }
}
