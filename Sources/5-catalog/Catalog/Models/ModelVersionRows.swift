import Base
import Metastore

/// The SQL of models' versions and aliases: rows in and out.
extension CatalogRows {
    private static let versionColumns = """
        id, model_id, version, status, source, run_id, comment, created_us, created_by, updated_us, updated_by
        """

    func hasVersions(_ modelID: String) throws -> Bool {
        try db.row("SELECT 1 FROM catalog_model_versions WHERE model_id = ? LIMIT 1", [modelID]) != nil
    }

    /// A version with its model.
    func requireVersion(
        _ name: QualifiedName, _ number: Int64
    ) throws -> (version: ModelVersionEntry, model: Securable) {
        let (object, schema) = try requireObject(.registeredModel, name)
        let model = model(object, in: schema)
        guard
            let row = try db.row(
                "SELECT \(Self.versionColumns) FROM catalog_model_versions WHERE model_id = ? AND version = ?",
                [model.id, number])
        else {
            throw TarnError(.notFound, "Model \(model.name) has no version \(number).")
        }
        return (try version(row, of: model), object)
    }

    func versions(of model: ModelEntry, below number: Int64, limit: Int) throws -> [ModelVersionEntry] {
        try db.rows(
            """
            SELECT \(Self.versionColumns) FROM catalog_model_versions
            WHERE model_id = ? AND version < ? ORDER BY version DESC LIMIT ?
            """, [model.id, number, limit]
        ).map { try version($0, of: model) }
    }

    func insertVersion(
        id: String, of modelID: String, _ number: Int64, _ definition: ModelVersionDefinition, at time: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO catalog_model_versions (\(Self.versionColumns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id, modelID, number, ModelVersionEntry.Status.pending.rawValue, definition.source,
                definition.runID, definition.comment, time, principal.name, time, principal.name,
            ])
    }

    func updateVersion(
        _ id: String, comment: String?, status: ModelVersionEntry.Status, at time: Int64
    ) throws {
        try db.execute(
            """
            UPDATE catalog_model_versions SET comment = ?, status = ?, updated_us = ?, updated_by = ? WHERE id = ?
            """, [comment, status.rawValue, time, principal.name, id])
    }

    func deleteVersion(_ id: String, _ number: Int64, of modelID: String) throws {
        try db.execute("DELETE FROM catalog_model_versions WHERE id = ?", [id])
        try db.execute(
            "DELETE FROM catalog_model_aliases WHERE model_id = ? AND version = ?", [modelID, number])
    }

    // MARK: Aliases

    func version(ofAlias key: String, of modelID: String) throws -> Int64? {
        try db.value(
            "SELECT version FROM catalog_model_aliases WHERE model_id = ? AND alias_key = ?", [modelID, key])
    }

    func setAlias(_ alias: String, of modelID: String, to version: Int64) throws {
        try db.execute(
            """
            INSERT INTO catalog_model_aliases (model_id, alias_key, alias, version) VALUES (?, ?, ?, ?)
            ON CONFLICT (model_id, alias_key) DO UPDATE SET alias = excluded.alias, version = excluded.version
            """, [modelID, NameRules.key(of: alias), alias, version])
    }

    func deleteAlias(_ key: String, of modelID: String) throws {
        try db.execute(
            "DELETE FROM catalog_model_aliases WHERE model_id = ? AND alias_key = ?", [modelID, key])
    }

    private func version(_ row: MetastoreRow, of model: ModelEntry) throws -> ModelVersionEntry {
        let (id, number): (String, Int64) = (try row("id"), try row("version"))
        guard let status = ModelVersionEntry.Status(rawValue: try row("status")) else {
            throw TarnError(.corruptMetadata, "The state of a model's version is damaged.")
        }
        return ModelVersionEntry(
            id: id, modelID: model.id, model: model.name, version: number, status: status,
            source: try row("source"), runID: try row("run_id"), comment: try row("comment"),
            location: model.location + "/versions/" + id,
            aliases: try db.column(
                """
                SELECT alias FROM catalog_model_aliases WHERE model_id = ? AND version = ? ORDER BY alias_key
                """, [model.id, number]),
            createdMicroseconds: try row("created_us"), createdBy: try row("created_by"),
            updatedMicroseconds: try row("updated_us"), updatedBy: try row("updated_by"))
    }
}
