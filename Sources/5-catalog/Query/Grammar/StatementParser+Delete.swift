internal import Base
internal import TableModel

extension StatementParser {
    /// `DELETE FROM name [AS alias] [WHERE condition]`.
    mutating func delete() throws -> Statement {
        cursor.skip()
        try cursor.expect("from")
        let name = try cursor.objectName("table")
        if cursor.peek() == "using" { throw joined("DELETE ... USING", "WHEN MATCHED THEN DELETE") }
        let alias = try cursor.alias(before: ["where", "using", "returning"])
        if cursor.peek() == "using" { throw joined("DELETE ... USING", "WHEN MATCHED THEN DELETE") }
        return .delete(DeleteStatement(name: name, alias: alias, condition: try whereClause()))
    }

    /// `UPDATE name [AS alias] SET column = value, ... [WHERE condition]`.
    mutating func update() throws -> Statement {
        cursor.skip()
        let name = try cursor.objectName("table")
        let alias = try cursor.alias(before: ["set"])
        try cursor.expect("set")
        let assignments = try self.assignments(until: ["where", "from", "returning"])
        if cursor.peek() == "from" { throw joined("UPDATE ... FROM", "WHEN MATCHED THEN UPDATE SET ...") }
        return .update(
            UpdateStatement(
                name: name, alias: alias, assignments: assignments, condition: try whereClause()))
    }

    /// `TRUNCATE [TABLE] name`.
    mutating func truncate() throws -> Statement {
        cursor.skip()
        _ = cursor.accept("table")
        let name = try cursor.tableReference()
        if cursor.peek() == "partition" {
            throw unsupported("TRUNCATE ... PARTITION is not supported; DELETE FROM t WHERE ... does it")
        }
        return .truncate(name)
    }

    private mutating func whereClause() throws -> Range<Int>? {
        let condition =
            cursor.accept("where") ? try cursor.expression("a condition", until: ["returning"]) : nil
        if cursor.peek() == "returning" { throw unsupported("RETURNING is not supported") }
        return condition
    }

    private func joined(_ what: String, _ clause: String) -> TarnError {
        unsupported("\(what) is not supported; MERGE INTO t USING other ON ... \(clause) does it")
    }

    /// `column = value, member.of.structure = DEFAULT, ...`.
    mutating func assignments(until stops: Set<String>) throws -> [Assignment] {
        var found: [Assignment] = []
        repeat {
            let start = cursor.offset
            let column = try cursor.columnPath()
            try cursor.expectSign("=")
            let head = start..<cursor.endOfLast
            found.append(Assignment(column: column, head: head, value: try value(until: stops)))
        } while cursor.acceptSign(",")
        return found
    }

    /// An expression, or `nil` for `DEFAULT`.
    mutating func value(until stops: Set<String>) throws -> Range<Int>? {
        let range = try cursor.expression("a value", until: stops)
        return cursor.text.string(range).lowercased() == "default" ? nil : range
    }
}
