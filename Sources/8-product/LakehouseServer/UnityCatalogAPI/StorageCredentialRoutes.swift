import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    enum CredentialPurpose: String, CaseIterable {
        case storage = "STORAGE"
        case service = "SERVICE"
    }

    /// `/credentials`, and `/storage-credentials` as older clients call it.
    func storageCredentialRoutes() -> [Route] {
        ["/credentials", "/storage-credentials"].flatMap { root in
            [
                route(.post, root) { call in
                    let body = try call.body()
                    guard let definition = try call.credential(body) else {
                        throw body.missing("aws_iam_role")
                    }
                    return try await call.json(
                        try await call.catalog.createCredential(
                            try body.required("name"), definition, comment: try body.comment()))
                },
                route(.get, root) { call in
                    if let purpose = call.query("purpose"), CredentialPurpose(rawValue: purpose) == nil {
                        throw TarnError(
                            .invalidInput, "The query parameter 'purpose' must be STORAGE or SERVICE.")
                    }
                    let page = try await UnityPage(call, of: "credentials", call.query("purpose") ?? "")
                    let found = try await call.catalog.credentials(limit: page.limit, after: page.after)
                    let wanted = found.entries.filter {
                        call.query("purpose").map { [$0] }?.contains($0.purpose) ?? true
                    }
                    let owners = try await call.catalog.ownerNames(of: wanted.map(\.securable))
                    return try await page.answer(
                        "credentials", wanted.map { call.json($0, owners) }, next: found.next)
                },
                route(.get, root + "/{name}") { call in
                    try await call.json(try await call.catalog.credential(try call.rootName(.credential)))
                },
                route(.patch, root + "/{name}") { call in try await call.updateCredential() },
                route(.delete, root + "/{name}") { call in
                    try await call.catalog.dropCredential(
                        try call.rootName(.credential), force: try call.flag("force"))
                    return .object([:])
                },
            ]
        }
    }
}

extension UnityCall {
    func json(_ entry: CredentialEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    /// Secrets are never shown again.
    func json(_ entry: CredentialEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name)
        info.set("full_name", Self.fullName(entry.name))
        info.set("id", entry.id)
        info.set("purpose", entry.purpose)
        info.set("read_only", .bool(entry.isReadOnly))
        let facts = entry.facts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        info.set(entry.kind.rawValue, .object(JSONObject(facts)))
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        return info.json
    }

    /// What a request says a credential is made of; `nil` if it does not.
    fileprivate func credential(_ body: UnityBody) throws(TarnError) -> CredentialDefinition? {
        for kind in CredentialEntry.Kind.allCases {
            guard let values = try body.inner(kind.rawValue) else { continue }
            var texts: [String: String] = [:]
            for name in values.object.names {
                if let text = try values.text(name) { texts[name] = text }
            }
            return CredentialDefinition(
                kind, texts, isReadOnly: try body.flag("read_only") ?? false,
                purpose: try body.choice("purpose", of: UnityCatalogAPI.CredentialPurpose.self)?.rawValue
                    ?? "STORAGE")
        }
        return nil
    }

    fileprivate func updateCredential() async throws -> JSONValue {
        let body = try body()
        let name = try rootName(.credential)
        var changes = EntryChanges()
        if let comment = try body.comment() { changes.comment = comment.isEmpty ? .remove : .set(comment) }
        var entry = try await catalog.updateCredential(name, try credential(body), changes)
        if let newName = try body.text("new_name"), newName != entry.name {
            entry = try await catalog.renameCredential(name, to: newName)
        }
        if let owner = try body.text("owner") { try await setOwner(.credential, [entry.name], to: owner) }
        return try await json(try await catalog.credential(entry.name))
    }
}
