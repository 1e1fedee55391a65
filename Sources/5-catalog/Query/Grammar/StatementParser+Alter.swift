internal import Base
internal import TableModel

extension StatementParser {
    mutating func alter() throws -> Statement {
        cursor.skip()
        if let statement = try alterTags() ?? alterObject() { return statement }
        if !cursor.accept("table") {
            throw unsupported("ALTER \((cursor.peek() ?? "").uppercased()) is not supported; ALTER TABLE is")
        }
        let name = try cursor.tableReference()
        return .alterTable(name, try alterActions())
    }

    private mutating func alterActions() throws -> [AlterAction] {
        if cursor.accept("add") { return try addActions() }
        if cursor.accept("set", "row", "filter") { return [.setRowFilter(try rowFilter())] }
        if cursor.accept("drop", "row", "filter") { return [.setRowFilter(nil)] }
        if cursor.accept("drop") { return [try dropAction()] }
        if cursor.accept("set", "tblproperties") { return [.setProperties(try properties())] }
        if cursor.accept("unset", "tblproperties") {
            let ifExists = cursor.accept("if", "exists")
            let keys = try cursor.list { try Self.propertyKey(&$0) }
            return [.unsetProperties(keys, ifExists: ifExists)]
        }
        if cursor.accept("alter") || cursor.accept("change") { return [try alterColumn()] }
        if cursor.accept("rename", "to") { return [.rename(try cursor.objectName("table"))] }
        if cursor.accept("rename") {
            try cursor.expect("column")
            let column = try cursor.columnPath()
            try cursor.expect("to")
            return [.renameColumn(column, to: try cursor.name("column"))]
        }
        if cursor.accept("comment") {
            _ = cursor.accept("is")
            return [.setComment(try cursor.string("a comment"))]
        }
        if cursor.accept("cluster", "by") { return [.clusterBy(try clusterColumns())] }
        throw alterRefusal()
    }

    private func alterRefusal() -> TarnError {
        switch (cursor.peek(), cursor.peek(1)) {
        case ("set", "location"):
            return unsupported("SET LOCATION is not supported; DROP TABLE and CREATE TABLE ... LOCATION")
        case ("replace", _):
            return unsupported("REPLACE COLUMNS is not supported; use CREATE OR REPLACE TABLE")
        default:
            return cursor.unexpected(
                "ADD, DROP, RENAME, ALTER COLUMN, SET or UNSET TBLPROPERTIES, CLUSTER BY or COMMENT")
        }
    }

    /// `(a, b)`, `a, b` or `NONE`.
    mutating func clusterColumns() throws -> [ColumnPath] {
        if cursor.accept("none") { return [] }
        if cursor.peek() == "auto", !cursor.peekSign(".", ahead: 1), !cursor.peekSign(",", ahead: 1) {
            throw unsupported("CLUSTER BY AUTO is not supported; name the columns")
        }
        return try cursor.list { try $0.columnPath() }
    }

    private mutating func addActions() throws -> [AlterAction] {
        if cursor.accept("constraint") {
            let name = try cursor.name("constraint")
            guard cursor.accept("check") else { throw keyRefusal() }
            return [.addConstraint(name, try cursor.parenthesised())]
        }
        if ["primary", "foreign", "unique", "check"].contains(cursor.peek() ?? ""),
            cursor.peekSign("(", ahead: 1) || cursor.peek(1) == "key"
        {
            if cursor.peek() == "check" {
                throw cursor.syntaxError(
                    "A constraint needs a name: ADD CONSTRAINT name CHECK (...)", at: cursor.offset)
            }
            throw keyRefusal()
        }
        return try addColumns()
    }

    private func keyRefusal() -> TarnError {
        unsupported(
            "\((cursor.peek() ?? "this kind of constraint").uppercased()) is not supported: a Delta table has CHECK constraints and NOT NULL only"
        )
    }

    /// `ADD COLUMN[S] name type [COMMENT '...'] [FIRST|AFTER name]`, with or without parentheses around several.
    private mutating func addColumns() throws -> [AlterAction] {
        _ = cursor.accept("columns") || cursor.accept("column")
        let ifNotExists = cursor.accept("if", "not", "exists")
        let one: (inout SQLCursor) throws -> AlterAction = { cursor in
            let path = try cursor.columnPath()
            let field = try Self.columnDefinition(&cursor, name: path.parts.last)
            return .addColumn(path, field, try Self.position(&cursor), ifNotExists: ifNotExists)
        }
        if cursor.peekSign("(") { return try cursor.list(one) }
        var actions: [AlterAction] = []
        repeat { actions.append(try one(&cursor)) } while cursor.acceptSign(",")
        return actions
    }

    private mutating func dropAction() throws -> AlterAction {
        if cursor.accept("constraint") {
            let ifExists = cursor.accept("if", "exists")
            let name = try cursor.name("constraint")
            _ = cursor.accept("restrict") || cursor.accept("cascade")
            return .dropConstraint(name, ifExists: ifExists)
        }
        if cursor.accept("feature") {
            let name =
                cursor.peekKind() == .string
                ? try cursor.string("a feature")
                : try cursor.objectName("feature", parts: 8).parts.joined(separator: ".")
            return .dropFeature(name, truncatesHistory: cursor.accept("truncate", "history"))
        }
        if cursor.peek() == "partition" {
            throw unsupported("DROP PARTITION is not supported; DELETE FROM t WHERE ... does it")
        }
        if !(cursor.accept("columns") || cursor.accept("column")) {
            throw cursor.unexpected("COLUMN, CONSTRAINT or FEATURE")
        }
        let ifExists = cursor.accept("if", "exists")
        if cursor.peekSign("(") {
            return .dropColumns(try cursor.list { try $0.columnPath() }, ifExists: ifExists)
        }
        var columns: [ColumnPath] = []
        repeat { columns.append(try cursor.columnPath()) } while cursor.acceptSign(",")
        return .dropColumns(columns, ifExists: ifExists)
    }

    static func position(_ cursor: inout SQLCursor) throws -> AlterAction.Position? {
        if cursor.accept("first") { return .first }
        if cursor.accept("after") { return .after(try cursor.name("column")) }
        return nil
    }

    private mutating func alterColumn() throws -> AlterAction {
        _ = cursor.accept("column")
        let column = try cursor.columnPath()
        if let position = try Self.position(&cursor) { return .moveColumn(column, position) }
        if cursor.accept("comment") { return .setColumnComment(column, try cursor.string("a comment")) }
        if cursor.accept("type") || cursor.accept("set", "data", "type") {
            return .changeType(column, try cursor.dataType())
        }
        if cursor.accept("set", "not", "null") { return .setNullable(column, false) }
        if cursor.accept("drop", "not", "null") { return .setNullable(column, true) }
        if cursor.accept("set", "default") { return .setDefault(column, try cursor.expression("a value")) }
        if cursor.accept("drop", "default") { return .setDefault(column, nil) }
        if cursor.accept("set", "mask") { return .setMask(column, try Self.mask(&cursor)) }
        if cursor.accept("drop", "mask") { return .setMask(column, nil) }
        if cursor.accept("sync", "identity") { return .syncIdentity(column) }
        throw cursor.unexpected(
            "TYPE, SET NOT NULL, DROP NOT NULL, SET DEFAULT, DROP DEFAULT, COMMENT, FIRST or AFTER")
    }

    /// `COMMENT ON TABLE name IS '...'`, `COMMENT ON COLUMN table.column IS '...'`; `NULL` takes it away.
    mutating func comment() throws -> Statement {
        cursor.skip()
        try cursor.expect("on")
        if let statement = try commentOnObject() { return statement }
        if cursor.accept("table") {
            let name = try cursor.tableReference()
            return .alterTable(name, [.setComment(try commentText())])
        }
        guard cursor.accept("column") else { throw cursor.unexpected("TABLE or COLUMN") }
        let all = try cursor.objectName("column", parts: 4)
        guard all.parts.count > 1 else {
            throw cursor.syntaxError("COMMENT ON COLUMN takes table.column", at: all.range.lowerBound)
        }
        let table = ObjectName(parts: Array(all.parts.dropLast()), range: all.range)
        return .alterTable(
            table, [.setColumnComment(ColumnPath(all.parts[all.parts.count - 1]), try commentText())])
    }

    private mutating func commentText() throws -> String {
        try cursor.expect("is")
        return cursor.accept("null") ? "" : try cursor.string("a comment")
    }
}
