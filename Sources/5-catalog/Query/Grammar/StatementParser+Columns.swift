internal import Base
internal import TableModel

extension StatementParser {
    /// The columns and constraints of `CREATE TABLE name (...)`.
    mutating func columnDefinitions(_ table: inout CreateTableStatement) throws {
        var columns: [SchemaField] = []
        var checks: [(name: String, condition: String)] = []
        var masks: [(column: String, mask: PolicyClause)] = []
        _ = try cursor.list { cursor in
            let start = cursor.offset
            if let check = try Self.tableConstraint(&cursor, number: checks.count + 1) {
                if checks.contains(where: { $0.name.lowercased() == check.name.lowercased() }) {
                    throw cursor.syntaxError("The table has two constraints named \(check.name)", at: start)
                }
                checks.append(check)
                return
            }
            let column = try Self.columnDefinition(&cursor)
            if cursor.accept("mask") { masks.append((column.name, try Self.mask(&cursor))) }
            if columns.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
                throw cursor.syntaxError("The table has two columns named \(column.name)", at: start)
            }
            columns.append(column)
        }
        table.columns = columns
        table.checks = checks
        table.masks = masks
    }

    /// `[CONSTRAINT name] CHECK (condition)`; `nil` if a column comes next.
    private static func tableConstraint(
        _ cursor: inout SQLCursor, number: Int
    ) throws -> (name: String, condition: String)? {
        var name: String?
        let isNamed =
            cursor.peek() == "constraint"
            && ["check", "primary", "unique", "foreign"].contains(cursor.peek(2) ?? "")
        if isNamed {
            cursor.skip()
            name = try cursor.name("constraint")
        }
        guard let word = cursor.peek(), ["primary", "unique", "check", "foreign"].contains(word),
            isNamed || cursor.peekSign("(", ahead: 1) || cursor.peek(1) == "key"
        else { return nil }
        guard cursor.accept("check") else {
            throw sqlError(
                .unsupported,
                "\(word.uppercased()) is not supported: a Delta table has CHECK constraints and NOT NULL only.",
                cursor.text, at: cursor.offset)
        }
        return (name ?? "check_\(number)", cursor.text.deltaExpression(try cursor.parenthesised()))
    }

    /// `name type [NOT NULL] [COMMENT '...'] [DEFAULT value] [GENERATED ALWAYS AS (value)]
    /// [GENERATED ALWAYS|BY DEFAULT AS IDENTITY [(START WITH n INCREMENT BY n)]]`.
    ///
    /// What Delta keeps of a column besides its type goes into the field's metadata, by the protocol's names.
    static func columnDefinition(_ cursor: inout SQLCursor, name given: String? = nil) throws -> SchemaField {
        let name = try given ?? cursor.name("column")
        var field = SchemaField(name, try cursor.dataType())
        while let word = cursor.peek() {
            switch word {
            case "not":
                cursor.skip()
                try cursor.expect("null")
                field.isNullable = false
            case "null": cursor.skip()
            case "comment":
                cursor.skip()
                field.metadata["comment"] = .string(try cursor.string("a comment"))
            case "default":
                cursor.skip()
                let value = try cursor.expression("a value", until: columnWords)
                field.metadata["CURRENT_DEFAULT"] = .string(cursor.text.deltaExpression(value))
            case "generated", "as":
                try generated(&field, &cursor)
            case "primary", "unique", "check", "references", "collate", "using", "constraint":
                let instead = word == "check" ? "; write CONSTRAINT name CHECK (...) behind the columns" : ""
                throw sqlError(
                    .unsupported, "\(word.uppercased()) is not supported for a column (\(name))\(instead).",
                    cursor.text, at: cursor.offset)
            default: return field
            }
        }
        return field
    }

    private static let columnWords: Set<String> = [
        "not", "null", "comment", "generated", "primary", "unique", "check", "first", "after", "constraint",
        "mask",
    ]

    private static func generated(_ field: inout SchemaField, _ cursor: inout SQLCursor) throws {
        let start = cursor.offset
        var isAlways = true
        if cursor.accept("generated") {
            isAlways = cursor.accept("always")
            if !isAlways { try cursor.expect("by", "default") }
        }
        try cursor.expect("as")
        if cursor.accept("identity") { return try identity(&field, &cursor, isAlways: isAlways, at: start) }
        if !isAlways { throw cursor.unexpected("IDENTITY") }
        let expression = try cursor.parenthesised()
        if expression.isEmpty { throw cursor.unexpected("an expression") }
        field.metadata["delta.generationExpression"] = .string(cursor.text.deltaExpression(expression))
    }

    /// Delta protocol, "Identity Columns".
    private static func identity(
        _ field: inout SchemaField, _ cursor: inout SQLCursor, isAlways: Bool, at start: Int
    ) throws {
        guard field.type == .long else {
            throw cursor.syntaxError("An identity column has to be BIGINT (\(field.name))", at: start)
        }
        var (first, step): (Int64, Int64) = (1, 1)
        if cursor.acceptSign("(") {
            while !cursor.peekSign(")") {
                if cursor.accept("start") {
                    _ = cursor.accept("with")
                    first = try signedNumber(&cursor)
                } else if cursor.accept("increment") {
                    _ = cursor.accept("by")
                    step = try signedNumber(&cursor)
                } else {
                    throw cursor.unexpected("START WITH or INCREMENT BY")
                }
                _ = cursor.acceptSign(",")
            }
            try cursor.expectSign(")")
        }
        if step == 0 { throw cursor.syntaxError("INCREMENT BY cannot be 0", at: start) }
        field.metadata["delta.identity.start"] = .int(first)
        field.metadata["delta.identity.step"] = .int(step)
        field.metadata["delta.identity.allowExplicitInsert"] = .bool(!isAlways)
    }

    private static func signedNumber(_ cursor: inout SQLCursor) throws -> Int64 {
        let sign = cursor.acceptSign("-") ? "-" : ""
        guard cursor.peekKind() == .number, let value = Int64(sign + cursor.text.spelling(cursor.index))
        else {
            throw cursor.unexpected("a whole number")
        }
        cursor.skip()
        return value
    }
}
