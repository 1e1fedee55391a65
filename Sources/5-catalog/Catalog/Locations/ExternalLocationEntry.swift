import Base

/// A place outside of the lakehouse where tables and volumes may be made, with the credential that opens it.
package struct ExternalLocationEntry: Hashable, Sendable {
    package let securable: Securable
    /// `nil` for a folder of this machine.
    package let credentialID: String?
    package let credentialName: String?
    package let isReadOnly: Bool

    init(_ securable: Securable, _ rows: CatalogRows) throws {
        self.securable = securable
        let detail = try? JSONValue.parse(securable.detail)
        credentialID = detail?["credential_id"]?.string
        credentialName = try credentialID.flatMap { try rows.securable(id: $0)?.name }
        isReadOnly = detail?["read_only"]?.bool ?? false
    }

    package var id: String { securable.id }
    package var name: String { securable.name }
    package var comment: String? { securable.comment }
    /// An absolute path or a URL.
    package var url: String { securable.location ?? "" }

    static func detail(credentialID: String?, isReadOnly: Bool) -> String {
        var members: [(String, JSONValue)] = [("read_only", .bool(isReadOnly))]
        if let credentialID { members.append(("credential_id", .string(credentialID))) }
        return JSONValue.object(JSONObject(members)).jsonText
    }
}

/// What to change about an external location; what is `nil` stays.
package struct ExternalLocationChanges: Hashable, Sendable {
    package var url: String?
    package var credential: String?
    package var isReadOnly: Bool?
    package var entry: EntryChanges
    /// Whether the URL may change although tables and volumes lie at the old one.
    package var force: Bool

    package init(
        url: String? = nil, credential: String? = nil, isReadOnly: Bool? = nil,
        entry: EntryChanges = EntryChanges(), force: Bool = false
    ) {
        self.url = url
        self.credential = credential
        self.isReadOnly = isReadOnly
        self.entry = entry
        self.force = force
    }
}
