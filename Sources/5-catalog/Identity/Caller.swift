package import Catalog

/// Who calls, and what the credentials that he showed are for.
package struct Caller: Hashable, Sendable {
    package let principal: Principal
    package let scopes: TokenScopes
    /// The id of Tarn's token; `nil` for the local owner and for a JWT.
    package let tokenID: String?

    package init(principal: Principal, scopes: TokenScopes, tokenID: String?) {
        self.principal = principal
        self.scopes = scopes
        self.tokenID = tokenID
    }

    /// The local owner, of whom nothing is asked.
    package static let owner = Caller(principal: .system, scopes: .all, tokenID: nil)
}

extension Caller {
    /// Who has shown nothing, where something is needed: calls only what is open.
    package static let nobody = Caller(
        principal: Principal(id: "", kind: .user, name: "nobody", groupIDs: [], groupKeys: []),
        scopes: TokenScopes(surfaces: [], isReadOnly: true), tokenID: nil)
}
