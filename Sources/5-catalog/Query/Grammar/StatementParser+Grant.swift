internal import Base
internal import Catalog

/// GRANT, REVOKE, SHOW GRANTS, OWNER TO, and users and groups, in Databricks' words.
extension StatementParser {
    /// A statement about privileges or principals; `nil`, with nothing taken, if it is about something else.
    mutating func grantStatement() throws -> Statement? {
        switch (cursor.peek(), cursor.peek(1)) {
        case ("grant", _):
            cursor.skip()
            let privileges = try privileges()
            let object = try grantObject()
            try cursor.expect("to")
            return .grant(.grant(privileges, object, to: try principals()))
        case ("revoke", _):
            cursor.skip()
            let privileges = try privileges()
            let object = try grantObject()
            try cursor.expect("from")
            return .grant(.revoke(privileges, object, from: try principals()))
        case ("show", "grants"), ("show", "grant"): return .grant(try showGrants())
        case ("show", "users"), ("show", "groups"): return .grant(try showPrincipals())
        case ("create", "user"), ("create", "group"), ("create", "service"), ("drop", "user"),
            ("drop", "group"),
            ("drop", "service"):
            return .grant(try makeOrDropPrincipal())
        case ("alter", "group"): return .grant(try alterGroup())
        case ("alter", _): return try alterOwner().map { .grant($0) }
        default: return nil
        }
    }

    /// `SELECT, MODIFY`, `ALL PRIVILEGES`: words up to the next comma or ON.
    private mutating func privileges() throws -> PrivilegeSet {
        var found: PrivilegeSet = []
        repeat {
            let start = cursor.offset
            var words: [String] = []
            while let word = cursor.peek(), word != "on" {
                words.append(word)
                cursor.skip()
            }
            if words == ["all"] { words.append("privileges") }
            let name = words.joined(separator: " ").uppercased()
            guard let privilege = Privilege(named: name) else {
                let hint = didYouMean(name, among: Privilege.allCases.map(\.rawValue))
                throw cursor.syntaxError("There is no privilege '\(name)'.\(hint)", at: start)
            }
            found.formUnion(PrivilegeSet(privilege))
        } while cursor.acceptSign(",")
        return found
    }

    private mutating func grantObject() throws -> GrantObject {
        try cursor.expect("on")
        if cursor.accept("metastore") { return GrantObject(kind: .metastore) }
        // A name without a kind is a table's.
        let kind = acceptKind() ?? .table
        return GrantObject(kind: kind, name: try cursor.objectName(kind.description, parts: kind.partCount))
    }

    private mutating func principal() throws -> String {
        if cursor.peekKind() == .string { return try cursor.string("a principal") }
        return try cursor.name("principal")
    }

    private mutating func principals() throws -> [String] {
        var names: [String] = []
        repeat { names.append(try principal()) } while cursor.acceptSign(",")
        return names
    }

    /// `SHOW GRANTS [principal] [ON object]`, `SHOW GRANTS TO principal`, `SHOW GRANTS ON object`.
    private mutating func showGrants() throws -> GrantStatement {
        cursor.skip(2)
        var name: String?
        if cursor.accept("to") {
            name = try principal()
        } else if cursor.peek() != "on", !cursor.isAtEnd {
            name = try principal()
        }
        let object = cursor.peek() == "on" ? try grantObject() : nil
        if name == nil && object == nil { throw cursor.unexpected("ON and an object, or TO and a principal") }
        return .showGrants(principal: name, on: object)
    }

    private mutating func showPrincipals() throws -> GrantStatement {
        cursor.skip()
        let kind: Principal.Kind = cursor.accept("users") ? .user : .group
        if kind == .group { cursor.skip() }
        if kind == .user, cursor.accept("in") || cursor.accept("from") {
            _ = cursor.accept("group")
            return .showMembers(of: try principal())
        }
        let hasPattern = cursor.accept("like") || cursor.peekKind() == .string
        return .showPrincipals(kind, pattern: hasPattern ? try cursor.string("a pattern") : nil)
    }

    private mutating func principalKind() throws -> Principal.Kind {
        if cursor.accept("user") { return .user }
        if cursor.accept("group") { return .group }
        if cursor.accept("service", "principal") { return .servicePrincipal }
        throw cursor.unexpected("USER, GROUP or SERVICE PRINCIPAL")
    }

    private mutating func makeOrDropPrincipal() throws -> GrantStatement {
        if cursor.accept("create") {
            let kind = try principalKind()
            let ifNotExists = cursor.accept("if", "not", "exists")
            return .createPrincipal(kind, try principal(), ifNotExists: ifNotExists)
        }
        cursor.skip()
        let kind = try principalKind()
        let ifExists = cursor.accept("if", "exists")
        return .dropPrincipal(kind, try principal(), ifExists: ifExists)
    }

    /// `ALTER GROUP g ADD | DROP USER a, b`, with GROUP or SERVICE PRINCIPAL in the place of USER.
    private mutating func alterGroup() throws -> GrantStatement {
        cursor.skip(2)
        let group = try principal()
        let adds = cursor.accept("add")
        if !adds && !cursor.accept("drop") && !cursor.accept("remove") {
            throw cursor.unexpected("ADD or DROP")
        }
        _ = try principalKind()
        let names = try principals()
        return .alterGroup(group, adding: adds ? names : [], removing: adds ? [] : names)
    }

    /// `ALTER kind name [SET] OWNER TO principal`; `nil` for every other ALTER.
    private mutating func alterOwner() throws -> GrantStatement? {
        let start = cursor
        cursor.skip()
        if let kind = acceptKind(),
            let name = try? cursor.objectName(kind.description, parts: kind.partCount),
            cursor.accept("owner", "to") || cursor.accept("set", "owner", "to")
        {
            return .setOwner(GrantObject(kind: kind, name: name), try principal())
        }
        cursor = start
        return nil
    }
}
