import Base
import Catalog
import HTTPTypes
import Lakehouse
import Query

extension UnityCatalogAPI {
    func modelRoutes() -> [Route] {
        [
            route(.post, "/models") { call in
                let body = try call.body()
                return try await call.json(
                    try await call.catalog.createModel(
                        try call.objectName(body), comment: try body.comment()))
            },
            route(.get, "/models") { call in try await call.listModels() },
            route(.get, "/models/{full_name}") { call in
                try await call.json(try await call.catalog.model(try call.objectName(.registeredModel)))
            },
            route(.patch, "/models/{full_name}") { call in try await call.updateModel() },
            route(.delete, "/models/{full_name}") { call in
                let dropped = try await call.catalog.dropModel(
                    try call.objectName(.registeredModel), force: try call.flag("force"))
                if let dropped { try await call.lake.query.removeFiles(of: dropped) }
                return .object([:])
            },
        ]
    }
}

extension UnityCall {
    func json(_ entry: ModelEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    func json(_ entry: ModelEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name.name)
        info.set("catalog_name", entry.name.catalog)
        info.set("schema_name", entry.name.schema)
        info.set("full_name", fullName(entry.name))
        info.set("storage_location", StorageURL.text(entry.location))
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.set("id", entry.id)
        info.set("securable_type", "REGISTERED_MODEL")
        return info.json
    }

    /// The models of a schema, or, without one, of all schemas: a page does not go beyond a schema's end.
    fileprivate func listModels() async throws -> JSONValue {
        guard let parent = query("catalog_name"), let schema = query("schema_name") else {
            if query("catalog_name") != nil || query("schema_name") != nil {
                throw TarnError(
                    .invalidInput, "The query parameters 'catalog_name' and 'schema_name' go together.")
            }
            return try await listAllModels()
        }
        let page = try await UnityPage(self, of: "models", parent, schema)
        let found = try await catalog.models(
            in: schema, catalog: parent, limit: page.limit, after: page.after)
        let owners = try await catalog.ownerNames(of: found.entries.map(\.securable))
        return try await page.answer(
            "registered_models", found.entries.map { json($0, owners) }, next: found.next)
    }

    /// The place in the list of all is the catalog, the schema and the model to go on after.
    private func listAllModels() async throws -> JSONValue {
        let page = try await UnityPage(self, of: "all models")
        let place = (page.after ?? "").split(separator: "\u{1}", omittingEmptySubsequences: false).map(
            String.init)
        var (catalogPlace, schemaPlace, modelPlace) = (
            place.count == 3 ? place[0] : "", place.count == 3 ? place[1] : "",
            place.count == 3 ? place[2] : ""
        )
        while true {
            let parents = try await catalog.catalogs(
                limit: 1, after: catalogPlace.isEmpty ? nil : catalogPlace)
            guard let parent = parents.entries.first else {
                guard let next = parents.next else {
                    return try await page.answer("registered_models", [], next: nil)
                }
                catalogPlace = next
                continue
            }
            let schemas = try await catalog.schemas(
                in: parent.name, limit: 1, after: schemaPlace.isEmpty ? nil : schemaPlace)
            guard let schema = schemas.entries.first else {
                schemaPlace = schemas.next ?? ""
                if schemas.next == nil { catalogPlace = NameRules.key(of: parent.name) }
                continue
            }
            let found = try await catalog.models(
                in: schema.name, catalog: parent.name, limit: page.limit,
                after: modelPlace.isEmpty ? nil : modelPlace)
            if found.entries.isEmpty, found.next == nil {
                (schemaPlace, modelPlace) = (NameRules.key(of: schema.name), "")
                continue
            }
            let owners = try await catalog.ownerNames(of: found.entries.map(\.securable))
            let next =
                found.next.map { [catalogPlace, schemaPlace, $0] }
                ?? [catalogPlace, NameRules.key(of: schema.name), ""]
            return try await page.answer(
                "registered_models", found.entries.map { json($0, owners) },
                next: next.joined(separator: "\u{1}"))
        }
    }

    fileprivate func updateModel() async throws -> JSONValue {
        let (changes, newName, owner) = try changes(try body())
        var entry = try await catalog.model(try objectName(.registeredModel))
        if changes != EntryChanges() { entry = try await catalog.updateModel(entry.name, changes) }
        if let newName, newName != entry.name.name {
            entry = try await catalog.renameModel(entry.name, to: newName)
        }
        if let owner {
            let name = entry.name
            try await setOwner(.registeredModel, [name.catalog, name.schema, name.name], to: owner)
        }
        return try await json(try await catalog.model(entry.name))
    }
}
