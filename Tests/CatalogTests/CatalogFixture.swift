import Base
import Catalog
import LakehouseTesting
import Metastore

/// A fresh catalog in a metastore of its own, with a clock that the test moves.
struct CatalogFixture {
    let home: MetastoreFixture
    let time = ManualTimeSource()
    let catalog: CatalogService

    init(_ kind: MetastoreKind = .byDefault, seed: UInt64 = 1) async throws {
        home = try await MetastoreFixture(kind)
        catalog = try await CatalogService.open(
            try await home.open(CatalogMigrations.all), warehouse: "/lake house/warehouse/", time: time,
            random: SeededRandomSource(seed: seed))
    }

    /// Of SQLite's file.
    var path: String { if case .file(let path) = home.location { path } else { "" } }

    /// A second view of the same metastore, as another process has it.
    func reopened(warehouse: String = "/lake house/warehouse") async throws -> CatalogService {
        try await CatalogService.open(try await home.open(CatalogMigrations.all), warehouse: warehouse)
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

func user(_ id: String, groups: Set<String> = []) -> Principal {
    Principal(
        id: id, kind: .user, name: id, groupIDs: groups.union([Principal.everybody]),
        groupKeys: groups.union([Principal.everybody]))
}

extension CatalogFixture {
    /// Writes a grant down as it is, and the user if he is not there.
    func grant(_ privilege: String, on id: String, to user: String) async throws {
        let metastore = try await home.open(CatalogMigrations.all)
        try await metastore.write { db in
            try db.execute(
                """
                INSERT INTO catalog_principals (id, kind, name, name_key, active, created_us, updated_us)
                VALUES (?, 'user', ?, ?, 1, 0, 0) ON CONFLICT DO NOTHING
                """, [user, user, user])
            try db.execute(
                """
                INSERT INTO catalog_grants (securable_id, principal_id, privilege, created_us) VALUES (?, ?, ?, 0)
                """, [id, user, privilege])
        }
        try metastore.close()
    }
}

extension CatalogFixture {
    /// Lets a function be the row filter of a table.
    func addPolicy(_ functionID: String, on tableID: String) async throws {
        let metastore = try await home.open(CatalogMigrations.all)
        try await metastore.write { db in
            try db.execute(
                """
                INSERT INTO catalog_policies (table_id, column_key, function_id, arguments, created_us)
                VALUES (?, '', ?, '[]', 0)
                """, [tableID, functionID])
        }
        try metastore.close()
    }
}
