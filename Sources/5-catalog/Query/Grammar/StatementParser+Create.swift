internal import Base
internal import TableModel

extension StatementParser {
    mutating func create() throws -> Statement {
        cursor.skip()
        let orReplace = cursor.accept("or", "replace")
        if cursor.accept("external") { /* Spark's word; LOCATION alone decides. */  }
        if cursor.accept("table") { return .createTable(try createTable(orReplace: orReplace)) }
        if orReplace { throw cursor.unexpected("TABLE") }
        if cursor.accept("schema") || cursor.accept("database") {
            let ifNotExists = cursor.accept("if", "not", "exists")
            let name = try cursor.objectName("schema", parts: 2)
            return .createSchema(name, ifNotExists: ifNotExists, comment: try optionalComment())
        }
        if cursor.accept("catalog") {
            let ifNotExists = cursor.accept("if", "not", "exists")
            let name = try cursor.objectName("catalog", parts: 1)
            return .createCatalog(name.parts[0], ifNotExists: ifNotExists, comment: try optionalComment())
        }
        let word = cursor.peek() ?? ""
        if [
            "view", "temp", "temporary", "materialized", "index", "function", "macro", "sequence", "type",
            "secret",
        ]
        .contains(word) {
            throw unsupported(
                "CREATE \(word.uppercased()) is not supported; WITH names a query inside a statement")
        }
        throw cursor.unexpected("TABLE, SCHEMA or CATALOG")
    }

    private mutating func optionalComment() throws -> String? {
        guard cursor.accept("comment") else { return nil }
        _ = cursor.acceptSign("=")
        return try cursor.string("a comment")
    }

    private mutating func createTable(orReplace: Bool) throws -> CreateTableStatement {
        let ifNotExists = cursor.accept("if", "not", "exists")
        var table = CreateTableStatement(name: try cursor.objectName("table"))
        table.orReplace = orReplace
        table.ifNotExists = ifNotExists
        if orReplace, ifNotExists {
            throw cursor.syntaxError(
                "OR REPLACE and IF NOT EXISTS exclude each other", at: table.name.range.lowerBound)
        }
        let hasColumns = cursor.peekSign("(")
        if hasColumns { table.columns = try columnDefinitions() }
        while try tableClause(&table) {}
        if cursor.accept("as") {
            if hasColumns {
                throw cursor.syntaxError(
                    "CREATE TABLE ... AS SELECT takes its columns from the query: name and cast them there",
                    at: table.name.range.lowerBound)
            }
            guard case .query(let range) = try queryTail() else { throw cursor.unexpected("a query") }
            table.query = range
        }
        return table
    }

    /// A query up to the end of the statement; it has to start like one.
    mutating func queryTail() throws -> Statement {
        guard cursor.peekSign("(") || cursor.peek().map(Self.queryStarts.contains) == true else {
            throw cursor.unexpected("a query")
        }
        return query()
    }

    private mutating func columnDefinitions() throws -> [SchemaField] {
        var columns: [SchemaField] = []
        _ = try cursor.list { cursor in
            let start = cursor.offset
            let column = try Self.columnDefinition(&cursor)
            if columns.contains(where: { $0.name.lowercased() == column.name.lowercased() }) {
                throw cursor.syntaxError("The table has two columns named \(column.name)", at: start)
            }
            columns.append(column)
        }
        return columns
    }

    /// `name type [NOT NULL] [COMMENT '...']`.
    static func columnDefinition(_ cursor: inout SQLCursor) throws -> SchemaField {
        if let word = cursor.peek(), ["primary", "unique", "check", "foreign", "constraint"].contains(word),
            cursor.peekSign("(", ahead: 1) || ["key", "check"].contains(cursor.peek(1) ?? "")
        {
            throw sqlError(
                .unsupported, "Table constraints are not supported: leave out \(word.uppercased()).",
                cursor.text,
                at: cursor.offset)
        }
        let name = try cursor.name("column")
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
            case "default", "primary", "unique", "check", "references", "generated", "collate", "using":
                throw sqlError(
                    .unsupported, "\(word.uppercased()) is not supported for a column (\(name)).",
                    cursor.text,
                    at: cursor.offset)
            default: return field
            }
        }
        return field
    }

    /// One of the clauses after the columns, in any order.
    private mutating func tableClause(_ table: inout CreateTableStatement) throws -> Bool {
        if cursor.accept("using") {
            let format = try cursor.name("format")
            if format.lowercased() != "delta" {
                throw unsupported("Tables in the format \(format) are not supported; USING DELTA is")
            }
        } else if cursor.accept("partitioned", "by") {
            table.partitionColumns = try partitionColumns(&table)
        } else if cursor.accept("location") {
            table.location = try cursor.string("a path")
        } else if cursor.accept("tblproperties") {
            table.properties += try properties()
        } else if let comment = try optionalComment() {
            table.comment = comment
        } else {
            return false
        }
        return true
    }

    /// Names of columns of the table, or, as Hive has it, columns with their types that come after the others.
    private mutating func partitionColumns(_ table: inout CreateTableStatement) throws -> [String] {
        var extra: [SchemaField] = []
        let names = try cursor.list { cursor in
            if cursor.peekSign(",", ahead: 1) || cursor.peekSign(")", ahead: 1) {
                return try cursor.name("column")
            }
            let field = try Self.columnDefinition(&cursor)
            extra.append(field)
            return field.name
        }
        table.columns += extra
        return names
    }

    /// `('key' = 'value', key.part = value, ...)`.
    mutating func properties() throws -> [(String, String)] {
        try cursor.list { cursor in
            let key = try Self.propertyKey(&cursor)
            _ = cursor.acceptSign("=")
            let index = cursor.index
            let text = cursor.text
            guard
                let value = text.stringValue(index)
                    ?? (cursor.peekKind() == .number ? text.spelling(index) : text.word(index))
            else { throw cursor.unexpected("a value") }
            cursor.skip()
            return (key, value)
        }
    }

    static func propertyKey(_ cursor: inout SQLCursor) throws -> String {
        if cursor.peekKind() == .string { return try cursor.string("a key") }
        return try cursor.objectName("property", parts: 8).parts.joined(separator: ".")
    }
}
