internal import Base
internal import Catalog
internal import DeltaLake
internal import ObjectStore
internal import TableModel
internal import Tables

extension StatementCall {
    func drop(_ statement: DropStatement) async throws -> StatementResult {
        let dropped: DroppedObjects
        let parts = statement.name.parts
        switch statement.kind {
        case .table:
            let name = qualified(statement.name)
            let entry = try await at(statement.name.range) {
                try await catalog.dropTable(name, ifExists: statement.ifExists)
            }
            guard let entry else { return .done(.drop, "There is no table \(name)") }
            dropped = DroppedObjects(tables: [entry])
        case .schema:
            let (parent, schema) = context.qualifiedSchema(parts)
            dropped = try await at(statement.name.range) {
                try await catalog.dropSchema(
                    schema, in: parent, cascade: statement.cascade, ifExists: statement.ifExists)
            }
        case .catalog:
            dropped = try await at(statement.name.range) {
                try await catalog.dropCatalog(
                    parts[0], cascade: statement.cascade, ifExists: statement.ifExists)
            }
        }
        for entry in dropped.tables {
            record.writes(entry.id, entry.name.description)
            try await removeFiles(of: entry)
        }
        for volume in dropped.volumes { try await removeFiles(of: volume) }
        for model in dropped.models { try await removeFiles(of: model) }
        let tables = statement.kind == .table ? "" : " with \(dropped.tables.count) tables"
        return .done(.drop, "Dropped \(statement.kind.rawValue) \(parts.joined(separator: "."))\(tables)")
    }

    /// Managed tables go with their files; the catalog has forgotten them by now, so nothing can find them half gone.
    private func removeFiles(of entry: TableEntry) async throws {
        let folder = try service.localFolder(entry.location)
        service.rooms.forget(localFolder: folder)
        guard entry.kind == .managed else { return }
        do { try await Self.removeFolder(folder) } catch {
            throw error.asTarnError(doing: "remove the files of table \(entry.name)")
        }
    }

    static func removeFolder(_ folder: String) async throws(StorageError) {
        guard let slash = folder.lastIndex(of: "/") else { throw .invalidPath(folder) }
        let name = try StorePath(String(folder[folder.index(after: slash)...]))
        try await LocalStore(root: String(folder[..<slash])).deleteRecursively(name)
    }

    func use(_ name: ObjectName) async throws -> StatementResult {
        let found = try await at(name.range) { () async throws -> SchemaEntry in
            if name.parts.count > 1 { return try await catalog.schema(name.parts[1], in: name.parts[0]) }
            do { return try await catalog.schema(name.parts[0], in: context.catalog) } catch let error
                as TarnError
            {
                // One name may also be that of a catalog.
                guard error.code == .notFound,
                    let schema = try? await catalog.schema(QualifiedName.defaultSchema, in: name.parts[0])
                else { throw error }
                return schema
            }
        }
        return .done(.use, "Using \(found.fullName)", newDefaults: (found.catalog, found.name))
    }

    func set(_ name: String, _ value: String) throws -> StatementResult {
        if ["timezone", "time zone"].contains(name) {
            if ["utc", "etc/utc", "z", "+00", "+00:00"].contains(value.lowercased()) {
                return .done(.set, "The time zone is UTC")
            }
            throw TarnError(
                .unsupported,
                "The time zone of a session is always UTC; write t AT TIME ZONE '\(value)' where another is wanted."
            )
        }
        if let setting = SessionSetting(named: name) {
            guard setting.allows(value) else {
                throw TarnError(
                    .invalidInput, "The setting \(setting.rawValue) cannot be '\(value)'.",
                    context: [("setting", setting.rawValue)])
            }
            return .done(
                .set, "\(setting.rawValue) is \(value)", newSetting: (setting.rawValue, value))
        }
        throw TarnError(
            .unsupported,
            "A statement cannot change the setting \(name). Memory, threads and folders are set in tarn.yaml."
        )
    }
}
