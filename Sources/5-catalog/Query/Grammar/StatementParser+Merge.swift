internal import Base
internal import TableModel

extension StatementParser {
    /// `MERGE [WITH SCHEMA EVOLUTION] INTO name [AS alias] USING source [AS alias] ON condition WHEN ...`.
    mutating func merge() throws -> Statement {
        cursor.skip()
        let evolves = try schemaEvolution()
        try cursor.expect("into")
        let name = try cursor.objectName("table")
        let alias = try cursor.alias(before: ["using"])
        try cursor.expect("using")
        let start = cursor.offset
        let sourceAlias = try mergeSource()
        let source = start..<cursor.endOfLast
        try cursor.expect("on")
        let condition = try cursor.expression("a condition", until: ["when"])
        var clauses: [MergeClauseStatement] = []
        while cursor.peek() == "when" { clauses.append(try mergeClause()) }
        if clauses.isEmpty { throw cursor.unexpected("WHEN MATCHED or WHEN NOT MATCHED") }
        try checkReachable(clauses)
        return .merge(
            MergeStatement(
                name: name, alias: alias, source: source, sourceAlias: sourceAlias, condition: condition,
                evolvesSchema: evolves, clauses: clauses))
    }

    /// A table, a file, a query in brackets or a function, with its version and its alias; gives the name by which its
    /// columns can be qualified.
    private mutating func mergeSource() throws -> String? {
        var name: String?
        if cursor.peekSign("(") {
            _ = try cursor.parenthesised()
        } else if cursor.peekKind() == .string {
            name = QuerySource.alias(ofFile: try cursor.string("a file"))
        } else {
            name = try cursor.objectName("source").parts.last
            if cursor.peekSign("(") { _ = try cursor.parenthesised() }
        }
        let stops: Set<String> = ["on", "as"]
        let isDated = try cursor.travel(until: stops) != nil
        if let alias = try cursor.alias(before: ["on", "at", "for", "version", "timestamp"]) {
            name = alias
            if cursor.peekSign("(") { _ = try cursor.list { try $0.name("column") } }
            if !isDated { _ = try cursor.travel(until: stops) }
        }
        return name
    }

    private mutating func mergeClause() throws -> MergeClauseStatement {
        let start = cursor.offset
        try cursor.expect("when")
        let kind: MergeClauseStatement.Kind
        if cursor.accept("matched") {
            kind = .matched
        } else {
            try cursor.expect("not", "matched")
            kind = cursor.accept("by", "source") ? .notMatchedBySource : .notMatched
            if kind == .notMatched { _ = cursor.accept("by", "target") }
        }
        let condition = cursor.accept("and") ? try cursor.expression("a condition", until: ["then"]) : nil
        try cursor.expect("then")
        return MergeClauseStatement(
            kind: kind, condition: condition, action: try mergeAction(kind), offset: start)
    }

    private mutating func mergeAction(
        _ kind: MergeClauseStatement.Kind
    ) throws -> MergeClauseStatement.Action {
        if cursor.accept("do", "nothing") { return .nothing }
        if kind == .notMatched {
            guard cursor.accept("insert") else { throw cursor.unexpected("INSERT") }
            return try mergeInsert()
        }
        if cursor.accept("delete") { return .delete }
        guard cursor.accept("update") else { throw cursor.unexpected("UPDATE SET or DELETE") }
        try cursor.expect("set")
        if cursor.peekSign("*") {
            if kind == .notMatchedBySource {
                throw cursor.syntaxError(
                    "UPDATE SET * needs a row of the source, which there is none of here", at: cursor.offset)
            }
            cursor.skip()
            if cursor.peek() == "except" { throw unsupported("UPDATE SET * EXCEPT is not supported") }
            return .updateAll
        }
        return .update(try assignments(until: ["when"]))
    }

    private mutating func mergeInsert() throws -> MergeClauseStatement.Action {
        if cursor.acceptSign("*") {
            if cursor.peek() == "except" { throw unsupported("INSERT * EXCEPT is not supported") }
            return .insertAll
        }
        let start = cursor.offset
        let columns = cursor.peekSign("(") ? try cursor.list { try $0.name("column") } : nil
        try cursor.expect("values")
        try cursor.expectSign("(")
        var values: [Range<Int>?] = []
        repeat { values.append(try value(until: [])) } while cursor.acceptSign(",")
        try cursor.expectSign(")")
        guard let columns else { return .insertValues(values) }
        if columns.count != values.count {
            throw cursor.syntaxError(
                "INSERT names \(columns.count) columns and gives \(values.count) values", at: start)
        }
        return .insert(columns, values)
    }

    /// Of each kind only the last clause may do without a condition, for those behind it would never be reached.
    private func checkReachable(_ clauses: [MergeClauseStatement]) throws {
        var unconditional: Set<MergeClauseStatement.Kind> = []
        for clause in clauses {
            if unconditional.contains(clause.kind) {
                throw cursor.syntaxError(
                    "This WHEN clause is never reached: the one of its kind before it has no condition",
                    at: clause.offset)
            }
            if clause.condition == nil { unconditional.insert(clause.kind) }
        }
    }
}
