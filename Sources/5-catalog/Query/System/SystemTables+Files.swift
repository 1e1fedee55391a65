internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

/// What the tables' logs know, as tables. Names in a filter spare opening the others.
extension SystemTables {
    /// Calls `body` with each Delta table that the principal may read, one after the other.
    private static func forEach(
        _ scope: SystemScope, _ registry: TableRegistry,
        _ body: (VisibleObject, DeltaTable) async throws -> Void
    ) async throws {
        for object in try await scope.catalog.visibleObjects([.table], where: wanted(scope)) {
            try Task.checkCancellation()
            guard object.canManage || object.privileges.contains(.select), object.detail("format") == "delta",
                let folder = folder(object, scope)
            else { continue }
            do {
                try await body(object, try await registry.table(inLocalFolder: folder, name: object.fullName))
            } catch let error as TarnError where error.code != .cancelled {
                // A table that is damaged, or that was dropped meanwhile, must not hide all others.
                continue
            }
        }
    }

    private static func folder(_ object: VisibleObject, _ scope: SystemScope) -> String? {
        let place = object.securable.location ?? scope.catalog.warehouse + "/" + object.securable.id
        if place.hasPrefix("file://") { return String(place.dropFirst(7)) }
        return place.contains("://") ? nil : place
    }

    static func fileTables(_ registry: TableRegistry) -> [String: SystemTable] {
        [
            "columns": columns(registry), "history": history(registry), "storage": storage(registry),
        ]
    }

    static let columnColumns: [(String, DataType)] =
        names + [
            ("column_name", .string), ("position", .long), ("data_type", .string), ("nullable", .boolean),
            ("partition_column", .boolean), ("comment", .string),
        ]

    private static func columns(_ registry: TableRegistry) -> SystemTable {
        .rows(columnColumns, "columns of the tables that you may see") { scope in
            try await columnRows(scope, registry)
        }
    }

    /// As the catalog remembers them; the log is opened where it does not.
    static func columnRows(_ scope: SystemScope, _ registry: TableRegistry) async throws -> [[EngineValue]] {
        let objects = try await scope.catalog.visibleObjects([.table], where: wanted(scope))
        let known = try await scope.catalog.columns(ofTables: objects.map(\.securable.id))
        var rows: [[EngineValue]] = []
        for object in objects {
            var columns = known[object.securable.id] ?? []
            if columns.isEmpty, let folder = folder(object, scope), object.detail("format") == "delta" {
                do {
                    let table = try await registry.table(inLocalFolder: folder, name: object.fullName)
                    columns = CatalogColumn.columns(of: try await table.snapshot())
                } catch let error as TarnError where error.code != .cancelled {
                    continue
                }
            }
            for column in columns {
                rows.append(
                    names(object) + [
                        .string(column.name), .int64(Int64(column.position)), .string(column.typeText),
                        .boolean(column.isNullable), .boolean(column.partitionIndex != nil),
                        .text(column.comment),
                    ])
            }
        }
        return rows
    }

    private static func history(_ registry: TableRegistry) -> SystemTable {
        .rows(
            names + [
                ("table_id", .string), ("version", .long), ("timestamp", .timestamp), ("operation", .string),
                ("operation_parameters", .string), ("operation_metrics", .string), ("read_version", .long),
                ("user_metadata", .string), ("engine_info", .string),
            ], "commits of the tables that you may read"
        ) { scope in
            var rows: [[EngineValue]] = []
            try await forEach(scope, registry) { object, table in
                let hides = try await scope.catalog.hasPolicies(object.securable)
                for entry in try await table.history() {
                    let info = entry.info
                    // Conditions hold values of rows, and figures count those that a filter may hide.
                    let parameters = object.canManage && !hides ? info?.operationParameters : nil
                    let metrics = object.canManage && !hides ? info?.operationMetrics : nil
                    rows.append(
                        names(object) + [
                            .string(object.securable.id), .int64(entry.version),
                            .instant(entry.timestampMilliseconds * 1000), .text(info?.operation),
                            .text(parameters.map { JSONValue.object($0).jsonText }),
                            .text(metrics.map { JSONValue.object($0).jsonText }),
                            .number(info?.readVersion),
                            .text(object.canManage && !hides ? info?.userMetadata : nil),
                            .text(info?.engineInfo),
                        ])
                }
            }
            return rows
        }
    }

    private static func storage(_ registry: TableRegistry) -> SystemTable {
        .rows(
            names + [
                ("table_id", .string), ("version", .long), ("files", .long), ("bytes", .long),
                ("last_modified", .timestamp),
                ("partition_columns", .array(element: .string, containsNull: true)),
                ("reader_version", .integer), ("writer_version", .integer),
            ], "files and bytes of the newest version of the tables that you may read"
        ) { scope in
            var rows: [[EngineValue]] = []
            try await forEach(scope, registry) { object, table in
                let snapshot = try await table.snapshot()
                // How much there is of what a filter hides is not told.
                let hides = try await scope.catalog.hasPolicies(object.securable)
                rows.append(
                    names(object) + [
                        .string(object.securable.id), .int64(snapshot.version),
                        hides ? .null : .int64(Int64(snapshot.fileCount)),
                        hides ? .null : .int64(snapshot.byteCount),
                        .instant(snapshot.timestampMilliseconds * 1000),
                        .list(snapshot.partitionColumns.map(EngineValue.string)),
                        .int64(Int64(snapshot.tableProtocol.minReaderVersion)),
                        .int64(Int64(snapshot.tableProtocol.minWriterVersion)),
                    ])
            }
            return rows
        }
    }
}
