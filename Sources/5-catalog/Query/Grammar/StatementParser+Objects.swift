internal import Base
internal import Catalog

extension StatementParser {
    /// The word or words for a kind of object, in the singular; `nil` leaves them.
    mutating func acceptKind() -> SecurableKind? {
        if cursor.accept("function") { return .function }
        if cursor.accept("volume") { return .volume }
        if cursor.accept("model") || cursor.accept("registered", "model") { return .registeredModel }
        if cursor.accept("external", "location") { return .externalLocation }
        if cursor.accept("storage", "credential") || cursor.accept("credential") { return .credential }
        if cursor.accept("schema") || cursor.accept("database") { return .schema }
        if cursor.accept("catalog") { return .catalog }
        if cursor.accept("table") || cursor.accept("view") { return .table }
        return nil
    }

    mutating func objectName(_ kind: SecurableKind) throws -> ObjectName {
        kind == .table
            ? try cursor.tableReference() : try cursor.objectName(kind.description, parts: kind.partCount)
    }

    /// `CREATE [EXTERNAL] VOLUME`, `CREATE MODEL`, `CREATE EXTERNAL LOCATION`; `nil` if another word follows.
    mutating func createObject() throws -> Statement? {
        if cursor.peek() == "storage", cursor.peek(1) == "credential" {
            throw unsupported(
                "CREATE STORAGE CREDENTIAL is not supported, since secrets do not belong in SQL; "
                    + "POST /api/2.1/unity-catalog/credentials makes one")
        }
        let isExternal = cursor.peek() == "external" && cursor.peek(1) == "volume"
        if isExternal { cursor.skip() }
        let kinds: [SecurableKind] = [.volume, .registeredModel, .externalLocation]
        let start = cursor
        guard let kind = acceptKind(), kinds.contains(kind) else {
            cursor = start
            return nil
        }
        let ifNotExists = cursor.accept("if", "not", "exists")
        var statement = CreateObjectStatement(
            kind: kind, name: try objectName(kind), ifNotExists: ifNotExists)
        while try createClause(&statement) {}
        if kind == .externalLocation && statement.location == nil { throw cursor.unexpected("URL") }
        if isExternal && statement.location == nil { throw cursor.unexpected("LOCATION") }
        return .object(.create(statement))
    }

    private mutating func createClause(_ statement: inout CreateObjectStatement) throws -> Bool {
        if statement.kind == .volume, cursor.accept("location") {
            statement.location = try cursor.string("a path")
        } else if statement.kind == .externalLocation, cursor.accept("url") {
            statement.location = try cursor.string("a URL")
        } else if statement.kind == .externalLocation, cursor.accept("with") {
            try cursor.expectSign("(")
            _ = cursor.accept("storage")
            try cursor.expect("credential")
            statement.credential = try cursor.objectName("credential", parts: 1)
            try cursor.expectSign(")")
        } else if cursor.accept("comment") {
            statement.comment = try cursor.string("a comment")
        } else {
            return false
        }
        return true
    }

    /// `DROP kind [IF EXISTS] name [FORCE | CASCADE]` for what is no table, schema or catalog; `nil` for those.
    mutating func dropObject() throws -> Statement? {
        let start = cursor
        guard let kind = acceptKind(), ![.table, .schema, .catalog].contains(kind) else {
            cursor = start
            return nil
        }
        let ifExists = cursor.accept("if", "exists")
        let name = try objectName(kind)
        let force = cursor.accept("force") || cursor.accept("cascade")
        if !force { _ = cursor.accept("restrict") }
        return .object(.drop(kind, name, ifExists: ifExists, force: force))
    }

    /// `SHOW FUNCTIONS | VOLUMES | MODELS [IN schema]`, `SHOW EXTERNAL LOCATIONS`, `SHOW STORAGE CREDENTIALS`, each with
    /// `[LIKE 'pattern']`; `nil` if another word follows.
    mutating func showObjects() throws -> Statement? {
        if cursor.accept("tags") { return try showTags() }
        let kind: SecurableKind
        if cursor.accept("functions") || cursor.accept("user", "functions") {
            kind = .function
        } else if cursor.accept("volumes") {
            kind = .volume
        } else if cursor.accept("models") || cursor.accept("registered", "models") {
            kind = .registeredModel
        } else if cursor.accept("external", "locations") {
            kind = .externalLocation
        } else if cursor.accept("storage", "credentials") || cursor.accept("credentials") {
            kind = .credential
        } else {
            return nil
        }
        var scope: ObjectName?
        if kind.partCount == 3, cursor.accept("in") || cursor.accept("from") {
            scope = try cursor.objectName("schema", parts: 2)
        }
        let hasPattern = cursor.accept("like") || cursor.peekKind() == .string
        return .object(
            .show(kind, scope: scope, pattern: hasPattern ? try cursor.string("a pattern") : nil))
    }

    /// `DESCRIBE kind [EXTENDED] name`, if a name follows a word for a kind other than TABLE.
    mutating func describeObject() throws -> Statement? {
        let start = cursor
        guard let kind = acceptKind(), kind != .table,
            cursor.peekKind() == .word || cursor.peekKind() == .quotedName
        else {
            cursor = start
            return nil
        }
        if cursor.peek() == "extended", cursor.peekKind(1) == .word || cursor.peekKind(1) == .quotedName {
            cursor.skip()
        }
        return .object(.describe(kind, try objectName(kind)))
    }

    /// `COMMENT ON kind name IS '...' | NULL`; TABLE and COLUMN are read elsewhere.
    mutating func commentOnObject() throws -> Statement? {
        let start = cursor
        guard let kind = acceptKind(), kind != .table else {
            cursor = start
            return nil
        }
        let name = try objectName(kind)
        try cursor.expect("is")
        return .object(.comment(kind, name, cursor.accept("null") ? nil : try cursor.string("a comment")))
    }

    /// `ALTER kind name ...` for what is no table.
    mutating func alterObject() throws -> Statement? {
        let start = cursor
        guard let kind = acceptKind(), kind != .table else {
            cursor = start
            return nil
        }
        let name = try objectName(kind)
        if cursor.accept("rename", "to") { return .object(.rename(kind, name, to: try objectName(kind))) }
        if cursor.accept("comment") {
            _ = cursor.accept("is")
            return .object(.comment(kind, name, try cursor.string("a comment")))
        }
        if cursor.accept("set", "properties") || cursor.accept("set", "dbproperties") {
            return .object(.properties(kind, name, try properties().map { ($0.0, $0.1) }))
        }
        if cursor.accept("unset", "properties") || cursor.accept("unset", "dbproperties") {
            _ = cursor.accept("if", "exists")
            return .object(.properties(kind, name, try cursor.list { (try Self.propertyKey(&$0), nil) }))
        }
        if kind == .externalLocation, cursor.accept("set", "url") {
            let url = try cursor.string("a URL")
            return .object(.alterLocation(name, url: url, credential: nil, force: cursor.accept("force")))
        }
        if kind == .externalLocation, cursor.accept("set", "storage", "credential") {
            let credential = try cursor.objectName("credential", parts: 1)
            return .object(.alterLocation(name, url: nil, credential: credential, force: false))
        }
        throw cursor.unexpected("RENAME TO, SET, UNSET or COMMENT")
    }
}
