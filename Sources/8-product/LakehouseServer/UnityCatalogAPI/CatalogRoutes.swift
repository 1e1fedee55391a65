import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func catalogRoutes() -> [Route] {
        [
            route(.post, "/catalogs") { call in
                let body = try call.body()
                try call.refuseStorageRoot(body)
                let entry = try await call.catalog.createCatalog(
                    try body.required("name"), comment: try body.comment(),
                    properties: try body.map("properties") ?? [:])
                return try await call.json(entry)
            },
            route(.get, "/catalogs") { call in
                let page = try await UnityPage(call, of: "catalogs")
                let found = try await call.catalog.catalogs(limit: page.limit, after: page.after)
                let owners = try await call.catalog.ownerNames(of: found.entries.map(\.securable))
                return try await page.answer(
                    "catalogs", found.entries.map { call.json($0, owners) }, next: found.next)
            },
            route(.get, "/catalogs/{name}") { call in
                try await call.json(try await call.catalog.catalog(try call.catalogName()))
            },
            route(.patch, "/catalogs/{name}") { call in
                try await call.updateCatalog()
            },
            route(.delete, "/catalogs/{name}") { call in
                let name = try call.catalogName()
                let force = try call.flag("force")
                try await call.run("DROP CATALOG \(UnityCall.quoted(name))\(force ? " CASCADE" : "")")
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    func catalogName() throws(TarnError) -> String { try Self.parts(parameter(0), 1, of: .catalog)[0] }

    func json(_ entry: CatalogEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    func json(_ entry: CatalogEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name)
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.setProperties(entry.properties)
        info.set("id", entry.id)
        info.set("full_name", Self.fullName(entry.name))
        info.set("catalog_type", "MANAGED_CATALOG")
        info.set("securable_type", "CATALOG")
        return info.json
    }

    fileprivate func updateCatalog() async throws -> JSONValue {
        let body = try body()
        var name = try catalogName()
        let (changes, newName, owner) = try self.changes(body)
        var entry = try await catalog.catalog(name)
        if changes != EntryChanges() { entry = try await catalog.updateCatalog(name, changes) }
        if let newName, newName != entry.name {
            entry = try await catalog.renameCatalog(name, to: newName)
            name = newName
        }
        if let owner { try await setOwner(.catalog, [name], to: owner) }
        return try await json(try await catalog.catalog(name))
    }

    /// What a PATCH wants changed: comment and properties, the name, the owner.
    ///
    /// - Throws: `.invalidInput` if it wants nothing.
    func changes(
        _ body: UnityBody
    ) throws(TarnError) -> (changes: EntryChanges, newName: String?, owner: String?) {
        var changes = EntryChanges()
        if let comment = try body.comment() { changes.comment = comment.isEmpty ? .remove : .set(comment) }
        if let properties = try body.map("properties") { changes.properties = properties.mapValues { $0 } }
        let newName = try body.text("new_name")
        let owner = try body.text("owner")
        if changes == EntryChanges(), newName == nil, owner == nil, body.value("properties") == nil {
            throw TarnError(
                .invalidInput,
                "Nothing to change: give 'comment', 'properties', 'new_name' or 'owner'.")
        }
        if newName?.isEmpty == true { throw body.wrong("new_name", "must not be empty") }
        return (changes, newName, owner)
    }

    /// All managed objects lie in the lakehouse's own warehouse.
    func refuseStorageRoot(_ body: UnityBody) throws(TarnError) {
        if let root = try body.text("storage_root"), !root.isEmpty {
            throw TarnError(
                .unsupported,
                "'storage_root' is not available: managed objects lie in the lakehouse's own warehouse. Leave it out."
            )
        }
    }
}
