package import Base
import Metastore

/// Tables in the making: a client asks for a place, writes the first version there, then gives it its name.
extension CatalogService {
    /// So long a place waits for its table.
    package static let stagingHours: Int64 = 24 * 7

    /// Gives a table its id and place before its first version is written.
    ///
    /// - Parameter name: Free now; it is not taken by this.
    /// - Returns: The plan; whoever asked for it may turn it into a table.
    /// - Throws: As `planTable`.
    package func stageTable(_ name: QualifiedName) async throws(TarnError) -> TablePlan {
        let plan = try await planTable(name)
        let now = time.nowMicroseconds()
        let oldest = now - Self.stagingHours * 3_600_000_000
        let owner = principal.ownerID
        try await write { rows in
            try rows.db.execute("DELETE FROM unity_staging_tables WHERE created_us < ?", [oldest])
            try rows.db.execute(
                "INSERT INTO unity_staging_tables (id, schema_id, name, owner_id, created_us) VALUES (?, ?, ?, ?, ?)",
                [plan.id, plan.schemaID, plan.name.name, owner, now])
        }
        return plan
    }

    /// The plan of a table in the making, for the one who asked for it.
    ///
    /// - Parameter id: The staging table's id, or its folder's name.
    /// - Returns: `nil` if there is none, or none of his.
    /// - Throws: What the metastore throws.
    package func stagedTable(id: String) async throws(TarnError) -> TablePlan? {
        try await read { rows in
            guard
                let row = try rows.db.row(
                    "SELECT schema_id, name, owner_id FROM unity_staging_tables WHERE id = ?", [id]),
                let schema = try rows.schema(id: try row(0))
            else { return nil }
            let owner: String? = try row(2)
            guard owner == rows.principal.ownerID || rows.principal.isSystem else { return nil }
            return TablePlan(
                id: id, schemaID: schema.id,
                name: QualifiedName(catalog: schema.catalog, schema: schema.name, name: try row(1)),
                kind: .managed, format: .delta, location: self.warehouse + "/" + id)
        }
    }

    /// Turns a staged table into a table of the catalog.
    ///
    /// - Parameters:
    ///   - plan: From `stagedTable`.
    ///   - comment: For people.
    ///   - properties: Kept as they are.
    ///   - columns: What the log says.
    ///   - managedVersion: The newest version that is in the log, if the catalog is to put further commits in order.
    /// - Returns: The table.
    /// - Throws: As `addTable`; `.failedPrecondition` if it was turned into a table already.
    package func addStagedTable(
        _ plan: TablePlan, comment: String?, properties: [String: String], columns: [CatalogColumn],
        managedVersion: Int64?
    ) async throws(TarnError) -> TableEntry {
        try await write { rows in
            guard let parent = try rows.schema(id: plan.schemaID) else {
                throw TarnError(
                    .notFound, "Table \(plan.name) cannot be added: its schema was dropped meanwhile.",
                    context: [("table", plan.name.description)])
            }
            try rows.require([.useCatalog, .useSchema, .createTable], on: parent.securable)
            try rows.refuseTakenTable(plan.name.name, in: parent)
            guard try rows.db.execute("DELETE FROM unity_staging_tables WHERE id = ?", [plan.id]) == 1 else {
                throw TarnError(
                    .failedPrecondition, "The staging table of \(plan.name) was turned into a table already.")
            }
            var entry = self.newSecurable(.table, plan.name.name, in: parent.id, comment, properties)
            entry.id = plan.id
            entry.detail = TableEntry.detail(
                .managed, .delta, isCatalogManaged: managedVersion != nil)
            try rows.insert(entry)
            try rows.setColumns(of: entry.id, columns)
            if let managedVersion {
                try rows.db.execute(
                    """
                    INSERT INTO unity_managed_tables (table_id, latest_version, published_version)
                    VALUES (?, ?, ?)
                    """, [entry.id, managedVersion, managedVersion])
            }
            return try rows.table(entry, in: parent)
        }
    }
}

extension CatalogRows {
    /// Whether a folder of the warehouse waits for its table.
    func isStaged(_ id: String) throws -> Bool {
        try db.row("SELECT 1 FROM unity_staging_tables WHERE id = ?", [id]) != nil
    }
}
