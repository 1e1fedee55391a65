internal import Base
package import TableModel

/// Finds the equalities that a MERGE's condition demands, of a column of the target and an expression of the source.
///
/// They serve to leave out files, so one that is not recognised costs time only. What is found is certain: it stands
/// in a chain of ANDs, and its names cannot mean anything else.
package struct MergeKeys {
    let text: SQLText
    let target: (alias: String, columns: [String])
    let source: (alias: String?, columns: [String])

    /// - Parameters:
    ///   - text: The statement.
    ///   - target: What the condition calls the target, and its columns.
    ///   - source: The same of the source; without a name, its columns stand alone.
    package init(
        text: SQLText, target: (alias: String, columns: [String]), source: (alias: String?, columns: [String])
    ) {
        self.text = text
        self.target = target
        self.source = source
    }

    /// - Parameter condition: What stands behind ON.
    /// - Returns: The target's column and where the source's expression stands.
    package func find(in condition: Range<Int>) -> [(target: ColumnPath, source: Range<Int>)] {
        conjuncts(tokens(condition)).compactMap { part in
            guard let sign = equality(part) else { return nil }
            let sides = (part.lowerBound..<sign, sign + 1..<part.upperBound)
            if let column = targetColumn(sides.0), isSource(sides.1) { return (column, bytes(sides.1)) }
            if let column = targetColumn(sides.1), isSource(sides.0) { return (column, bytes(sides.0)) }
            return nil
        }
    }

    private func tokens(_ range: Range<Int>) -> Range<Int> {
        let first = text.tokens.firstIndex { $0.range.lowerBound >= range.lowerBound } ?? 0
        let end = text.tokens.firstIndex { $0.range.lowerBound >= range.upperBound } ?? text.tokens.count
        return first..<max(first, end)
    }

    private func bytes(_ tokens: Range<Int>) -> Range<Int> {
        text.tokens[tokens.lowerBound].range.lowerBound..<text.tokens[tokens.upperBound - 1].range.upperBound
    }

    private func depthChange(_ index: Int) -> Int {
        if text.isSign(index, "(") || text.isSign(index, "[") || text.isSign(index, "{") { return 1 }
        if text.isSign(index, ")") || text.isSign(index, "]") || text.isSign(index, "}") { return -1 }
        return 0
    }

    /// The parts between the ANDs, brackets around them taken off; none if an OR or a CASE stands beside them.
    private func conjuncts(_ tokens: Range<Int>) -> [Range<Int>] {
        let tokens = withoutBrackets(tokens)
        var parts: [Range<Int>] = []
        var (start, depth, isBetween) = (tokens.lowerBound, 0, false)
        for index in tokens {
            depth += depthChange(index)
            guard depth == 0, let word = text.word(index), !text.isSign(index - 1, ".") else { continue }
            switch word {
            case "or", "case", "when": return []
            case "between": isBetween = true
            case "and":
                if isBetween {
                    isBetween = false
                    continue
                }
                parts.append(start..<index)
                start = index + 1
            default: continue
            }
        }
        if parts.isEmpty { return tokens.isEmpty ? [] : [tokens] }
        parts.append(start..<tokens.upperBound)
        return parts.flatMap(conjuncts)
    }

    private func withoutBrackets(_ tokens: Range<Int>) -> Range<Int> {
        guard tokens.count > 2, text.isSign(tokens.lowerBound, "("), text.isSign(tokens.upperBound - 1, ")")
        else { return tokens }
        var depth = 0
        for index in tokens.dropLast() {
            depth += depthChange(index)
            if depth == 0 { return tokens }
        }
        return withoutBrackets(tokens.lowerBound + 1..<tokens.upperBound - 1)
    }

    /// The one `=` on the outer level of a part that has no other operator of its rank there.
    private func equality(_ part: Range<Int>) -> Int? {
        var found: Int?
        var depth = 0
        for index in part {
            depth += depthChange(index)
            guard depth == 0 else { continue }
            if let word = text.word(index), !text.isSign(index - 1, "."),
                ["not", "is", "in", "like", "ilike", "between", "similar", "glob", "collate"].contains(word)
            {
                return nil
            }
            guard text.tokens[index].kind == .sign else { continue }
            let sign = text.spelling(index)
            if sign == "=" {
                if found != nil { return nil }
                found = index
            } else if !["(", ")", "[", "]", "{", "}", ".", "+", "-", "*", "/", "%", "||", "::"].contains(sign)
            {
                return nil
            }
        }
        guard let found, found > part.lowerBound, found + 1 < part.upperBound else { return nil }
        return found
    }

    /// `t.a`, `t.a.b` or `a`, if only the target can be meant.
    private func targetColumn(_ side: Range<Int>) -> ColumnPath? {
        let side = withoutBrackets(side)
        guard var names = chain(side.lowerBound, end: side.upperBound), names.count * 2 - 1 == side.count
        else {
            return nil
        }
        if names.count > 1, isEqual(names[0], target.alias) {
            names.removeFirst()
        } else if contains(source.columns, names[0]) || source.alias.map({ isEqual($0, names[0]) }) == true {
            return nil
        }
        guard contains(target.columns, names[0]) else { return nil }
        return ColumnPath(names)
    }

    /// Whether all names in an expression are columns of the source.
    private func isSource(_ side: Range<Int>) -> Bool {
        var index = side.lowerBound
        var hasColumn = false
        while index < side.upperBound {
            guard text.name(index) != nil else {
                // A parameter is a literal by the time it runs.
                index += 1
                continue
            }
            if text.word(index) != nil, text.isSign(index + 1, "(") {
                if ["select", "exists"].contains(text.word(index)) { return false }
                index += 1
                continue
            }
            guard let names = chain(index, end: side.upperBound), isSource(names) else { return false }
            hasColumn = true
            index += names.count * 2 - 1
        }
        return hasColumn
    }

    private func isSource(_ names: [String]) -> Bool {
        if names.count > 1, let alias = source.alias, isEqual(names[0], alias) {
            return contains(source.columns, names[1])
        }
        return contains(source.columns, names[0]) && !contains(target.columns, names[0])
            && !isEqual(names[0], target.alias)
    }

    /// `a.b.c` as its names.
    private func chain(_ start: Int, end: Int) -> [String]? {
        guard start < end, let first = text.name(start) else { return nil }
        var names = [first]
        var index = start + 1
        while index + 1 < end, text.isSign(index, "."), let next = text.name(index + 1) {
            names.append(next)
            index += 2
        }
        return names
    }

    private func isEqual(_ a: String, _ b: String) -> Bool { a.lowercased() == b.lowercased() }
    private func contains(_ names: [String], _ name: String) -> Bool { names.contains { isEqual($0, name) } }
}
