package import Base
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
    /// Who asks: what he may not see is not there for him.
    package let principal: Principal
    /// Shared by all who act on the catalog.
    let policyCache: PolicyCache
    /// The absolute path or URL of the folder of all managed tables, without a trailing slash.
    package let warehouse: String
    /// The folder of all managed volumes, beside the warehouse.
    package var volumeFolder: String { CatalogRows.sibling("volumes", of: warehouse) }
    /// The folder of all models, beside the warehouse.
    package var modelFolder: String { CatalogRows.sibling("models", of: warehouse) }
    /// Shared by all who act on one catalog.
    let tokenKey: PageTokenKey
    /// Shared likewise.
    let cache: AccessCache

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
        let service = CatalogService(
            metastore, warehouse: warehouse, time: time, random: random, principal: .system,
            tokenKey: PageTokenKey(), cache: AccessCache())
        try await service.makeFirstEntries()
        return service
    }

    private init(
        _ metastore: Metastore, warehouse: String, time: any TimeSource, random: any RandomSource,
        principal: Principal, tokenKey: PageTokenKey, cache: AccessCache,
        policyCache: PolicyCache = PolicyCache()
    ) {
        self.policyCache = policyCache
        var warehouse = warehouse[...]
        while warehouse.utf8.count > 1 && warehouse.hasSuffix("/") { warehouse.removeLast() }
        self.metastore = metastore
        self.warehouse = String(warehouse)
        self.time = time
        self.random = random
        self.principal = principal
        self.tokenKey = tokenKey
        self.cache = cache
    }

    private func makeFirstEntries() async throws(TarnError) {
        let (name, schemaName) = (QualifiedName.defaultCatalog, QualifiedName.defaultSchema)
        let (isThere, lacksIndex) = try await read { rows in
            guard let catalog = try rows.catalog(NameRules.key(of: name)),
                try rows.schema(NameRules.key(of: schemaName), in: catalog.id) != nil
            else { return (false, false) }
            return (true, try rows.lacksSearchIndex())
        }
        if isThere {
            if lacksIndex { try await write { try $0.makeSearchIndex() } }
            return
        }
        try await write { rows in
            let catalogID: String
            if let known = try rows.catalog(NameRules.key(of: name)) {
                catalogID = known.id
            } else {
                let catalog = self.newSecurable(.catalog, name, in: CatalogRows.metastoreID)
                try rows.insert(catalog)
                catalogID = catalog.id
            }
            if try rows.schema(NameRules.key(of: schemaName), in: catalogID) == nil {
                try rows.insert(self.newSecurable(.schema, schemaName, in: catalogID))
            }
        }
    }

    /// The same catalog as somebody else sees it: every call asks for his privileges.
    package func acting(as principal: Principal) -> CatalogService {
        CatalogService(
            metastore, warehouse: warehouse, time: time, random: random, principal: principal,
            tokenKey: tokenKey, cache: cache, policyCache: policyCache)
    }

    // MARK: Transactions

    func read<T: Sendable>(
        _ body: @escaping @Sendable (CatalogRows) throws -> T
    ) async throws(TarnError) -> T {
        let (warehouse, principal) = (self.warehouse, self.principal)
        return try await metastore.read { db in
            try body(CatalogRows(db: db, warehouse: warehouse, principal: principal))
        }
    }

    func write<T: Sendable>(
        _ body: @escaping @Sendable (CatalogRows) throws -> T
    ) async throws(TarnError) -> T {
        let (warehouse, principal) = (self.warehouse, self.principal)
        return try await metastore.write { db in
            try body(CatalogRows(db: db, warehouse: warehouse, principal: principal))
        }
    }

    // MARK: Shared by the kinds

    /// A new object that the principal who asks owns.
    func newSecurable(
        _ kind: SecurableKind, _ name: String, in parentID: String, _ comment: String? = nil,
        _ properties: [String: String] = [:]
    ) -> Securable {
        let now = time.nowMicroseconds()
        return Securable(
            id: random.uuid(), kind: kind, parentID: parentID, name: name, ownerID: principal.ownerID,
            comment: comment, properties: properties, location: nil, detail: "{}", createdMicroseconds: now,
            createdBy: principal.name, updatedMicroseconds: now, updatedBy: principal.name)
    }
}
