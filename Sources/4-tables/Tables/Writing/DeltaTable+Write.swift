import Base
import DeltaLake
import Engine
package import ObjectStore
import TableModel

extension DeltaTable {
    /// Creates a table, empty or from rows, as its version 0.
    ///
    /// - Parameters:
    ///   - store: Rooted at the table's folder, which need not exist.
    ///   - context: Engine, clock and random numbers.
    ///   - definition: Columns, partition columns, properties.
    ///   - source: Rows to begin with; they also give the schema where the definition has none.
    ///   - name: For messages; the store's URL if `nil`.
    /// - Returns: The open table, and its first commit.
    /// - Throws: `.alreadyExists` if a table is there, `.invalidInput` for a bad schema or property.
    package static func create(
        _ store: any ObjectStore, _ context: TableContext, _ definition: TableDefinition,
        source: WriteSource? = nil, name: String? = nil
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        let table = DeltaTable(store, context, name: name)
        let result = try await table.naming {
            if try await exists(store) {
                throw TarnError(
                    .alreadyExists,
                    "Table \(table.name) exists already: there is a transaction log in its folder.",
                    context: [("table", table.name)])
            }
            return try await table.create(definition, source)
        }
        return (table, result)
    }

    private func create(_ definition: TableDefinition, _ source: WriteSource?) async throws -> CommitResult {
        try TableProperties.check(definition.properties)
        var staged = StagedRows.none
        let metadata: TableMetadata
        let schema: TableSchema
        if let source {
            (metadata, schema, staged) = try await context.engine.withSession { session in
                let (staging, staged) = try await RowStaging.write(source, in: session, of: self) { shape in
                    let schema = try definition.schema ?? RowProjection.schema(of: shape)
                    return RowStaging(self, try self.metadata(of: definition, schema), schema)
                }
                return (staging.metadata, staging.schema, staged)
            }
        } else {
            schema = definition.schema ?? TableSchema()
            metadata = try self.metadata(of: definition, schema)
        }
        var info = commitInfo(
            operation: source == nil ? "CREATE TABLE" : "CREATE TABLE AS SELECT", readVersion: nil, staged)
        info.operationParameters = [
            "partitionBy": .string(JSONValue.array(metadata.partitionColumns.map { .string($0) }).jsonText),
            "properties": .string(
                JSONValue.object(
                    JSONObject(
                        metadata.configuration.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
                ).jsonText),
        ]
        if let comment = definition.comment { info.operationParameters["description"] = .string(comment) }
        var builder = CommitBuilder(
            info: info, tableProtocol: try TableFeatures.protocolForNewTable(schema, definition.properties),
            metadata: metadata)
        for file in staged.files { builder.add(file) }
        return try await commit(PreparedCommit(builder, reads: .wholeTable), on: nil)
    }

    private func metadata(
        of definition: TableDefinition, _ schema: TableSchema
    ) throws(TarnError) -> TableMetadata {
        try SchemaRules.check(schema, partitionColumns: definition.partitionColumns)
        return TableMetadata(
            id: context.random.uuid(), name: definition.name, description: definition.comment,
            schemaString: SchemaCodec.text(schema),
            partitionColumns: Self.spelled(definition.partitionColumns, schema),
            configuration: TableFeatures.storedProperties(definition.properties),
            createdMilliseconds: context.time.nowMilliseconds())
    }

    /// Writes rows as the table's next version.
    ///
    /// - Returns: The version; for no rows at all also a version, with no files, as other engines do.
    /// - Throws: `.schemaMismatch` where the rows do not fit, the engine's error where they cannot be computed,
    ///   `.conflict` where another writer's commit makes the write impossible. The table is as before then.
    @discardableResult
    package func write(_ source: WriteSource, _ options: WriteOptions = WriteOptions()) async throws
        -> CommitResult
    {
        try await naming {
            let base = try await refresh()
            if let wanted = options.transaction, let had = base.snapshot.transactions[wanted.appID],
                had.version >= wanted.version
            {
                return .alreadyCommitted(base.snapshot.version)
            }
            try TableFeatures.checkWritable(base.snapshot)
            if options.mode == .overwrite { try checkMayRemove(base.snapshot) }
            let (metadata, staged) = try await stage(source, options, base.snapshot)
            return try await commit(prepare(staged, options, metadata, base.snapshot), on: base)
        }
    }

    private func stage(
        _ source: WriteSource, _ options: WriteOptions, _ snapshot: DeltaSnapshot
    ) async throws -> (TableMetadata?, StagedRows) {
        try await context.engine.withSession { session in
            let (staging, staged) = try await RowStaging.write(source, in: session, of: self) { shape in
                let schema = try Self.schema(for: shape, options, snapshot)
                var metadata = snapshot.metadata
                if schema != snapshot.schema { metadata.schemaString = SchemaCodec.text(schema) }
                return RowStaging(self, metadata, schema)
            }
            return (staging.schema == snapshot.schema ? nil : staging.metadata, staged)
        }
    }

    /// The table's columns once the rows are in it.
    private static func schema(
        for shape: SourceShape, _ options: WriteOptions, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> TableSchema {
        switch options.schemaMode {
        case .enforce: return snapshot.schema
        case .merge:
            return try SchemaAlignment(
                RowProjection.schema(of: shape), to: snapshot.schema, mode: .merge
            ).schema
        case .replace:
            let incoming = try RowProjection.schema(of: shape)
            guard options.mode == .overwrite else {
                throw TarnError(
                    .invalidInput, "The schema can be replaced only together with all rows (overwrite).")
            }
            try SchemaRules.check(incoming, partitionColumns: snapshot.partitionColumns)
            return incoming
        }
    }

    private func prepare(
        _ staged: StagedRows, _ options: WriteOptions, _ metadata: TableMetadata?, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> PreparedCommit {
        var info = commitInfo(operation: options.operation, readVersion: snapshot.version, staged)
        info.userMetadata = options.userMetadata
        info.operationParameters = options.operationParameters
        info.operationParameters["mode"] = .string(options.mode == .append ? "Append" : "Overwrite")
        if info.operationParameters["partitionBy"] == nil {
            info.operationParameters["partitionBy"] = .string(
                JSONValue.array(snapshot.partitionColumns.map { .string($0) }).jsonText)
        }
        let isBlind = options.mode == .append && metadata == nil
        info.isBlindAppend = isBlind
        var builder = CommitBuilder(info: info, metadata: metadata)
        if let metadata {
            builder.tableProtocol = try TableFeatures.protocolUpgrade(
                snapshot.tableProtocol, for: SchemaCodec.parse(metadata.schemaString), metadata.configuration,
                from: snapshot)
        }
        if let transaction = options.transaction { builder.record(transaction) }
        for file in staged.files { builder.add(file) }
        if options.mode == .overwrite {
            let now = context.time.nowMilliseconds()
            for file in snapshot.files.all() { builder.remove(file.removeFile(atMilliseconds: now)) }
            builder.info?.operationMetrics["numRemovedFiles"] = .string(String(snapshot.fileCount))
        }
        return PreparedCommit(builder, reads: isBlind ? .nothing : .wholeTable)
    }

    func checkMayRemove(_ snapshot: DeltaSnapshot) throws(TarnError) {
        guard TableFeatures.isAppendOnly(snapshot) else { return }
        throw TarnError(
            .failedPrecondition,
            "Rows can only be added: the table property delta.appendOnly is true. Set it to false to overwrite.",
            context: [("property", "delta.appendOnly")])
    }

    func commitInfo(operation: String, readVersion: Int64?, _ staged: StagedRows) -> CommitInfo {
        CommitInfo(
            timestampMilliseconds: context.time.nowMilliseconds(), operation: operation,
            operationMetrics: staged.metrics, engineInfo: context.engineInfo, readVersion: readVersion,
            isolationLevel: "WriteSerializable", isBlindAppend: readVersion == nil,
            transactionID: context.random.uuid())
    }

    /// The columns' names as the schema writes them.
    private static func spelled(_ names: [String], _ schema: TableSchema) -> [String] {
        names.map { schema[$0]?.name ?? $0 }
    }
}

extension CommitResult {
    static func alreadyCommitted(_ version: Int64) -> CommitResult {
        CommitResult(version: version, metrics: [:], retryCount: 0, wasAlreadyCommitted: true)
    }
}
