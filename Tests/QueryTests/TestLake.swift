import Base
import Catalog
import Engine
import LakehouseTesting
import Metastore
import Query
import Tables

/// A whole lakehouse in a temporary folder.
final class TestLake: Sendable {
    let folder: TemporaryFolder
    let engine: Engine
    let catalog: CatalogService
    let tables: TableRegistry
    let query: QueryService

    init() async throws {
        folder = try TemporaryFolder("query")
        engine = try Engine(settings: EngineSettings(memoryLimit: "1GB", threads: 2))
        let metastore = try await MetastoreFixture(in: folder).open(CatalogMigrations.all)
        catalog = try await CatalogService.open(metastore, warehouse: folder.path + "/warehouse")
        tables = TableRegistry(TableContext(engine: engine))
        query = QueryService(engine: engine, catalog: catalog, tables: tables)
    }

    deinit {
        query.close()
        engine.close()
    }

    /// The rows as JSON, one text a row.
    func rows(
        _ sql: String, _ parameters: SQLParameters = .none,
        context: QueryContext = QueryContext(localFiles: true)
    ) async throws -> [String] {
        let result = try await query.run(sql, parameters: parameters, context: context)
        return try await result.jsonRows().map { JSONValue.array($0).jsonText }
    }
}
