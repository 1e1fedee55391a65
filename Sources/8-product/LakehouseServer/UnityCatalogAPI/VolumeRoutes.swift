import Base
import Catalog
import HTTPTypes
import Lakehouse
import Query

extension UnityCatalogAPI {
    enum VolumeType: String, CaseIterable {
        case managed = "MANAGED"
        case external = "EXTERNAL"
    }

    enum VolumeOperation: String, CaseIterable {
        case unknown = "UNKNOWN_VOLUME_OPERATION"
        case read = "READ_VOLUME"
        case write = "WRITE_VOLUME"
    }

    func volumeRoutes() -> [Route] {
        [
            route(.post, "/volumes") { call in try await call.createVolume() },
            route(.get, "/volumes") { call in
                let (parent, schema) = (
                    try call.requiredQuery("catalog_name"), try call.requiredQuery("schema_name")
                )
                let page = try await UnityPage(call, of: "volumes", parent, schema)
                let found = try await call.catalog.volumes(
                    in: schema, catalog: parent, limit: page.limit, after: page.after)
                let owners = try await call.catalog.ownerNames(of: found.entries.map(\.securable))
                return try await page.answer(
                    "volumes", found.entries.map { call.json($0, owners) }, next: found.next)
            },
            route(.get, "/volumes/{name}") { call in
                try await call.json(try await call.catalog.volume(try call.objectName(.volume)))
            },
            route(.patch, "/volumes/{name}") { call in try await call.updateVolume() },
            route(.delete, "/volumes/{name}") { call in
                if let dropped = try await call.catalog.dropVolume(try call.objectName(.volume)) {
                    try await call.lake.query.removeFiles(of: dropped)
                }
                return .object([:])
            },
            route(.post, "/temporary-volume-credentials") { call in
                let body = try call.body()
                let id = try body.required("volume_id")
                let operation = try body.requiredChoice("operation", of: VolumeOperation.self)
                if operation == .unknown {
                    throw body.wrong("operation", "must be READ_VOLUME or WRITE_VOLUME")
                }
                return try call.credentials(
                    for: try await call.volumeLocation(id: id, writes: operation == .write)
                ).json
            },
        ]
    }
}

extension UnityCall {
    func json(_ entry: VolumeEntry) async throws -> JSONValue {
        json(entry, try await catalog.ownerNames(of: [entry.securable]))
    }

    func json(_ entry: VolumeEntry, _ owners: OwnerNames) -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name.name)
        info.set("catalog_name", entry.name.catalog)
        info.set("schema_name", entry.name.schema)
        info.set("full_name", fullName(entry.name))
        info.set("volume_type", entry.kind.rawValue.uppercased())
        info.set("storage_location", StorageURL.text(entry.location))
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.set("volume_id", entry.id)
        info.set("securable_type", "VOLUME")
        return info.json
    }

    fileprivate func createVolume() async throws -> JSONValue {
        let body = try body()
        let name = try objectName(body)
        let type = try body.requiredChoice("volume_type", of: UnityCatalogAPI.VolumeType.self)
        var place = try body.text("storage_location")
        if place?.isEmpty == true { place = nil }
        if type == .managed, place != nil {
            throw body.wrong("storage_location", "must be left out for a managed volume")
        }
        if type == .external, place == nil { throw body.missing("storage_location") }
        let entry = try await catalog.createVolume(
            name, location: try place.map { (text) throws(TarnError) in try StorageURL.location(text) },
            comment: try body.comment())
        try await lake.query.makeFolder(of: entry)
        return try await json(entry)
    }

    fileprivate func updateVolume() async throws -> JSONValue {
        let (changes, newName, owner) = try changes(try body())
        var entry = try await catalog.volume(try objectName(.volume))
        if changes != EntryChanges() { entry = try await catalog.updateVolume(entry.name, changes) }
        if let newName, newName != entry.name.name {
            entry = try await catalog.renameVolume(entry.name, to: newName)
        }
        if let owner {
            let name = entry.name
            try await setOwner(.volume, [name.catalog, name.schema, name.name], to: owner)
        }
        return try await json(try await catalog.volume(entry.name))
    }

    fileprivate func volumeLocation(id: String, writes: Bool) async throws -> String {
        let unknown = TarnError(
            .notFound, "There is no volume with the id \(id.prefix(100)).", context: [("volume", id)])
        guard let found = try await catalog.volume(id: id) else { throw unknown }
        do {
            return try await catalog.volume(found.name, requiring: writes ? .writeVolume : .readVolume)
                .location
        } catch {
            // By its id he must not learn its name.
            if error.code == .notFound { throw unknown }
            throw error
        }
    }
}
