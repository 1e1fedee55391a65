internal import Base
internal import TableModel

extension StatementParser {
    /// `INSERT INTO|OVERWRITE [TABLE] name [(columns)] [BY NAME] query`.
    mutating func insert() throws -> Statement {
        cursor.skip()
        var overwrite = false
        if cursor.accept("overwrite") {
            overwrite = true
            _ = cursor.accept("into")
        } else if cursor.peek() == "or" {
            throw unsupported("INSERT OR ... is not supported: a Delta table has no keys")
        } else {
            try cursor.expect("into")
        }
        if cursor.peek() == "table", cursor.peekKind(1) == .word || cursor.peekKind(1) == .quotedName {
            cursor.skip()
        }
        let name = try cursor.objectName("table")
        var columns: [String]?
        if cursor.peekSign("("), !startsQuery(at: 1) {
            columns = try cursor.list { try $0.name("column") }
        }
        let byName = cursor.accept("by", "name")
        if !byName { _ = cursor.accept("by", "position") }
        if byName, columns != nil {
            throw cursor.syntaxError("A list of columns and BY NAME exclude each other", at: cursor.offset)
        }
        if cursor.accept("default", "values") {
            throw unsupported("INSERT ... DEFAULT VALUES is not supported")
        }
        guard case .query(let range) = try queryTail() else { throw cursor.unexpected("a query") }
        return .insert(
            InsertStatement(name: name, overwrite: overwrite, byName: byName, columns: columns, query: range))
    }

    /// Whether the token `ahead` starts a query rather than being the name of a column.
    private func startsQuery(at ahead: Int) -> Bool {
        if cursor.peekSign("(", ahead: ahead) { return true }
        guard let word = cursor.peek(ahead), Self.queryStarts.contains(word) else { return false }
        return !(cursor.peekSign(",", ahead: ahead + 1) || cursor.peekSign(")", ahead: ahead + 1))
    }

    mutating func alter() throws -> Statement {
        cursor.skip()
        if !cursor.accept("table") {
            throw unsupported("ALTER \((cursor.peek() ?? "").uppercased()) is not supported; ALTER TABLE is")
        }
        let name = try cursor.objectName("table")
        if cursor.accept("add") { return .alterTable(name, try addColumns()) }
        if cursor.accept("set", "tblproperties") {
            return .alterTable(name, [.setProperties(try properties())])
        }
        if cursor.accept("unset", "tblproperties") {
            let ifExists = cursor.accept("if", "exists")
            let keys = try cursor.list { try Self.propertyKey(&$0) }
            return .alterTable(name, [.unsetProperties(keys, ifExists: ifExists)])
        }
        if cursor.accept("alter") || cursor.accept("change") { return .alterTable(name, [try alterColumn()]) }
        if cursor.accept("rename", "to") {
            return .alterTable(name, [.rename(try cursor.objectName("table"))])
        }
        if cursor.accept("comment") {
            return .alterTable(name, [.setComment(try cursor.string("a comment"))])
        }
        throw alterRefusal()
    }

    private func alterRefusal() -> TarnError {
        switch (cursor.peek(), cursor.peek(1)) {
        case ("drop", "column"), ("drop", "columns"), ("rename", "column"):
            return unsupported(
                "\((cursor.peek() ?? "").uppercased()) COLUMN needs column mapping, which is not supported yet; CREATE OR REPLACE TABLE ... AS SELECT writes the table anew with other columns"
            )
        case ("add", _), ("drop", _): return unsupported("Constraints are not supported yet")
        case ("set", "location"):
            return unsupported("SET LOCATION is not supported; DROP TABLE and CREATE TABLE ... LOCATION")
        case ("replace", _):
            return unsupported("REPLACE COLUMNS is not supported; use CREATE OR REPLACE TABLE")
        default:
            return cursor.unexpected(
                "ADD COLUMN, ALTER COLUMN, RENAME TO, SET TBLPROPERTIES or UNSET TBLPROPERTIES")
        }
    }

    /// `ADD COLUMN[S] name type [COMMENT '...'] [FIRST|AFTER name]`, with or without parentheses around several.
    private mutating func addColumns() throws -> [AlterAction] {
        if cursor.peek() == "constraint" { throw unsupported("Constraints are not supported yet") }
        _ = cursor.accept("columns") || cursor.accept("column")
        let ifNotExists = cursor.accept("if", "not", "exists")
        let one: (inout SQLCursor) throws -> AlterAction = { cursor in
            let field = try Self.columnDefinition(&cursor)
            return .addColumn(field, try Self.position(&cursor), ifNotExists: ifNotExists)
        }
        if cursor.peekSign("(") { return try cursor.list(one) }
        var actions: [AlterAction] = []
        repeat { actions.append(try one(&cursor)) } while cursor.acceptSign(",")
        return actions
    }

    private static func position(_ cursor: inout SQLCursor) throws -> AlterAction.Position? {
        if cursor.accept("first") { return .first }
        if cursor.accept("after") { return .after(try cursor.name("column")) }
        return nil
    }

    private mutating func alterColumn() throws -> AlterAction {
        _ = cursor.accept("column")
        let name = try cursor.name("column")
        if let position = try Self.position(&cursor) { return .moveColumn(name, position) }
        switch cursor.peek() {
        case "comment": throw unsupported("Changing the comment of a column is not supported yet")
        case "type", "set", "drop":
            throw unsupported(
                "Changing the type, nullability or default of a column is not supported; CREATE OR REPLACE TABLE ... AS SELECT writes the table anew"
            )
        default: throw cursor.unexpected("FIRST or AFTER")
        }
    }

    /// `COPY (query)|name TO 'file' [(FORMAT x, HEADER, ...)]`.
    mutating func copy() throws -> Statement {
        cursor.skip()
        let source: CopyStatement.Source
        if cursor.peekSign("(") {
            source = .query(try parenthesised())
        } else {
            source = .table(try cursor.objectName("table"))
        }
        if cursor.peek() == "from" {
            throw unsupported(
                "COPY ... FROM is not supported; INSERT INTO t SELECT * FROM 'file' reads a file")
        }
        try cursor.expect("to")
        let start = cursor.offset
        let target = try cursor.string("a file name")
        _ = cursor.accept("with")
        var options: [(String, String)] = []
        var format: String?
        if cursor.peekSign("(") {
            for (key, value) in try cursor.list({ try Self.copyOption(&$0) }) {
                if key == "format" { format = value.lowercased() } else { options.append((key, value)) }
            }
        }
        let chosen = format ?? target.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard ["parquet", "csv", "json"].contains(chosen) else {
            throw cursor.syntaxError(
                "COPY writes files in the formats parquet, csv and json, not '\(chosen)'", at: start)
        }
        return .copy(CopyStatement(source: source, target: target, format: chosen, options: options))
    }

    /// Steps over a bracketed query; the range is what stands inside.
    private mutating func parenthesised() throws -> Range<Int> {
        try cursor.expectSign("(")
        let start = cursor.offset
        var end = start
        var depth = 0
        while !cursor.isAtEnd {
            if cursor.peekSign("(") { depth += 1 }
            if cursor.peekSign(")") {
                if depth == 0 { break }
                depth -= 1
            }
            cursor.skip()
            end = cursor.endOfLast
        }
        try cursor.expectSign(")")
        return start..<end
    }

    /// Only options that shape the output; none that names another file or a key.
    private static func copyOption(_ cursor: inout SQLCursor) throws -> (String, String) {
        let start = cursor.offset
        let key = try cursor.name("option").lowercased()
        let known = [
            "format", "header", "delimiter", "delim", "sep", "quote", "escape", "null", "nullstr",
            "dateformat",
            "timestampformat", "compression", "codec", "row_group_size", "compression_level", "array",
        ]
        guard known.contains(key) else {
            throw cursor.syntaxError("COPY has no option \(key).\(didYouMean(key, among: known))", at: start)
        }
        if cursor.peekSign(",") || cursor.peekSign(")") { return (key, "true") }
        let text = cursor.text
        defer { cursor.skip() }
        if let value = text.stringValue(cursor.index) {
            return (key, key == "format" ? value : quoteLiteral(value))
        }
        if cursor.peekKind() == .number, Double(text.spelling(cursor.index)) != nil {
            return (key, text.spelling(cursor.index))
        }
        guard let word = cursor.peek() else { throw cursor.unexpected("a value") }
        return (key, key == "format" ? word : quoteLiteral(word))
    }
}
