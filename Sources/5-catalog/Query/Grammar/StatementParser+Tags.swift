internal import Base
package import Catalog

/// Tags and marks of an object or of a column.
package struct TagStatement: Sendable {
    package enum Action: Sendable {
        case set([(String, String)])
        case unset([String], ifExists: Bool)
        /// `nil` takes the mark away.
        case mark(Certification?)
    }
    package var kind: SecurableKind
    package var name: ObjectName
    package var column: String?
    package var action: Action
}

extension StatementParser {
    /// `ALTER kind name [ALTER COLUMN column] SET TAGS (...) | UNSET TAGS (...) | SET CERTIFIED | SET DEPRECATED |
    /// UNSET CERTIFICATION`; `nil` for other changes.
    mutating func alterTags() throws -> Statement? {
        let start = cursor
        guard let kind = acceptKind(), let name = try? objectName(kind) else {
            cursor = start
            return nil
        }
        var column: String?
        if kind == .table, cursor.accept("alter", "column") || cursor.accept("alter") {
            column = try? cursor.name("column")
        }
        guard let action = try tagAction(onColumn: column != nil) else {
            cursor = start
            return nil
        }
        return .object(.tags(TagStatement(kind: kind, name: name, column: column, action: action)))
    }

    private mutating func tagAction(onColumn: Bool) throws -> TagStatement.Action? {
        if cursor.accept("set", "tags") { return .set(try tagList()) }
        if cursor.accept("unset", "tags") {
            let ifExists = cursor.accept("if", "exists")
            return .unset(try cursor.list { try Self.tagKey(&$0) }, ifExists: ifExists)
        }
        if onColumn { return nil }
        if cursor.accept("set", "certified") { return .mark(.certified) }
        if cursor.accept("set", "deprecated") { return .mark(.deprecated) }
        if cursor.accept("unset", "certification") { return .mark(nil) }
        return nil
    }

    /// `('key' = 'value', 'key', ...)`.
    private mutating func tagList() throws -> [(String, String)] {
        try cursor.list { cursor in
            let key = try Self.tagKey(&cursor)
            return (key, cursor.acceptSign("=") ? try Self.tagValue(&cursor) : "")
        }
    }

    private static func tagKey(_ cursor: inout SQLCursor) throws -> String {
        cursor.peekKind() == .string ? try cursor.string("a key") : try cursor.name("tag")
    }

    private static func tagValue(_ cursor: inout SQLCursor) throws -> String {
        cursor.peekKind() == .string ? try cursor.string("a value") : try cursor.name("value")
    }

    /// `SET TAG ON kind name key [= value]`, `UNSET TAG ON kind name key`; TAG ON was taken.
    mutating func tagOn(isSet: Bool) throws -> Statement {
        var statement: TagStatement
        if cursor.accept("column") {
            let all = try cursor.objectName("column", parts: 4)
            guard all.parts.count > 1 else {
                throw cursor.syntaxError("TAG ON COLUMN takes table.column", at: all.range.lowerBound)
            }
            statement = TagStatement(
                kind: .table, name: ObjectName(parts: Array(all.parts.dropLast()), range: all.range),
                column: all.parts[all.parts.count - 1], action: .mark(nil))
        } else {
            guard let kind = acceptKind() else {
                throw cursor.unexpected("TABLE, COLUMN, SCHEMA, CATALOG or another kind of object")
            }
            statement = TagStatement(kind: kind, name: try objectName(kind), column: nil, action: .mark(nil))
        }
        let key = try Self.tagKey(&cursor)
        if isSet {
            statement.action = .set([(key, cursor.acceptSign("=") ? try Self.tagValue(&cursor) : "")])
        } else {
            statement.action = .unset([key], ifExists: false)
        }
        return .object(.tags(statement))
    }

    /// `SHOW TAGS [ON | IN] kind name`; TAGS was taken.
    mutating func showTags() throws -> Statement {
        _ = cursor.accept("on") || cursor.accept("in")
        let kind = acceptKind() ?? .table
        return .object(.showTags(kind, try objectName(kind)))
    }
}
