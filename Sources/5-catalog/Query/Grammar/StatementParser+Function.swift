internal import Base
internal import TableModel

extension StatementParser {
    /// `CREATE [OR REPLACE] FUNCTION [IF NOT EXISTS] name ([param type [DEFAULT value] [COMMENT '...'], ...])
    /// RETURNS type [clauses] RETURN expression`; FUNCTION was taken.
    mutating func createFunction(orReplace: Bool) throws -> Statement {
        let ifNotExists = cursor.accept("if", "not", "exists")
        let name = try cursor.objectName("function")
        if orReplace, ifNotExists {
            throw cursor.syntaxError(
                "OR REPLACE and IF NOT EXISTS exclude each other", at: name.range.lowerBound)
        }
        let parameters = try functionParameters()
        try cursor.expect("returns")
        if cursor.peek() == "table" {
            throw unsupported("RETURNS TABLE is not supported; a function gives one value")
        }
        var statement = CreateFunctionStatement(
            name: name, orReplace: orReplace, ifNotExists: ifNotExists, parameters: parameters,
            returnType: try cursor.dataType(), body: 0..<0)
        while try functionClause(&statement) {}
        if cursor.peek() == "as" {
            throw unsupported("AS is for functions in other languages; write RETURN and an expression")
        }
        try cursor.expect("return")
        if let word = cursor.peek(), ["select", "with", "from", "values"].contains(word) {
            statement.body = cursor.rest
            cursor.skip(.max / 2)
        } else {
            statement.body = try cursor.expression("an expression")
        }
        return .object(.createFunction(statement))
    }

    private mutating func functionParameters() throws -> [CreateFunctionStatement.Parameter] {
        if cursor.peekSign("("), cursor.peekSign(")", ahead: 1) {
            cursor.skip(2)
            return []
        }
        return try cursor.list { cursor in
            var parameter = CreateFunctionStatement.Parameter(
                name: try cursor.name("parameter"), type: try cursor.dataType())
            if cursor.accept("default") {
                parameter.defaultValue = cursor.text.string(
                    try cursor.expression("a value", until: ["comment"]))
            }
            if cursor.accept("comment") { parameter.comment = try cursor.string("a comment") }
            return parameter
        }
    }

    /// One of the clauses before RETURN, in any order.
    private mutating func functionClause(_ statement: inout CreateFunctionStatement) throws -> Bool {
        if cursor.accept("comment") {
            statement.comment = try cursor.string("a comment")
        } else if cursor.accept("not", "deterministic") {
            statement.isDeterministic = false
        } else if cursor.accept("deterministic") {
            statement.isDeterministic = true
        } else if cursor.accept("language") {
            let language = try cursor.name("language")
            if language.lowercased() != "sql" {
                throw unsupported("Functions in \(language) are not supported; LANGUAGE SQL is")
            }
        } else if cursor.accept("contains", "sql") || cursor.accept("reads", "sql", "data") {
            // They tell what the body does, which is read from the body.
        } else if cursor.accept("sql", "security") {
            if !cursor.accept("definer") {
                throw unsupported("SQL SECURITY INVOKER is not supported; DEFINER is")
            }
        } else {
            return false
        }
        return true
    }
}
