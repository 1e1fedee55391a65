internal import Base

/// What is said about views.
package enum ViewStatement: Sendable {
    /// `CREATE [OR REPLACE] VIEW name [(column, ...)] [COMMENT '...'] AS query`.
    case create(
        ObjectName, orReplace: Bool, ifNotExists: Bool, columns: [String], comment: String?,
        query: Range<Int>)
    case drop(ObjectName, ifExists: Bool)
    case show(scope: ObjectName?, pattern: String?)
}

extension StatementParser {
    /// After CREATE [OR REPLACE] VIEW.
    mutating func createView(orReplace: Bool) throws -> Statement {
        let ifNotExists = cursor.accept("if", "not", "exists")
        let name = try cursor.objectName("view")
        let columns = cursor.peekSign("(") ? try cursor.list { try $0.name("column") } : []
        var comment: String?
        if cursor.accept("comment") { comment = try cursor.string("a comment") }
        try cursor.expect("as")
        guard case .query(let range) = try queryTail() else { throw cursor.unexpected("a query") }
        return .view(
            .create(
                name, orReplace: orReplace, ifNotExists: ifNotExists, columns: columns, comment: comment,
                query: range))
    }

    mutating func dropView() throws -> Statement {
        let ifExists = cursor.accept("if", "exists")
        return .view(.drop(try cursor.objectName("view"), ifExists: ifExists))
    }

    mutating func showViews() throws -> Statement {
        let scope =
            cursor.accept("in") || cursor.accept("from") ? try cursor.objectName("schema", parts: 2) : nil
        let hasPattern = cursor.accept("like") || cursor.peekKind() == .string
        return .view(.show(scope: scope, pattern: hasPattern ? try cursor.string("a pattern") : nil))
    }
}
