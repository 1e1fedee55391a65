package import Base
import Metastore

extension CatalogService {
    /// The columns of a table as the catalog last heard of them, in order; none if it never did.
    ///
    /// Asks for no privilege: whoever got the table's entry may know its columns.
    package func columns(of tableID: String) async throws(TarnError) -> [CatalogColumn] {
        try await read { try $0.columns(of: tableID) ?? [] }
    }

    /// The columns of several tables, by their ids.
    package func columns(ofTables ids: [String]) async throws(TarnError) -> [String: [CatalogColumn]] {
        try await read { rows in
            var found: [String: [CatalogColumn]] = [:]
            for id in ids { found[id] = try rows.columns(of: id) ?? [] }
            return found
        }
    }

    /// Writes down what the table's log says now; nothing is written if that is known already.
    ///
    /// - Parameters:
    ///   - tableID: A table that was dropped meanwhile is no error.
    ///   - columns: In order.
    ///   - version: Of the log that says so; columns of a newer version stay.
    /// - Throws: What the metastore throws.
    package func setColumns(
        of tableID: String, _ columns: [CatalogColumn], version: Int64? = nil
    ) async throws(TarnError) {
        let known = try await read { try $0.columns(of: tableID) }
        if known == columns { return }
        try await write { rows in
            guard try rows.securable(id: tableID)?.kind == .table else { return }
            if let version, let newest = try rows.columnsVersion(of: tableID), newest > version { return }
            try rows.setColumns(of: tableID, columns, version: version)
        }
    }
}

extension CatalogRows {
    /// `nil` if nobody ever wrote them down.
    func columns(of tableID: String) throws -> [CatalogColumn]? {
        guard
            let text: String = try db.value(
                "SELECT columns FROM catalog_columns WHERE table_id = ?", [tableID])
        else { return nil }
        guard let items = try? JSONValue.parse(text).array else {
            throw TarnError(.corruptMetadata, "The columns of a table in the catalog are damaged.")
        }
        return items.compactMap(CatalogColumn.init)
    }

    func columnsVersion(of tableID: String) throws -> Int64? {
        let version: Int64?? = try db.value(
            "SELECT version FROM catalog_columns WHERE table_id = ?", [tableID])
        return version ?? nil
    }

    func setColumns(of tableID: String, _ columns: [CatalogColumn], version: Int64? = nil) throws {
        try db.execute(
            """
            INSERT INTO catalog_columns (table_id, columns, version) VALUES (?, ?, ?)
            ON CONFLICT (table_id) DO UPDATE SET columns = excluded.columns, version = excluded.version
            """, [tableID, JSONValue.array(columns.map(\.json)).jsonText, version])
        if let table = try securable(id: tableID) { try index(table) }
    }
}
