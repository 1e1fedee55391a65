/// `AT (VERSION => n)`, `AT (TIMESTAMP => t)`, `VERSION AS OF n` or `TIMESTAMP AS OF t`, as found in the text.
package struct TravelClause: Sendable {
    package enum Unit: Sendable { case version, timestamp }
    package var unit: Unit
    /// The whole clause.
    package var range: Range<Int>
    /// The version or the time in it.
    package var value: Range<Int>
}

extension SQLText {
    /// All time travel clauses, by the index of their first token.
    ///
    /// They are lifted out before DuckDB's parser sees the text: it takes them only after an alias, Spark's dialect
    /// only before it, and here both are right.
    var travelClauses: [Int: TravelClause] {
        var found: [Int: TravelClause] = [:]
        var index = 0
        while index < tokens.count {
            if let (clause, next) = atClause(index) ?? asOfClause(index) {
                found[index] = clause
                index = next
            } else {
                index += 1
            }
        }
        return found
    }

    private func unit(_ index: Int) -> TravelClause.Unit? {
        switch word(index) {
        case "version": .version
        case "timestamp": .timestamp
        default: nil
        }
    }

    private func atClause(_ index: Int) -> (TravelClause, next: Int)? {
        guard index > 0, word(index) == "at", isSign(index + 1, "("), let unit = unit(index + 2),
            isSign(index + 3, "=>")
        else { return nil }
        var depth = 1
        var end = index + 4
        while end < tokens.count {
            if isSign(end, "(") { depth += 1 }
            if isSign(end, ")") { depth -= 1 }
            if depth == 0 { break }
            end += 1
        }
        guard end < tokens.count, end > index + 4 else { return nil }
        let value = tokens[index + 4].range.lowerBound..<tokens[end - 1].range.upperBound
        let range = tokens[index].range.lowerBound..<tokens[end].range.upperBound
        return (TravelClause(unit: unit, range: range, value: value), end + 1)
    }

    private func asOfClause(_ index: Int) -> (TravelClause, next: Int)? {
        guard index > 0, let unit = unit(index), word(index + 1) == "as", word(index + 2) == "of",
            tokens.indices.contains(index + 3)
        else { return nil }
        let value = tokens[index + 3]
        guard [.number, .string, .parameter].contains(value.kind) else { return nil }
        let start = tokens[word(index - 1) == "for" ? index - 1 : index].range.lowerBound
        return (
            TravelClause(unit: unit, range: start..<value.range.upperBound, value: value.range), index + 4
        )
    }
}
