import Base
import Catalog
import DeltaLake
import Lakehouse
import Query

/// Which parts of a table an answer shows.
struct TableParts: Sendable {
    var columns = true
    var properties = true
}

extension UnityCall {
    /// So many tables are read at once for a list.
    private static let readers = 4

    /// `TableInfo` of each entry, in order.
    func json(_ entries: [TableEntry], _ parts: TableParts) async throws -> [JSONValue] {
        let owners = try await catalog.ownerNames(of: entries.map(\.securable))
        var answers = [JSONValue](repeating: .null, count: entries.count)
        try await withThrowingTaskGroup(of: (Int, JSONValue).self) { group in
            var next = 0
            while next < entries.count {
                let index = next
                group.addTask { (index, try await self.json(entries[index], parts, owners)) }
                next += 1
                if next >= Self.readers, let (index, json) = try await group.next() { answers[index] = json }
            }
            for try await (index, json) in group { answers[index] = json }
        }
        return answers
    }

    private func json(
        _ entry: TableEntry, _ parts: TableParts, _ owners: OwnerNames
    ) async throws -> JSONValue {
        var info = UnityObject()
        info.set("name", entry.name.name)
        info.set("catalog_name", entry.name.catalog)
        info.set("schema_name", entry.name.schema)
        info.set("full_name", fullName(entry.name))
        info.set("table_type", entry.kind.rawValue.uppercased())
        if entry.kind != .view { info.set("data_source_format", entry.format.rawValue.uppercased()) }
        let shape = parts.columns || parts.properties ? try await shape(of: entry) : TableShape()
        if parts.columns { info.set("columns", .array(shape.columns.map { .object(ColumnJSON.json($0)) })) }
        let isGoverned = try await isGoverned(entry)
        if entry.kind != .view, !isGoverned { info.set("storage_location", StorageURL.text(entry.location)) }
        info.set("view_definition", entry.viewQuery)
        info.describe(entry.securable, owner: owners.name(of: entry.securable))
        info.setProperties(
            parts.properties ? shape.configuration.merging(entry.properties) { _, own in own } : [:])
        info.set("table_id", entry.id)
        info.set("securable_type", "TABLE")
        return info.json
    }

    /// The columns and properties that a table has now.
    ///
    /// Other programs write the log, so that it is looked at; what the catalog remembers stands in for a log that is not
    /// there, or that Tarn cannot read. A list must not fail for one such table.
    func shape(of entry: TableEntry) async throws -> TableShape {
        if entry.format == .delta, StorageURL.path(entry.location) != nil,
            let snapshot = try? await lake.query.snapshot(of: entry)
        {
            return TableShape(snapshot)
        }
        return TableShape(columns: try await catalog.columns(of: entry.id))
    }
}

/// A table's columns and its properties.
struct TableShape: Sendable {
    var columns: [CatalogColumn] = []
    var configuration: [String: String] = [:]

    init(columns: [CatalogColumn] = []) { self.columns = columns }

    init(_ snapshot: DeltaSnapshot) {
        columns = CatalogColumn.columns(of: snapshot)
        // DuckDB's extension knows by the feature's property that it has to ask for the commits.
        configuration =
            snapshot.isCatalogManaged ? UnityCall.deltaProperties(snapshot) : snapshot.configuration
    }
}
