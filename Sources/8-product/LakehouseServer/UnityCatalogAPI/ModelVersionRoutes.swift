import Base
import Catalog
import HTTPTypes
import Lakehouse
import NIOCore
import Query

extension UnityCatalogAPI {
    enum ModelVersionOperation: String, CaseIterable {
        case unknown = "UNKNOWN_MODEL_VERSION_OPERATION"
        case read = "READ_MODEL_VERSION"
        case readWrite = "READ_WRITE_MODEL_VERSION"
    }

    func modelVersionRoutes() -> [Route] {
        let version = "/models/{full_name}/versions/{version}"
        return [
            route(.post, "/models/versions") { call in
                let body = try call.body()
                let name = try call.objectName(body, name: "model_name")
                let definition = ModelVersionDefinition(
                    source: try body.required("source"), runID: try body.text("run_id"),
                    comment: try body.comment())
                return call.json(try await call.catalog.createModelVersion(name, definition))
            },
            route(.get, "/models/{full_name}/versions") { call in
                let name = try call.objectName(.registeredModel)
                let page = try await UnityPage(call, of: "versions", name.catalog, name.schema, name.name)
                let found = try await call.catalog.modelVersions(
                    name, limit: page.limit, after: page.after)
                return try await page.answer(
                    "model_versions", found.entries.map(call.json), next: found.next)
            },
            route(.get, version) { call in
                let name = try call.objectName(.registeredModel)
                return call.json(try await call.catalog.modelVersion(name, try call.version()))
            },
            route(.patch, version) { call in
                let name = try call.objectName(.registeredModel)
                let (changes, newName, _) = try call.changes(try call.body())
                if newName != nil {
                    throw TarnError(.invalidInput, "A version has no name: 'new_name' must be left out.")
                }
                return call.json(
                    try await call.catalog.updateModelVersion(name, try call.version(), changes))
            },
            route(.delete, version) { call in
                let name = try call.objectName(.registeredModel)
                let dropped = try await call.catalog.deleteModelVersion(name, try call.version())
                try await call.lake.query.removeFiles(of: dropped)
                return .object([:])
            },
            route(.patch, version + "/finalize") { call in
                let name = try call.objectName(.registeredModel)
                let number = try call.version()
                if call.request.body.readableBytes > 0,
                    let said = try call.body().integer("version"), said != number
                {
                    throw TarnError(.invalidInput, "'version' is another one than the path's.")
                }
                return call.json(try await call.catalog.finalizeModelVersion(name, number))
            },
            route(.post, "/temporary-model-version-credentials") { call in
                let body = try call.body()
                let name = try call.objectName(body, name: "model_name")
                let number = try body.requiredInteger("version")
                let operation = try body.requiredChoice("operation", of: ModelVersionOperation.self)
                if operation == .unknown {
                    throw body.wrong(
                        "operation", "must be READ_MODEL_VERSION or READ_WRITE_MODEL_VERSION")
                }
                return try call.credentials(
                    for: try await call.versionLocation(name, number, writes: operation == .readWrite)
                ).json
            },
        ]
    }
}

extension UnityCall {
    func json(_ entry: ModelVersionEntry) -> JSONValue {
        var info = UnityObject()
        info.set("model_name", entry.model.name)
        info.set("catalog_name", entry.model.catalog)
        info.set("schema_name", entry.model.schema)
        info.set("version", entry.version)
        info.set("source", entry.source)
        info.set("run_id", entry.runID)
        info.set("status", entry.status.rawValue)
        info.set("storage_location", StorageURL.text(entry.location))
        info.set("comment", entry.comment)
        info.set("created_at", UnityObject.milliseconds(entry.createdMicroseconds))
        info.set("created_by", entry.createdBy)
        info.set("updated_at", UnityObject.milliseconds(entry.updatedMicroseconds))
        info.set("updated_by", entry.updatedBy)
        info.set("id", entry.id)
        return info.json
    }

    fileprivate func version() throws(TarnError) -> Int64 {
        guard let number = Int64(parameter(1)), number > 0 else {
            throw TarnError(.invalidInput, "'\(parameter(1).prefix(100))' is no number of a version.")
        }
        return number
    }

    /// Files of a version are written once: by who manages the model, until it is ready.
    fileprivate func versionLocation(
        _ name: QualifiedName, _ number: Int64, writes: Bool
    ) async throws -> String {
        let entry = try await catalog.modelVersion(name, number, requiring: writes ? [] : .execute)
        guard writes else { return entry.location }
        _ = try await catalog.securable(
            try SecurableReference(.registeredModel, parts: [name.catalog, name.schema, name.name]),
            requiring: .manage)
        if entry.status != .pending {
            throw TarnError(
                .failedPrecondition,
                "Version \(number) of model \(entry.model) is \(entry.status.rawValue): its files stay as they are."
            )
        }
        return entry.location
    }
}
