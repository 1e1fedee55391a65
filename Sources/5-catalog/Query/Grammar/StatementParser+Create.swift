internal import Base
internal import TableModel

extension StatementParser {
    mutating func create() throws -> Statement {
        cursor.skip()
        let orReplace = cursor.accept("or", "replace")
        if !orReplace, let statement = try createObject() { return statement }
        if cursor.accept("external") { /* Spark's word; LOCATION alone decides. */  }
        if cursor.accept("table") { return try createTable(orReplace: orReplace) }
        if cursor.accept("view") { return try createView(orReplace: orReplace) }
        if cursor.accept("policy") { return try createPolicy(orReplace: orReplace) }
        if cursor.accept("function") { return try createFunction(orReplace: orReplace) }
        if orReplace { throw cursor.unexpected("TABLE or FUNCTION") }
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
            "temp", "temporary", "materialized", "index", "macro", "sequence", "type", "secret",
        ]
        .contains(word) {
            throw unsupported(
                "CREATE \(word.uppercased()) is not supported; WITH names a query inside a statement")
        }
        throw cursor.unexpected("TABLE, SCHEMA, CATALOG, FUNCTION, VOLUME or EXTERNAL LOCATION")
    }

    private mutating func optionalComment() throws -> String? {
        guard cursor.accept("comment") else { return nil }
        _ = cursor.acceptSign("=")
        return try cursor.string("a comment")
    }

    private mutating func createTable(orReplace: Bool) throws -> Statement {
        let ifNotExists = cursor.accept("if", "not", "exists")
        var table = CreateTableStatement(name: try cursor.tableReference())
        table.orReplace = orReplace
        table.ifNotExists = ifNotExists
        if orReplace, ifNotExists {
            throw cursor.syntaxError(
                "OR REPLACE and IF NOT EXISTS exclude each other", at: table.name.range.lowerBound)
        }
        if let clone = try clone(table.name, orReplace: orReplace, ifNotExists: ifNotExists) {
            return .clone(clone)
        }
        let hasColumns = cursor.peekSign("(")
        if hasColumns { try columnDefinitions(&table) }
        if !hasColumns, cursor.accept("like") { table.like = try cursor.tableReference() }
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
        return .createTable(table)
    }

    /// A query up to the end of the statement; it has to start like one.
    mutating func queryTail() throws -> Statement {
        guard cursor.peekSign("(") || cursor.peek().map(Self.queryStarts.contains) == true else {
            throw cursor.unexpected("a query")
        }
        return query()
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
        } else if cursor.accept("cluster", "by") {
            table.clusterColumns = try clusterColumns()
        } else if cursor.accept("location") {
            table.location = try cursor.string("a path")
        } else if cursor.accept("tblproperties") {
            table.properties += try properties()
        } else if cursor.accept("with", "row", "filter") {
            table.rowFilter = try rowFilter()
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
