import Base
import Catalog
import DeltaLake
import Lakehouse
import Query
import TableModel
import Tables

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
        let shape = parts.columns || parts.properties ? await shape(of: entry) : TableShape()
        if parts.columns { info.set("columns", .array(shape.columns.map { .object($0) })) }
        if entry.kind != .view { info.set("storage_location", StorageURL.text(entry.location)) }
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
    /// A list must not fail for one table that cannot be read: it has no columns then, unless the catalog knows them.
    func shape(of entry: TableEntry) async -> TableShape {
        if entry.format == .delta, let folder = StorageURL.path(entry.location), !folder.isEmpty {
            let snapshot = try? await lake.tables.table(
                inLocalFolder: folder, name: entry.name.description
            ).snapshot()
            if let snapshot { return TableShape(snapshot) }
        }
        return TableShape()
    }
}

/// A table's columns, as `ColumnInfo`, and its properties.
struct TableShape: Sendable {
    var columns: [JSONObject] = []
    var configuration: [String: String] = [:]

    init() {}

    init(_ snapshot: DeltaSnapshot) {
        columns = ColumnJSON.json(snapshot.schema, partitionColumns: snapshot.partitionColumns)
        configuration = snapshot.configuration
    }
}
