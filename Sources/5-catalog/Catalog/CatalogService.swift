package import Base
import GRDB
package import Metastore

/// What exists in the lakehouse and where: catalogs, schemas in them, tables in those.
///
/// ```swift
/// let catalog = try await CatalogService.open(metastore, warehouse: home + "/warehouse", time: time, random: random)
/// let plan = try await catalog.planTable(try QualifiedName("sales.orders"))
/// // ... make the table's log at plan.location ...
/// let table = try await catalog.addTable(plan)
/// ```
///
/// Names keep their case and are found in any. Ids are given once and never change, whatever is renamed. Each call is
/// one transaction of the metastore. Errors: `.notFound` with the nearest names, `.alreadyExists`,
/// `.failedPrecondition` for what is not empty or must stay, `.invalidInput` for a bad name.
package final class CatalogService: Sendable {
    let metastore: Metastore
    let time: any TimeSource
    let random: any RandomSource
    /// The absolute path or URL of the folder of all managed tables, without a trailing slash.
    package let warehouse: String

    /// Entries on a page when the caller does not say, and at most.
    package static let defaultPageSize = 100
    package static let largestPage = 1000

    /// Opens the catalog and makes `main` and `main.default` if they are not there.
    ///
    /// - Parameters:
    ///   - metastore: Opened with `CatalogMigrations.all`.
    ///   - warehouse: The absolute path or URL of the folder of all managed tables. It may be another one next time: the
    ///     managed tables are looked for where it is now.
    ///   - time: For the times of the entries.
    ///   - random: For ids.
    /// - Returns: The catalog.
    /// - Throws: What the metastore throws.
    package static func open(
        _ metastore: Metastore, warehouse: String, time: any TimeSource = SystemTimeSource(),
        random: any RandomSource = SystemRandomSource()
    ) async throws(TarnError) -> CatalogService {
        let service = CatalogService(metastore, warehouse: warehouse, time: time, random: random)
        try await service.makeFirstEntries()
        return service
    }

    private init(
        _ metastore: Metastore, warehouse: String, time: any TimeSource, random: any RandomSource
    ) {
        var warehouse = warehouse[...]
        while warehouse.utf8.count > 1 && warehouse.hasSuffix("/") { warehouse.removeLast() }
        self.metastore = metastore
        self.warehouse = String(warehouse)
        self.time = time
        self.random = random
    }

    private func makeFirstEntries() async throws(TarnError) {
        let (name, schemaName) = (QualifiedName.defaultCatalog, QualifiedName.defaultSchema)
        try await write { rows in
            let catalog: CatalogEntry
            if let known = try rows.catalog(NameRules.key(of: name)) {
                catalog = known
            } else {
                catalog = self.newCatalog(name, nil, [:])
                try rows.insert(catalog)
            }
            if try rows.schema(NameRules.key(of: schemaName), in: catalog.id) == nil {
                try rows.insert(self.newSchema(schemaName, in: catalog, nil, [:]))
            }
        }
    }

    // MARK: Transactions

    func read<T: Sendable>(
        _ body: @escaping @Sendable (CatalogRows) throws -> T
    ) async throws(TarnError) -> T {
        let warehouse = self.warehouse
        return try await metastore.read { db in try body(CatalogRows(db: db, warehouse: warehouse)) }
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (CatalogRows) throws -> T
    ) async throws(TarnError) -> T {
        let warehouse = self.warehouse
        return try await metastore.write { db in try body(CatalogRows(db: db, warehouse: warehouse)) }
    }

    // MARK: Shared by the kinds

    func newCatalog(_ name: String, _ comment: String?, _ properties: [String: String]) -> CatalogEntry {
        let now = time.nowMicroseconds()
        return CatalogEntry(
            id: random.uuid(), name: name, comment: comment, properties: properties, createdMicroseconds: now,
            updatedMicroseconds: now)
    }

    func newSchema(
        _ name: String, in catalog: CatalogEntry, _ comment: String?, _ properties: [String: String]
    ) -> SchemaEntry {
        let now = time.nowMicroseconds()
        return SchemaEntry(
            id: random.uuid(), catalogID: catalog.id, catalog: catalog.name, name: name, comment: comment,
            properties: properties, createdMicroseconds: now, updatedMicroseconds: now)
    }

    /// Reads one entry more than asked for, to know whether there is another page.
    static func page<Entry: Sendable>(
        limit: Int, name: (Entry) -> String, _ fetch: (Int) throws -> [Entry]
    ) rethrows -> CatalogPage<Entry> {
        let size = min(max(1, limit), largestPage)
        let found = try fetch(size + 1)
        if found.count <= size { return CatalogPage(entries: found, next: nil) }
        let entries = Array(found.prefix(size))
        return CatalogPage(entries: entries, next: entries.last.map { NameRules.key(of: name($0)) })
    }
}
