import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func externalLocationRoutes() -> [Route] {
        [
            route(.post, "/external-locations") { call in
                let body = try call.body()
                return try await call.json(
                    try await call.catalog.createExternalLocation(
                        try body.required("name"), url: try StorageURL.location(try body.required("url")),
                        credential: try body.text("credential_name"),
                        isReadOnly: try body.flag("read_only") ?? false, comment: try body.comment()))
            },
            route(.get, "/external-locations") { call in
                let page = try await UnityPage(call, of: "external-locations")
                let found = try await call.catalog.externalLocations(limit: page.limit, after: page.after)
                let owners = try await call.catalog.ownerNames(of: found.entries.map(\.securable))
                return try await page.answer(
                    "external_locations", found.entries.map { call.json($0, owners) }, next: found.next)
            },
            route(.get, "/external-locations/{name}") { call in
                try await call.json(
                    try await call.catalog.externalLocation(try call.rootName(.externalLocation)))
            },
            route(.patch, "/external-locations/{name}") { call in try await call.updateExternalLocation() },
            route(.delete, "/external-locations/{name}") { call in
                try await call.catalog.dropExternalLocation(
                    try call.rootName(.externalLocation), force: try call.flag("force"))
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    func rootName(_ kind: SecurableKind) throws(TarnError) -> String {
        try Self.parts(parameter(0), 1, of: kind)[0]
    }

    func json(_ entry: ExternalLocationEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    func json(_ entry: ExternalLocationEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name)
        info.set("id", entry.id)
        info.set("url", StorageURL.text(entry.url))
        info.set("credential_name", entry.credentialName)
        info.set("credential_id", entry.credentialID)
        info.set("read_only", .bool(entry.isReadOnly))
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        return info.json
    }

    fileprivate func updateExternalLocation() async throws -> JSONValue {
        let body = try body()
        let name = try rootName(.externalLocation)
        var changes = ExternalLocationChanges(
            credential: try body.text("credential_name"), isReadOnly: try body.flag("read_only"),
            force: try body.flag("force") ?? false)
        if let url = try body.text("url") { changes.url = try StorageURL.location(url) }
        if let comment = try body.comment() {
            changes.entry.comment = comment.isEmpty ? .remove : .set(comment)
        }
        var entry = try await catalog.updateExternalLocation(name, changes)
        if let newName = try body.text("new_name"), newName != entry.name {
            entry = try await catalog.renameExternalLocation(name, to: newName)
        }
        if let owner = try body.text("owner") {
            try await setOwner(.externalLocation, [entry.name], to: owner)
        }
        return try await json(try await catalog.externalLocation(entry.name))
    }
}
