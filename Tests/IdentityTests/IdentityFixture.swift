import Base
import Catalog
import Identity
import Metastore

/// A metastore in memory with a catalog and identities, and a clock that the test moves.
struct IdentityFixture {
    let time = ManualTimeSource()
    let metastore: Metastore
    let catalog: CatalogService
    let identity: IdentityService

    init(seed: UInt64 = 7) async throws {
        let random = SeededRandomSource(seed: seed)
        metastore = try await Metastore.inMemory(
            migrations: CatalogMigrations.all + IdentityMigrations.all)
        catalog = try await CatalogService.open(
            metastore, warehouse: "/warehouse", time: time, random: random)
        identity = IdentityService(metastore, catalog: catalog, time: time, random: random)
    }

    func user(_ name: String) async throws -> Principal {
        try await catalog.principalMakingUser(named: name).principal
    }

    func execute(_ sql: String, _ arguments: [String] = []) async throws {
        try await metastore.write { db in try db.execute(sql, arguments) }
    }
}

/// The error that `body` fails with; `nil` if it does not.
func failure(_ body: () async throws -> Void) async -> TarnError? {
    do { try await body() } catch {
        return error as? TarnError ?? TarnError(.internal, "not typed: \(error)")
    }
    return nil
}
