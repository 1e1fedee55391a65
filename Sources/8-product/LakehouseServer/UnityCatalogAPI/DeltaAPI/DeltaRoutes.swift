import Base
import Catalog
import HTTPTypes

/// Unity Catalog's Delta API, version 1.0: tables in Delta's own words, and commits of tables that the catalog manages.
extension UnityCatalogAPI {
    private static let table = "/catalogs/{catalog}/schemas/{schema}/tables/{table}"

    func deltaRoutes() -> [Route] {
        deltaTableRoutes() + [
            route(.get, "/config", errors: .unityDelta) { call in try await call.deltaConfig() },
            route(.get, Self.table + "/credentials", errors: .unityDelta) { call in
                let writes = try call.deltaWrites()
                let location = try await call.tableLocation(try call.deltaName(), writes: writes)
                return try call.deltaCredentials(location, writes: writes)
            },
            route(.get, "/staging-tables/{table_id}/credentials", errors: .unityDelta) { call in
                let id = call.parameter(0)
                guard let plan = try await call.catalog.stagedTable(id: id) else {
                    throw UnityCall.noTable(id)
                }
                return try call.deltaCredentials(plan.location, writes: true)
            },
            route(.get, "/temporary-path-credentials", errors: .unityDelta) { call in
                let writes = try call.deltaWrites()
                let location = try StorageURL.location(try call.requiredQuery("location"))
                try await call.catalog.requirePath(
                    location, for: writes ? .createExternalTable : .readFiles)
                return try call.deltaCredentials(location, writes: writes)
            },
        ]
    }

    private func deltaTableRoutes() -> [Route] {
        let tables = "/catalogs/{catalog}/schemas/{schema}/tables"
        return [
            route(
                .post, "/catalogs/{catalog}/schemas/{schema}/staging-tables", errors: .unityDelta
            ) { call in
                let name = try call.deltaName(try call.body().required("name"))
                return try call.stagingAnswer(try await call.catalog.stageTable(name))
            },
            route(.post, tables, errors: .unityDelta) { call in try await call.createDeltaTable() },
            route(.get, Self.table, errors: .unityDelta) { call in
                try await call.loadDeltaTable(try await call.catalog.table(try call.deltaName()))
            },
            emptyRoute(.head, Self.table, errors: .unityDelta) { call in
                _ = try await call.catalog.table(try call.deltaName())
            },
            route(.post, Self.table, errors: .unityDelta) { call in try await call.updateDeltaTable() },
            emptyRoute(.delete, Self.table, errors: .unityDelta) { call in
                try await call.dropTable(try call.deltaName())
            },
            emptyRoute(.post, Self.table + "/rename", errors: .unityDelta) { call in
                let old = try call.deltaName()
                var new = old
                new.name = try call.body().required("new-name")
                _ = try await call.catalog.renameTable(old, to: new)
            },
            emptyRoute(.post, Self.table + "/metrics", errors: .unityDelta) { call in
                let body = try call.body()
                let entry = try await call.catalog.table(try call.deltaName(), requiring: .modify)
                _ = try body.inner("report")?.inner("commit-report")
                if try body.required("table-id") != entry.id {
                    throw body.wrong("table-id", "is not the id of \(entry.name)")
                }
            },
        ]
    }
}

extension UnityCall {
    /// The three names of the path.
    func deltaName() throws(TarnError) -> QualifiedName { try deltaName(parameter(2)) }

    func deltaName(_ name: String) throws(TarnError) -> QualifiedName {
        QualifiedName(catalog: parameter(0), schema: parameter(1), name: name)
    }

    fileprivate func deltaWrites() throws(TarnError) -> Bool {
        switch try requiredQuery("operation") {
        case "READ": return false
        case "READ_WRITE": return true
        default:
            throw TarnError(
                .invalidInput, "The query parameter 'operation' must be READ or READ_WRITE.")
        }
    }

    func deltaCredentials(_ location: String, writes: Bool) throws(TarnError) -> JSONValue {
        .object([
            "storage-credentials": .array([
                try credentials(for: location).deltaJSON(writes ? "READ_WRITE" : "READ")
            ])
        ])
    }

    fileprivate func deltaConfig() async throws -> JSONValue {
        _ = try await catalog.catalog(try requiredQuery("catalog"))
        let versions = try requiredQuery("protocol-versions").split(separator: ",")
        guard versions.contains(where: { $0.trimmingPrefix(" ").hasPrefix("1.") }) else {
            throw TarnError(
                .invalidInput,
                "This server speaks version 1.0 of the Delta API, which 'protocol-versions' does not have.")
        }
        let table = "/v1/catalogs/{catalog}/schemas/{schema}/tables/{table}"
        let endpoints = [
            "POST /v1/catalogs/{catalog}/schemas/{schema}/staging-tables",
            "POST /v1/catalogs/{catalog}/schemas/{schema}/tables", "GET \(table)", "POST \(table)",
            "DELETE \(table)", "HEAD \(table)", "POST \(table)/rename", "GET \(table)/credentials",
            "POST \(table)/metrics", "GET /v1/staging-tables/{table_id}/credentials",
            "GET /v1/temporary-path-credentials",
        ]
        return .object([
            "endpoints": .array(endpoints.map { .string($0) }), "protocol-version": .string("1.0"),
        ])
    }
}
