internal import Base
internal import Catalog
internal import TableModel

extension StatementParser {
    /// `f ON (column, 'constant', ...)`, after ROW FILTER.
    mutating func rowFilter() throws -> PolicyClause {
        let function = try cursor.objectName("function")
        try cursor.expect("on")
        return PolicyClause(function: function, arguments: try policyArguments())
    }

    /// `f [USING COLUMNS (column, 'constant', ...)]`, after MASK.
    static func mask(_ cursor: inout SQLCursor) throws -> PolicyClause {
        let function = try cursor.objectName("function")
        guard cursor.accept("using", "columns") else {
            return PolicyClause(function: function, arguments: [])
        }
        return PolicyClause(function: function, arguments: try policyArguments(&cursor))
    }

    mutating func policyArguments() throws -> [PolicyClause.Argument] {
        try Self.policyArguments(&cursor)
    }

    /// Columns and literals in brackets; nothing that would have to be computed.
    static func policyArguments(_ cursor: inout SQLCursor) throws -> [PolicyClause.Argument] {
        if cursor.peekSign("("), cursor.peekSign(")", ahead: 1) {
            cursor.skip(2)
            return []
        }
        return try cursor.list { cursor in
            if let text = cursor.text.stringValue(cursor.index) {
                cursor.skip()
                return .constant(quoteLiteral(text))
            }
            let isNegative = cursor.acceptSign("-")
            if cursor.peekKind() == .number {
                let number = cursor.text.spelling(cursor.index)
                cursor.skip()
                return .constant((isNegative ? "-" : "") + number)
            }
            if isNegative { throw cursor.unexpected("a number") }
            if let word = cursor.peek(), ["true", "false", "null"].contains(word) {
                cursor.skip()
                return .constant(word.uppercased())
            }
            if let word = cursor.peek(), ["date", "timestamp"].contains(word),
                let text = cursor.text.stringValue(cursor.index + 1)
            {
                cursor.skip(2)
                return .constant("\(word.uppercased()) \(quoteLiteral(text))")
            }
            return .column(try cursor.name("column"))
        }
    }

    // MARK: Policies by tag

    /// After CREATE [OR REPLACE] POLICY.
    mutating func createPolicy(orReplace: Bool) throws -> Statement {
        let name = try cursor.name("policy")
        try cursor.expect("on")
        let scope = try policyScope()
        let comment: String?
        if cursor.accept("comment") { comment = try cursor.string("a comment") } else { comment = nil }
        let kind: TagPolicy.Kind
        if cursor.accept("row", "filter") {
            kind = .rowFilter
        } else {
            try cursor.expect("column", "mask")
            kind = .columnMask
        }
        let function = try cursor.objectName("function")
        try cursor.expect("to")
        let to = try principals()
        let except = cursor.accept("except") ? try principals() : []
        try cursor.expect("for", "tables")
        var policy = CreatePolicyStatement(
            name: name, orReplace: orReplace, scope: scope, kind: kind, comment: comment, function: function,
            to: to, except: except, matches: [], arguments: [])
        if cursor.accept("when") { policy.tables = try tagCondition() }
        if cursor.accept("match", "columns") {
            repeat {
                let condition = try tagCondition()
                _ = cursor.accept("as")
                policy.matches.append(.init(alias: try cursor.name("column"), condition: condition))
            } while cursor.acceptSign(",")
        }
        if cursor.accept("on", "column") { policy.onColumn = try cursor.name("column") }
        if cursor.accept("using", "columns") { policy.arguments = try policyArguments() }
        return .policy(.create(policy))
    }

    mutating func dropPolicy() throws -> Statement {
        let ifExists = cursor.accept("if", "exists")
        let name = try cursor.name("policy")
        try cursor.expect("on")
        return .policy(.drop(name, try policyScope(), ifExists: ifExists))
    }

    /// `CATALOG c`, `SCHEMA s`, `TABLE t`; a name alone is a table's.
    mutating func policyScope() throws -> PolicyScope {
        if cursor.accept("catalog") {
            return PolicyScope(kind: .catalog, name: try cursor.objectName("catalog", parts: 1))
        }
        if cursor.accept("schema") || cursor.accept("database") {
            return PolicyScope(kind: .schema, name: try cursor.objectName("schema", parts: 2))
        }
        _ = cursor.accept("table")
        return PolicyScope(kind: .table, name: try cursor.objectName("table"))
    }

    private mutating func principals() throws -> [String] {
        var names: [String] = []
        repeat { names.append(try cursor.name("principal")) } while cursor.acceptSign(",")
        return names
    }

    private mutating func tagCondition() throws -> TagCondition {
        var parts = [try tagConjunction()]
        while cursor.accept("or") { parts.append(try tagConjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func tagConjunction() throws -> TagCondition {
        var parts = [try tagTerm()]
        while cursor.accept("and") { parts.append(try tagTerm()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func tagTerm() throws -> TagCondition {
        if cursor.accept("not") { return .not(try tagTerm()) }
        if cursor.acceptSign("(") {
            let inner = try tagCondition()
            try cursor.expectSign(")")
            return inner
        }
        let hasValue = cursor.accept("has_tag_value") || cursor.accept("hastagvalue")
        if !hasValue, !cursor.accept("has_tag"), !cursor.accept("hastag") {
            throw cursor.unexpected("has_tag('key') or has_tag_value('key', 'value')")
        }
        try cursor.expectSign("(")
        let key = try cursor.string("the key of a tag")
        guard hasValue else {
            try cursor.expectSign(")")
            return .hasTag(key)
        }
        try cursor.expectSign(",")
        let value = try cursor.string("the value of a tag")
        try cursor.expectSign(")")
        return .hasValue(key, value)
    }
}
