import Base
import Catalog
import Foundation
import Lakehouse
import Query
import TableModel
import Tables

/// `POST /tables`.
extension UnityCall {
    enum TableType: String, CaseIterable {
        case managed = "MANAGED"
        case external = "EXTERNAL"
        case streaming = "STREAMING_TABLE"
        case materialized = "MATERIALIZED_VIEW"
        case metric = "METRIC_VIEW"
        case view = "VIEW"
    }

    enum DataFormat: String, CaseIterable {
        case delta = "DELTA"
        case csv = "CSV"
        case json = "JSON"
        case avro = "AVRO"
        case parquet = "PARQUET"
        case orc = "ORC"
        case text = "TEXT"

        var format: TableEntry.Format { TableEntry.Format(rawValue: rawValue.lowercased()) ?? .delta }
    }

    func createTable() async throws -> JSONValue {
        let body = try body()
        let name = try objectName(body)
        let type = try body.requiredChoice("table_type", of: TableType.self)
        let format = try body.choice("data_source_format", of: DataFormat.self) ?? .delta
        let (fields, partitionColumns) = try ColumnJSON.columns(try body.objects("columns") ?? [])
        let definition = TableDefinition(
            schema: TableSchema(fields), partitionColumns: partitionColumns,
            properties: try body.map("properties") ?? [:], name: name.name, comment: try body.comment())
        let entry: TableEntry
        switch type {
        case .managed: entry = try await createManaged(name, definition, format, body)
        case .external: entry = try await createExternal(name, definition, format, body)
        case .view: entry = try await createView(name, body)
        case .streaming, .materialized, .metric:
            throw TarnError(.unsupported, "Tables of type \(type.rawValue) are not available.")
        }
        return try await json([entry], TableParts())[0]
    }

    private func createManaged(
        _ name: QualifiedName, _ definition: TableDefinition, _ format: DataFormat, _ body: UnityBody
    ) async throws -> TableEntry {
        if format != .delta {
            throw body.wrong("data_source_format", "must be DELTA for a managed table")
        }
        if let location = try body.text("storage_location"), !location.isEmpty {
            guard let plan = try await stagedTable(at: location) else {
                throw body.wrong(
                    "storage_location", "must be left out for a managed table, or be that of a staging table")
            }
            return try await finish(plan, name, comment: definition.comment, definition.properties)
        }
        if definition.schema?.fields.isEmpty != false {
            throw body.wrong("columns", "must list the columns of a managed table")
        }
        let plan = try await catalog.planTable(name)
        guard let folder = StorageURL.path(plan.location) else {
            throw TarnError(.unsupported, "The warehouse does not lie on this machine.")
        }
        _ = try await lake.tables.create(inLocalFolder: folder, definition, name: plan.name.description)
        do {
            return try await catalog.addTable(
                plan, comment: definition.comment, columns: Self.columns(definition))
        } catch {
            // Another took the name meanwhile, or the schema went: nothing names this folder.
            try await lake.tables.forget(localFolder: folder)
            try? await BlockingPool.files.run { try FileManager.default.removeItem(atPath: folder) }
            throw error
        }
    }

    /// Gives a name to what lies somewhere, or will: other programs write it.
    private func createExternal(
        _ name: QualifiedName, _ definition: TableDefinition, _ format: DataFormat, _ body: UnityBody
    ) async throws -> TableEntry {
        let text = try body.required("storage_location")
        let plan = try await catalog.planTable(
            name, location: try StorageURL.location(text), format: format.format)
        return try await catalog.addTable(
            plan, comment: definition.comment, properties: definition.properties,
            columns: Self.columns(definition))
    }

    private static func columns(_ definition: TableDefinition) -> [CatalogColumn] {
        let partitions = definition.partitionColumns.map { $0.lowercased() }
        return (definition.schema?.fields ?? []).enumerated().map { position, field in
            CatalogColumn(
                field, key: NameRules.key(of: field.name), position: position,
                partitionIndex: partitions.firstIndex(of: field.name.lowercased()))
        }
    }

    private func createView(_ name: QualifiedName, _ body: UnityBody) async throws -> TableEntry {
        let query = try body.required("view_definition")
        let full = Self.quoted(name.catalog, name.schema, name.name)
        let comment = try body.comment().map { " COMMENT '\($0.replacing("'", with: "''"))'" } ?? ""
        try await run("CREATE VIEW \(full)\(comment) AS \(query)")
        return try await catalog.table(name)
    }
}
