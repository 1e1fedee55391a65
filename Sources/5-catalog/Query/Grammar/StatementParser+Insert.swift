internal import Base
internal import TableModel

extension StatementParser {
    /// `INSERT [WITH SCHEMA EVOLUTION] INTO|OVERWRITE [TABLE] name [PARTITION (...)] [(columns)] [BY NAME]
    /// [REPLACE WHERE condition | REPLACE USING (columns)] query`.
    mutating func insert() throws -> Statement {
        cursor.skip()
        let evolves = try schemaEvolution()
        var replacing = InsertStatement.Replacing.nothing
        if cursor.accept("overwrite") {
            replacing = .everything
            _ = cursor.accept("into")
        } else if cursor.peek() == "or" {
            throw unsupported(
                "INSERT OR ... is not supported: a Delta table has no keys; MERGE INTO updates or inserts")
        } else {
            try cursor.expect("into")
        }
        if cursor.peek() == "table", cursor.peekKind(1) == .word || cursor.peekKind(1) == .quotedName {
            cursor.skip()
        }
        let name = try cursor.tableReference()
        let partition = try partitionClause()
        var columns: [String]?
        if cursor.peekSign("("), !startsQuery(at: 1) {
            columns = try cursor.list { try $0.name("column") }
        }
        let byName = cursor.accept("by", "name")
        if !byName { _ = cursor.accept("by", "position") }
        if byName, columns != nil {
            throw cursor.syntaxError("A list of columns and BY NAME exclude each other", at: cursor.offset)
        }
        if let narrower = try replacement() {
            if case .everything = replacing {
                throw cursor.syntaxError(
                    "OVERWRITE and REPLACE exclude each other", at: name.range.lowerBound)
            }
            replacing = narrower
        }
        if cursor.accept("default", "values") {
            throw unsupported("INSERT ... DEFAULT VALUES is not supported; name a column and give it DEFAULT")
        }
        guard case .query(let range) = try queryTail() else { throw cursor.unexpected("a query") }
        return .insert(
            InsertStatement(
                name: name, replacing: replacing, byName: byName, columns: columns, partition: partition,
                evolvesSchema: evolves, query: range))
    }

    mutating func schemaEvolution() throws -> Bool {
        guard cursor.accept("with") else { return false }
        try cursor.expect("schema", "evolution")
        return true
    }

    /// `PARTITION (day = '2026-01-31', country)`.
    private mutating func partitionClause() throws -> [PartitionEntry]? {
        guard cursor.peek() == "partition", cursor.peekSign("(", ahead: 1) else { return nil }
        cursor.skip()
        return try cursor.list { cursor in
            let column = try cursor.name("column")
            let value = cursor.acceptSign("=") ? try cursor.expression("a value") : nil
            return PartitionEntry(column: column, value: value)
        }
    }

    private mutating func replacement() throws -> InsertStatement.Replacing? {
        guard cursor.peek() == "replace" else { return nil }
        if cursor.accept("replace", "using") {
            return .partitions(try cursor.list { try $0.name("column") })
        }
        if cursor.peek(1) == "on" {
            throw unsupported("INSERT ... REPLACE ON is not supported; MERGE INTO does it with conditions")
        }
        try cursor.expect("replace", "where")
        return .matching(try cursor.expression("a condition", until: Self.queryStarts))
    }

    /// Whether the token `ahead` starts a query rather than being the name of a column.
    private func startsQuery(at ahead: Int) -> Bool {
        if cursor.peekSign("(", ahead: ahead) { return true }
        guard let word = cursor.peek(ahead), Self.queryStarts.contains(word) else { return false }
        return !(cursor.peekSign(",", ahead: ahead + 1) || cursor.peekSign(")", ahead: ahead + 1))
    }
}
