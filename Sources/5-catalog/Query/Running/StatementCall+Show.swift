internal import Base
internal import Catalog
internal import DeltaLake
internal import Engine
internal import TableModel
internal import Tables

extension StatementCall {
    func result(
        _ kind: StatementResult.Kind, _ columns: [(name: String, type: DataType)], _ rows: [[FixedValue]]
    ) -> StatementResult {
        .rows(kind, FixedRows(columns: columns, rows: rows), on: service.engine.trusted)
    }

    func show(_ statement: ShowStatement) async throws -> StatementResult {
        let matches = { (name: String) in statement.pattern.map { LikePattern($0).matches(name) } ?? true }
        switch statement.kind {
        case .catalogs:
            let entries = try await all {
                try await catalog.catalogs(limit: CatalogService.largestPage, after: $0)
            }
            return result(
                .show, [("catalog_name", .string), ("comment", .string)],
                entries.filter { matches($0.name) }.map { [.text($0.name), .text(orNull: $0.comment)] })
        case .schemas:
            let parent = statement.scope?.parts.first ?? context.catalog
            let entries = try await all {
                try await catalog.schemas(in: parent, limit: CatalogService.largestPage, after: $0)
            }
            return result(
                .show, [("catalog_name", .string), ("schema_name", .string), ("comment", .string)],
                entries.filter { matches($0.name) }.map {
                    [.text($0.catalog), .text($0.name), .text(orNull: $0.comment)]
                })
        case .tables:
            let (parent, schema) = context.qualifiedSchema(statement.scope?.parts ?? [])
            if let rows = systemTables(in: schema, catalog: parent) {
                return result(.show, Self.tableColumns, rows.filter { matches($0[2].plainText) })
            }
            let entries = try await all {
                try await catalog.tables(
                    in: schema, catalog: parent, limit: CatalogService.largestPage, after: $0)
            }
            return result(
                .show, Self.tableColumns,
                entries.filter { matches($0.name.name) }.map {
                    [
                        .text($0.name.catalog), .text($0.name.schema), .text($0.name.name),
                        .text($0.kind.rawValue),
                        .text(orNull: $0.comment),
                    ]
                })
        case .columns, .createTable, .tableProperties: return try await showTable(statement)
        }
    }

    private static let tableColumns: [(name: String, type: DataType)] = [
        ("catalog_name", .string), ("schema_name", .string), ("table_name", .string), ("kind", .string),
        ("comment", .string),
    ]

    /// All pages of a list.
    func all<Entry>(_ page: (String?) async throws -> CatalogPage<Entry>) async throws -> [Entry] {
        var entries: [Entry] = []
        var after: String?
        repeat {
            let next = try await page(after)
            entries += next.entries
            after = next.next
        } while after != nil
        return entries
    }

    private func showTable(_ statement: ShowStatement) async throws -> StatementResult {
        guard let name = statement.scope else {
            throw TarnError(.internal, "SHOW lost the name of its table.")
        }
        if statement.kind == .columns, let fields = systemFields(name) {
            return result(.show, [("column_name", .string)], fields.map { [.text($0.name)] })
        }
        let target = try await target(name, reading: true)
        let snapshot = try await target.table.snapshot()
        switch statement.kind {
        case .columns:
            return result(.show, [("column_name", .string)], snapshot.schema.names.map { [.text($0)] })
        case .tableProperties:
            return result(
                .show, [("key", .string), ("value", .string)],
                snapshot.configuration.sorted { $0.key < $1.key }.map { [.text($0.key), .text($0.value)] })
        default:
            return result(
                .show, [("create_table", .string)],
                [
                    [
                        .text(
                            TableDDL.text(
                                name: target.sqlName, try await isGoverned(target) ? nil : target.entry,
                                snapshot))
                    ]
                ])
        }
    }

    func describe(_ name: ObjectName) async throws -> StatementResult {
        if let fields = systemFields(name) { return describe(fields, partitions: []) }
        if name.deltaPath == nil, let entry = try await existing(qualified(name)), entry.kind == .view {
            return result(
                .describe, [("column_name", .string), ("comment", .string)],
                try await service.catalog.columns(of: entry.id).map {
                    [.text($0.name), .text(orNull: $0.comment)]
                })
        }
        let snapshot = try await target(name, reading: true).table.snapshot()
        let partitions = Set(snapshot.partitionColumns.map { $0.lowercased() })
        return describe(snapshot.schema.fields, partitions: partitions)
    }

    private func describe(_ fields: [SchemaField], partitions: Set<String>) -> StatementResult {
        result(
            .describe,
            [
                ("column_name", .string), ("column_type", .string), ("nullable", .boolean),
                ("partition_column", .boolean), ("comment", .string),
            ],
            fields.map { field in
                [
                    .text(field.name), .text(field.type.sqlName), .bool(field.isNullable),
                    .bool(partitions.contains(field.name.lowercased())),
                    .text(orNull: field.metadata["comment"]?.string),
                ]
            })
    }

    func history(_ name: ObjectName, limit: Int?) async throws -> StatementResult {
        let target = try await target(name, reading: true)
        let table = target.table
        // Figures, conditions and what writers noted tell of rows that may be hidden.
        let hides = try await isGoverned(target)
        let text = DataType.map(key: .string, value: .string, valueContainsNull: true)
        return result(
            .describe,
            [
                ("version", .long), ("timestamp", .timestamp), ("operation", .string),
                ("operationParameters", text),
                ("operationMetrics", text), ("readVersion", .long), ("isolationLevel", .string),
                ("isBlindAppend", .boolean), ("userMetadata", .string), ("engineInfo", .string),
            ],
            try await table.history(limit: limit).map { entry in
                [
                    .number(entry.version), .milliseconds(entry.timestampMilliseconds),
                    .text(orNull: entry.info?.operation),
                    hides ? .null : .members(entry.info?.operationParameters ?? [:]),
                    hides ? .null : .members(entry.info?.operationMetrics ?? [:]),
                    entry.info?.readVersion.map(FixedValue.number) ?? .null,
                    .text(orNull: entry.info?.isolationLevel),
                    entry.info?.isBlindAppend.map(FixedValue.bool) ?? .null,
                    .text(orNull: hides ? nil : entry.info?.userMetadata),
                    .text(orNull: entry.info?.engineInfo),
                ]
            })
    }

    func detail(_ name: ObjectName) async throws -> StatementResult {
        let target = try await target(name, reading: true)
        let entry = target.entry
        let hides = try await isGoverned(target)
        let snapshot = try await target.table.snapshot()
        let features =
            (snapshot.tableProtocol.readerFeatures ?? []) + (snapshot.tableProtocol.writerFeatures ?? [])
        let text = DataType.map(key: .string, value: .string, valueContainsNull: true)
        let texts = DataType.array(element: .string, containsNull: true)
        return result(
            .describe,
            [
                ("format", .string), ("id", .string), ("name", .string), ("kind", .string),
                ("description", .string),
                ("location", .string), ("createdAt", .timestamp), ("lastModified", .timestamp),
                ("version", .long),
                ("partitionColumns", texts), ("numFiles", .long), ("sizeInBytes", .long),
                ("properties", text),
                ("minReaderVersion", .integer), ("minWriterVersion", .integer), ("tableFeatures", texts),
            ],
            [
                [
                    .text("delta"), .text(entry?.id ?? snapshot.metadata.id),
                    .text(orNull: entry?.name.description), .text(entry?.kind.rawValue ?? "path"),
                    .text(orNull: entry?.comment ?? snapshot.metadata.description),
                    hides ? .null : .text(entry?.location ?? target.localFolder),
                    .milliseconds(snapshot.metadata.createdMilliseconds),
                    .milliseconds(snapshot.timestampMilliseconds),
                    .number(snapshot.version), .texts(snapshot.partitionColumns),
                    hides ? .null : .number(Int64(snapshot.fileCount)),
                    hides ? .null : .number(snapshot.byteCount),
                    .map(snapshot.configuration.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
                    .number(Int64(snapshot.tableProtocol.minReaderVersion)),
                    .number(Int64(snapshot.tableProtocol.minWriterVersion)),
                    .texts(Array(Set(features)).sorted()),
                ]
            ])
    }
}
