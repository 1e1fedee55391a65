import Base
import Catalog
import Foundation
import HTTPTypes
import DeltaLake
import Lakehouse
import Query
import Tables

extension UnityCatalogAPI {
    func stagingRoutes() -> [Route] {
        [
            route(.post, "/staging-tables") { call in
                let name = try call.objectName(try call.body())
                let plan = try await call.catalog.stageTable(name)
                return .object([
                    "id": .string(plan.id), "name": .string(plan.name.name),
                    "catalog_name": .string(plan.name.catalog), "schema_name": .string(plan.name.schema),
                    "staging_location": .string(StorageURL.text(plan.location)),
                ])
            }
        ]
    }
}

extension UnityCall {
    /// The table in the making whose place this is, for the one who asked for it.
    func stagedTable(at location: String) async throws -> TablePlan? {
        let place = try StorageURL.location(location)
        guard let slash = place.lastIndex(of: "/") else { return nil }
        guard let plan = try await catalog.stagedTable(id: String(place[place.index(after: slash)...])) else {
            return nil
        }
        return plan.location == place ? plan : nil
    }

    /// Gives a staged table its name: what a client wrote becomes a table of the catalog.
    ///
    /// - Parameters:
    ///   - plan: From `stagedTable`.
    ///   - name: As staged.
    ///   - comment: For people.
    ///   - properties: Those of the log are left out.
    ///   - strictly: Whether the catalog has to put its commits in order.
    /// - Returns: The table.
    /// - Throws: `.invalidInput` if nothing was written yet, or another name was staged; as `addStagedTable`.
    func finish(
        _ plan: TablePlan, _ name: QualifiedName, comment: String?, _ properties: [String: String],
        strictly: Bool = false
    ) async throws -> TableEntry {
        func key(_ name: QualifiedName) -> [String] {
            [name.catalog, name.schema, name.name].map(NameRules.key)
        }
        if key(plan.name) != key(name) {
            throw TarnError(.invalidInput, "The staging table was made for another name: \(plan.name).")
        }
        let folder = StorageURL.path(plan.location) ?? plan.location
        let table: DeltaTable
        do {
            try await lake.tables.forget(localFolder: folder)
            table = try await lake.tables.table(
                inLocalFolder: folder, name: plan.name.description, isCatalogManaged: true)
        } catch let error as TarnError where error.code == .notFound {
            throw TarnError(
                .invalidInput,
                "There is no Delta table at the staging location yet. Write its first version, then give it its name."
            )
        }
        let snapshot = try await table.snapshot()
        if strictly || snapshot.isCatalogManaged { try DeltaContract.check(snapshot, id: plan.id) }
        return try await catalog.addStagedTable(
            plan, comment: comment ?? snapshot.metadata.description,
            properties: properties.filter { !Self.isOfTheLog($0.key) },
            columns: CatalogColumn.columns(of: snapshot),
            managedVersion: snapshot.isCatalogManaged ? snapshot.version : nil)
    }

    /// Properties that a table's log holds: the catalog does not keep them a second time.
    static func isOfTheLog(_ property: String) -> Bool { property.hasPrefix("delta.") }
}
