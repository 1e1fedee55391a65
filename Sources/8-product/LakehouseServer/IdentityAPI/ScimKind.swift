import Base
import Catalog

/// The three kinds of SCIM resources: users, groups, and service principals as Databricks has them.
enum ScimKind: String, Sendable, CaseIterable {
    case users = "Users"
    case groups = "Groups"
    case servicePrincipals = "ServicePrincipals"

    var kind: Principal.Kind {
        switch self {
        case .users: .user
        case .groups: .group
        case .servicePrincipals: .servicePrincipal
        }
    }

    /// The attribute that names it.
    var nameAttribute: String {
        switch self {
        case .users: "userName"
        case .groups: "displayName"
        case .servicePrincipals: "applicationId"
        }
    }

    var resourceType: String {
        switch self {
        case .users: "User"
        case .groups: "Group"
        case .servicePrincipals: "ServicePrincipal"
        }
    }

    var schema: String {
        switch self {
        case .users, .groups: "urn:ietf:params:scim:schemas:core:2.0:\(resourceType)"
        case .servicePrincipals: "urn:databricks:scim:schemas:core:2.0:ServicePrincipal"
        }
    }

    init?(_ kind: Principal.Kind) {
        guard let found = Self.allCases.first(where: { $0.kind == kind }) else { return nil }
        self = found
    }
}
