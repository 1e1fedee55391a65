internal import Base

extension StatementParser {
    mutating func show() throws -> Statement {
        cursor.skip()
        _ = cursor.accept("all")
        if cursor.accept("create", "table") {
            return .show(ShowStatement(kind: .createTable, scope: try cursor.objectName("table")))
        }
        if cursor.accept("tblproperties") {
            return .show(ShowStatement(kind: .tableProperties, scope: try cursor.objectName("table")))
        }
        if cursor.accept("views") { return try showViews() }
        if cursor.accept("policies") {
            try cursor.expect("on")
            return .policy(.show(try policyScope()))
        }
        if let statement = try showObjects() { return statement }
        let kinds: [(String, ShowStatement.Kind, Int)] = [
            ("catalogs", .catalogs, 0), ("schemas", .schemas, 1), ("databases", .schemas, 1),
            ("tables", .tables, 2),
            ("columns", .columns, 3),
        ]
        guard let (_, kind, parts) = kinds.first(where: { $0.0 == cursor.peek() }) else {
            throw cursor.unexpected("CATALOGS, SCHEMAS, TABLES, COLUMNS or CREATE TABLE")
        }
        cursor.skip()
        var statement = ShowStatement(kind: kind)
        if cursor.accept("in") || cursor.accept("from") {
            if parts == 0 { throw cursor.syntaxError("SHOW CATALOGS lists all of them", at: cursor.offset) }
            let what = kind == .schemas ? "catalog" : kind == .tables ? "schema" : "table"
            statement.scope = try cursor.objectName(what, parts: parts)
        } else if kind == .columns {
            throw cursor.unexpected("IN and the name of a table")
        }
        if cursor.accept("like") || cursor.peekKind() == .string {
            statement.pattern = try cursor.string("a pattern")
        }
        return .show(statement)
    }

    /// `DESCRIBE [TABLE] [EXTENDED] name`, `DESCRIBE HISTORY name [LIMIT n]`, `DESCRIBE DETAIL name`, `DESCRIBE query`.
    mutating func describe() throws -> Statement {
        let start = cursor
        cursor.skip()
        let namesTable = [.word, .quotedName, .string].contains(cursor.peekKind(1))
        if cursor.peek() == "history", namesTable {
            cursor.skip()
            let name = try cursor.tableReference()
            let limit = cursor.accept("limit") ? try cursor.wholeNumber("a number of versions") : nil
            return .describeHistory(name, limit: limit)
        }
        if cursor.peek() == "detail", namesTable {
            cursor.skip()
            return .describeDetail(try cursor.tableReference())
        }
        if let statement = try describeObject() { return statement }
        let isQuery = cursor.peekSign("(") || cursor.peekKind() == .string
        if isQuery || (cursor.peek() != "table" && cursor.peek().map(Self.queryStarts.contains) == true) {
            cursor = start
            return query()
        }
        if cursor.peek() == "table", cursor.peekKind(1) == .word || cursor.peekKind(1) == .quotedName {
            cursor.skip()
        }
        _ = cursor.accept("extended")
        return .describeTable(try cursor.objectName("table"))
    }
}
