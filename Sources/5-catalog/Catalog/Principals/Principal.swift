/// Who asks: a user, a service principal, or the lakehouse itself for its local owner.
package struct Principal: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case user, group
        case servicePrincipal = "service_principal"
    }

    package let id: String
    package let kind: Kind
    /// A user's name, or a service principal's application id.
    package let name: String
    /// The ids of all groups that it is in, directly or not; `account users` is one of everybody's.
    package let groupIDs: Set<String>
    /// The keys of those groups' names.
    package let groupKeys: Set<String>
    /// Nothing is asked of the local owner: he can read the files anyway.
    package let isSystem: Bool

    /// The group whose members may do everything.
    package static let administrators = "admins"
    /// The group of everybody.
    package static let everybody = "account users"

    package init(
        id: String, kind: Kind, name: String, groupIDs: Set<String>, groupKeys: Set<String>
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.groupIDs = groupIDs
        self.groupKeys = groupKeys
        isSystem = false
    }

    private init(systemNamed name: String) {
        id = "owner"
        kind = .user
        self.name = name
        groupIDs = []
        groupKeys = []
        isSystem = true
    }

    /// The local owner of the home, and Tarn's own work.
    package static let system = Principal(systemNamed: "owner")

    /// Whether it may do everything.
    ///
    /// Row filters and column masks hold for administrators, not for the local owner.
    package var isAdministrator: Bool { isSystem || groupIDs.contains(Self.administrators) }

    /// The ids that a grant or an ownership may name to mean this principal.
    var ids: Set<String> { groupIDs.union([id]) }

    /// Who owns what it makes; what the local owner makes is the administrators'.
    var ownerID: String? { isSystem ? nil : id }
}
