import Base
import Catalog
import LakehouseTesting
import Metastore

/// A fresh catalog in a folder of its own, with a clock that the test moves.
struct CatalogFixture {
    let folder: TemporaryFolder
    let time = ManualTimeSource()
    let catalog: CatalogService

    var path: String { folder.path + "/metastore.sqlite" }

    init(seed: UInt64 = 1) async throws {
        folder = try TemporaryFolder("catalog")
        let metastore = try await Metastore.open(
            path: folder.path + "/metastore.sqlite", migrations: CatalogMigrations.all)
        catalog = try await CatalogService.open(
            metastore, warehouse: "/lake house/warehouse/", time: time, random: SeededRandomSource(seed: seed)
        )
    }

    /// A second view of the same file, as another process has it.
    func reopened(warehouse: String = "/lake house/warehouse") async throws -> CatalogService {
        let metastore = try await Metastore.open(path: path, migrations: CatalogMigrations.all)
        return try await CatalogService.open(metastore, warehouse: warehouse)
    }

    @discardableResult
    func makeTable(_ name: String, location: String? = nil) async throws -> TableEntry {
        try await catalog.addTable(try await catalog.planTable(try QualifiedName(name), location: location))
    }
}

/// The error that `body` fails with; `nil` if it does not.
func failure(_ body: () async throws -> Void) async -> TarnError? {
    do { try await body() } catch {
        return error as? TarnError ?? TarnError(.internal, "not typed: \(error)")
    }
    return nil
}
