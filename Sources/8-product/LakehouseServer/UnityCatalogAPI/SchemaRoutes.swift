import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func schemaRoutes() -> [Route] {
        [
            route(.post, "/schemas") { call in
                let body = try call.body()
                try call.refuseStorageRoot(body)
                let entry = try await call.catalog.createSchema(
                    try body.required("name"), in: try body.required("catalog_name"),
                    comment: try body.comment(), properties: try body.map("properties") ?? [:])
                return try await call.json(entry)
            },
            route(.get, "/schemas") { call in
                let parent = try call.requiredQuery("catalog_name")
                let page = try await UnityPage(call, of: "schemas", parent)
                let found = try await call.catalog.schemas(in: parent, limit: page.limit, after: page.after)
                let owners = try await call.catalog.ownerNames(of: found.entries.map(\.securable))
                return try await page.answer(
                    "schemas", found.entries.map { call.json($0, owners) }, next: found.next)
            },
            route(.get, "/schemas/{full_name}") { call in
                let name = try call.schemaName()
                return try await call.json(try await call.catalog.schema(name.schema, in: name.catalog))
            },
            route(.patch, "/schemas/{full_name}") { call in
                try await call.updateSchema()
            },
            route(.delete, "/schemas/{full_name}") { call in
                let name = try call.schemaName()
                let force = try call.flag("force")
                try await call.run(
                    "DROP SCHEMA \(UnityCall.quoted(name.catalog, name.schema))\(force ? " CASCADE" : "")")
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    func json(_ entry: SchemaEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    func json(_ entry: SchemaEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name)
        info.set("catalog_name", entry.catalog)
        info.set("full_name", Self.fullName(entry.catalog, entry.name))
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.setProperties(entry.properties)
        info.set("schema_id", entry.id)
        info.set("securable_type", "SCHEMA")
        return info.json
    }

    fileprivate func updateSchema() async throws -> JSONValue {
        let body = try body()
        var (parent, name) = try schemaName()
        let (changes, newName, owner) = try self.changes(body)
        var entry = try await catalog.schema(name, in: parent)
        if changes != EntryChanges() { entry = try await catalog.updateSchema(name, in: parent, changes) }
        if let newName, newName != entry.name {
            entry = try await catalog.renameSchema(name, in: parent, to: newName)
            name = newName
        }
        if let owner {
            parent = entry.catalog
            try await setOwner(.schema, [parent, name], to: owner)
        }
        return try await json(try await catalog.schema(name, in: parent))
    }
}
