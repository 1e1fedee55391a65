/// One privilege that a principal has been granted on an object.
package struct GrantEntry: Hashable, Sendable {
    /// The name of the user, group or service principal.
    package let principal: String
    package let principalKind: Principal.Kind
    package let privilege: Privilege
    /// The object that the privilege was granted on.
    package let kind: SecurableKind
    /// Quoted where needed; `metastore` for the metastore.
    package let fullName: String
    package let securableID: String
    /// Whether it was granted on something that the object which was asked about lies in.
    package let isInherited: Bool
    /// The name of the principal at that time.
    package let grantedBy: String?
    package let createdMicroseconds: Int64
}

/// What to change about one principal's grants on an object.
package struct GrantChange: Hashable, Sendable {
    /// The name of the user, group or service principal.
    package var principal: String
    package var adding: PrivilegeSet
    package var removing: PrivilegeSet

    package init(principal: String, adding: PrivilegeSet = [], removing: PrivilegeSet = []) {
        self.principal = principal
        self.adding = adding
        self.removing = removing
    }
}
