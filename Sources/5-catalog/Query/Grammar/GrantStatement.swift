package import Catalog

/// What is said about privileges, owners, users and groups.
package enum GrantStatement: Sendable {
    case grant(PrivilegeSet, GrantObject, to: [String])
    case revoke(PrivilegeSet, GrantObject, from: [String])
    /// Of one principal, on one object, or both.
    case showGrants(principal: String?, on: GrantObject?)
    case setOwner(GrantObject, String)
    case createPrincipal(Principal.Kind, String, ifNotExists: Bool)
    case dropPrincipal(Principal.Kind, String, ifExists: Bool)
    case alterGroup(String, adding: [String], removing: [String])
    case showPrincipals(Principal.Kind, pattern: String?)
    /// Users, groups and service principals in a group.
    case showMembers(of: String)
}

/// What a grant is on: an object of a kind by its name; the metastore has none.
package struct GrantObject: Sendable {
    package var kind: SecurableKind
    package var name: ObjectName?
}
