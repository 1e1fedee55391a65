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
        var metadata: TableMetadata
        let schema: TableSchema
        if let source {
            (metadata, schema, staged) = try await context.engine.withSession { session in
                let (staging, staged) = try await RowStaging.write(
                    source, in: session, of: self, definition.properties
                ) { shape in
                    let schema = try definition.schema ?? RowProjection.schema(of: shape)
                    let (metadata, mapped) = try self.metadata(of: definition, schema)
                    var staging = RowStaging(self, metadata, mapped)
                    staging.keepsIdentities = false
                    return staging
                }
                return (staged.newMetadata ?? staging.metadata, staging.schema, staged)
            }
        } else {
            (metadata, schema) = try self.metadata(of: definition, definition.schema ?? TableSchema())
            try await checkRules(metadata.configuration, schema)
        }
        let clustering = try Self.clustering(definition.clusteringColumns, metadata, schema)
        var tableProtocol = try TableFeatures.protocolForNewTable(schema, definition.properties)
        if !clustering.isEmpty {
            tableProtocol = TableFeatures.upgraded(tableProtocol, toSupport: [ClusteringColumns.feature])
        }
        var builder = CommitBuilder(
            info: createInfo(definition, metadata, staged, hasRows: source != nil),
            tableProtocol: tableProtocol, metadata: metadata)
        if !clustering.isEmpty { builder.record(ClusteringColumns.domainMetadata(clustering)) }
        for file in staged.files { builder.add(file) }
        return try await commit(PreparedCommit(builder, reads: .wholeTable), on: nil)
    }

    private func createInfo(
        _ definition: TableDefinition, _ metadata: TableMetadata, _ staged: StagedRows, hasRows: Bool
    ) -> CommitInfo {
        var info = commitInfo(
            operation: hasRows ? "CREATE TABLE AS SELECT" : "CREATE TABLE", readVersion: nil, staged)
        let properties = metadata.configuration.sorted { $0.key < $1.key }
        info.operationParameters = [
            "partitionBy": .string(JSONValue.array(metadata.partitionColumns.map { .string($0) }).jsonText),
            "properties": .string(
                JSONValue.object(JSONObject(properties.map { ($0.key, .string($0.value)) })).jsonText),
        ]
        if !definition.clusteringColumns.isEmpty {
            info.operationParameters["clusterBy"] = .string(
                JSONValue.array(
                    definition.clusteringColumns.map { .string($0.parts.joined(separator: ".")) }
                ).jsonText)
        }
        if let comment = definition.comment { info.operationParameters["description"] = .string(comment) }
        return info
    }

    private func metadata(
        of definition: TableDefinition, _ schema: TableSchema
    ) throws(TarnError) -> (metadata: TableMetadata, schema: TableSchema) {
        try completed(
            TableMetadata(
                id: context.random.uuid(), name: definition.name, description: definition.comment,
                schemaString: SchemaCodec.text(schema),
                partitionColumns: Self.spelled(definition.partitionColumns, schema),
                configuration: definition.properties, createdMilliseconds: context.time.nowMilliseconds()),
            schema, from: nil)
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
            if options.sharesCommit, options.isPlainAppend, source.preparation.isEmpty {
                return try await appends.append(source, options, to: self)
            }
            if options.reads != nil { return try await writeOnce(source, options) }
            return try await retryingConflicts { try await writeOnce(source, options) }
        }
    }

    /// One run of a write: a conflict leaves nothing of it behind.
    func writeOnce(_ source: WriteSource, _ options: WriteOptions) async throws -> CommitResult {
        let base = try await base(for: options)
        if let wanted = options.transaction, let had = base.snapshot.transactions[wanted.appID],
            had.version >= wanted.version
        {
            return .alreadyCommitted(base.snapshot.version)
        }
        try TableFeatures.checkWritable(base.snapshot)
        if options.mode == .overwrite { try checkMayRemove(base.snapshot) }
        let (metadata, staged) = try await stage(source, options, base.snapshot)
        do {
            return try await commit(prepare(staged, options, metadata, base.snapshot), on: base)
        } catch let error as TarnError where error.code == .conflict {
            await discard(staged)
            throw error
        }
    }

    /// The newest version, or the one that the rows were computed from: what came after it is checked on the way.
    private func base(for options: WriteOptions) async throws -> LoadedTable {
        let newest = try await refresh()
        guard let version = options.reads?.version, version != newest.snapshot.version else { return newest }
        let read = try await snapshot(.version(version))
        let tip = try await store.head(try LogFolder.commit(version))
        return LoadedTable(snapshot: read, commitModifiedMicroseconds: tip?.modifiedMicroseconds ?? 0)
    }

    private func stage(
        _ source: WriteSource, _ options: WriteOptions, _ snapshot: DeltaSnapshot
    ) async throws -> (TableMetadata?, StagedRows) {
        try await context.engine.withSession { session in
            let (staging, staged) = try await RowStaging.write(
                source, in: session, of: self, snapshot.configuration
            ) { shape in
                let wanted = try Self.schema(for: shape, options, snapshot)
                let (metadata, schema) = try self.completed(snapshot.metadata, wanted, from: snapshot)
                var staging = RowStaging(self, metadata, schema)
                staging.keepsIdentities = false
                return staging
            }
            let metadata = staged.newMetadata ?? staging.metadata
            return (metadata == snapshot.metadata ? nil : metadata, staged)
        }
    }

    /// The table's columns once the rows are in it.
    private static func schema(
        for shape: SourceShape, _ options: WriteOptions, _ snapshot: DeltaSnapshot
    ) throws(TarnError) -> TableSchema {
        switch options.schemaMode {
        case .enforce: return snapshot.schema
        case .merge:
            let filled = try WriteRules(snapshot.configuration, snapshot.schema).filled
            let incoming = try RowProjection.schema(of: shape)
            let mayWiden = TableFeatures.isActive("typeWidening", snapshot)
            let schema =
                mayWiden ? try TypeWidening.merged(snapshot.schema, with: incoming) : snapshot.schema
            return try SchemaAlignment(incoming, to: schema, mode: .merge, filled: filled).schema
        case .replace:
            let incoming = try RowProjection.schema(of: shape)
            guard options.mode == .overwrite else {
                throw TarnError(
                    .invalidInput, "The schema can be replaced only together with all rows (overwrite).")
            }
            if snapshot.columnMapping == .none { return incoming }
            return ColumnMapping.carried(from: snapshot.schema, to: incoming)
        }
    }

    /// The commit of staged rows.
    func prepare(
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
        let isBlind = options.mode == .append && metadata == nil && options.reads == nil
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
        if isBlind { return PreparedCommit(builder, reads: .nothing) }
        let isAppend = options.mode == .append && metadata == nil
        let filters = isAppend ? options.reads?.filters : nil
        return PreparedCommit(builder, reads: ReadScope(filters: filters ?? [.always]))
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
