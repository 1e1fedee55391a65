package import Catalog
internal import DeltaLake
internal import Synchronization
internal import Tables

/// Keeps what the catalog remembers of columns in step with the logs, which other programs write too.
///
/// Whenever a statement has opened a table, its newest schema that was seen is compared with the last one: that costs no
/// reading, and the metastore is asked only when it differs, or once a table and process.
final class ColumnKeeper: Sendable {
    private let catalog: CatalogService
    /// Table ids to the hash of the schema that the catalog is known to have.
    private let known = BoundedCache<String, Int>(limit: 10_000)

    init(_ catalog: CatalogService) { self.catalog = catalog }

    /// Takes up what a statement saw of the tables that it opened.
    ///
    /// A failure is of no consequence: the next statement tries again.
    func keep(_ tables: OpenedTables) async {
        for (id, table) in tables.all {
            guard let snapshot = table.newestKnown else { continue }
            try? await keep(id, snapshot)
        }
    }

    func keep(_ tableID: String, _ snapshot: DeltaSnapshot) async throws {
        var hasher = Hasher()
        hasher.combine(snapshot.metadata.schemaString)
        hasher.combine(snapshot.partitionColumns)
        hasher.combine(snapshot.columnMapping)
        let schema = hasher.finalize()
        if known[tableID] == schema { return }
        try await catalog.setColumns(
            of: tableID, CatalogColumn.columns(of: snapshot), version: snapshot.version)
        known[tableID] = schema
    }
}

/// The tables that a statement has opened, by their ids in the catalog.
final class OpenedTables: Sendable {
    private let tables = Mutex<[String: DeltaTable]>([:])

    func add(_ id: String, _ table: DeltaTable) { tables.withLock { $0[id] = table } }

    var all: [String: DeltaTable] { tables.withLock { $0 } }
}

extension QueryService {
    /// The columns of a table: those that the catalog remembers, or else those of its log.
    ///
    /// - Parameter entry: As the one who asks got it.
    /// - Returns: In order; none for a table that is no Delta table and was registered without columns.
    /// - Throws: What the metastore throws; a log that cannot be read is no error here.
    package func columns(of entry: TableEntry) async throws -> [CatalogColumn] {
        let known = try await catalog.columns(of: entry.id)
        if !known.isEmpty || entry.format != .delta { return known }
        guard let snapshot = try? await snapshot(of: entry) else { return [] }
        try await columnKeeper.keep(entry.id, snapshot)
        return CatalogColumn.columns(of: snapshot)
    }
}
