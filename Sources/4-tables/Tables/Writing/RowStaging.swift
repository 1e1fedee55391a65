import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Turns the rows of SELECTs into data files of a table, with statistics.
///
/// ```swift
/// try await table.context.engine.withSession { session in
///     try await session.execute("CREATE TEMP TABLE changed AS ...")
///     let staging = RowStaging(table, snapshot)
///     let new = try await staging.stage("SELECT * FROM changed", in: session)
///     var changes = staging
///     changes.folder = "_change_data"
///     changes.extraColumns = [SchemaField("_change_type", .string)]
///     let feed = try await changes.stage("SELECT *, 'insert' AS _change_type FROM changed", in: session)
/// }
/// ```
///
/// The SELECT's columns are matched to the table's by name, whatever their order and case: a column it lacks is null,
/// types that differ are cast. Rows are checked as they are written; a violation leaves nothing behind.
struct RowStaging: Sendable {
    let table: DeltaTable
    /// The table as it will be once the rows are in it.
    ///
    /// A second staging for the same commit takes the `newMetadata` of the first.
    var metadata: TableMetadata
    /// Of the metadata.
    let schema: TableSchema
    /// Where the files go, below the table's folder.
    var folder: StorePath = .root
    /// Columns of the files behind the table's own, which have no statistics.
    ///
    /// The SELECT gives them by the names that they have in the files.
    var extraColumns: [SchemaField] = []
    /// What the files' add actions say; false for rows that only move.
    var dataChange = true
    /// Whether rows are checked against the table's constraints.
    ///
    /// Rows that are copied from the table itself need no second check.
    var checksRows = true
    /// More conditions that the rows must meet, in the table's columns.
    var rowRules: [RowRule] = []
    /// Whether rows may bring values of identity columns, as rows of the table itself do; a null one is counted on.
    ///
    /// Otherwise such a column is counted where the SELECT lacks it, and refused where the SELECT has it, unless the
    /// column allows that.
    var keepsIdentities = true
    /// A file that grows past this is closed and the next begun; the table's property by default.
    var targetFileBytes: Int64

    /// Rows for a table as it is.
    init(_ table: DeltaTable, _ snapshot: DeltaSnapshot) {
        self.init(table, snapshot.metadata, snapshot.schema)
    }

    /// Rows for a table as it will be.
    init(_ table: DeltaTable, _ metadata: TableMetadata, _ schema: TableSchema) {
        self.table = table
        self.metadata = metadata
        self.schema = schema
        targetFileBytes = WriteProperties(metadata.configuration).targetFileBytes
    }

    /// Writes the rows of a SELECT and makes them durable.
    ///
    /// - Parameters:
    ///   - select: Runs in the session, so it may name its temporary tables.
    ///   - parameters: Of the SELECT.
    ///   - columns: The SELECT's columns where the caller knows them, to spare planning it twice; they must then be of
    ///     the table's types or cast to them without loss.
    ///   - session: Runs it.
    /// - Returns: The files; none for no rows.
    /// - Throws: `.schemaMismatch`, `.constraintViolation`, what the engine and the store throw; what was written is
    ///   removed again then.
    func stage(
        _ select: String, _ parameters: [EngineValue] = [], columns: [String]? = nil,
        in session: EngineSession
    ) async throws -> StagedRows {
        let staging = self
        return try await Self.files(of: table, in: folder(of: metadata)) { files in
            try await session.run { connection in
                let shape =
                    try columns.map { SourceShape(names: $0, types: nil) }
                    ?? SourceShape.of(select, parameters, on: connection)
                return (staging, try staging.write(select, parameters, shape, files, on: connection))
            }
        }.1
    }

    /// Columns with names of their own in the files have no folders that tell them: a short random one spreads the
    /// load of stores that go by the beginning of a name.
    private func folder(of metadata: TableMetadata) -> StorePath {
        Self.folder(folder, of: table, metadata.configuration)
    }

    private static func folder(
        _ folder: StorePath, of table: DeltaTable, _ configuration: [String: String]
    ) -> StorePath {
        guard
            ColumnMapping.mode(configuration) != .none
                || configuration["delta.randomizeFilePrefixes"]?.lowercased() == "true"
        else { return folder }
        return (try? folder.appending(String(table.context.random.uuid().prefix(2)))) ?? folder
    }

    /// Plans the source, settles the columns, and writes: one visit to the session's thread.
    ///
    /// - Parameters:
    ///   - source: The rows.
    ///   - session: Runs it.
    ///   - table: Where the files go.
    ///   - configuration: The table's properties, as far as they are known before.
    ///   - staging: Decides, from the rows' columns, what the files' columns are.
    /// - Returns: The staging that was decided on, and the durable files.
    /// - Throws: What `staging` and the engine throw. What was written is removed again if anything fails.
    static func write(
        _ source: WriteSource, in session: EngineSession, of table: DeltaTable,
        _ configuration: [String: String], _ staging: @escaping @Sendable (SourceShape) throws -> RowStaging
    ) async throws -> (RowStaging, StagedRows) {
        try await files(of: table, in: folder(.root, of: table, configuration)) { files in
            try await session.run { connection in
                for statement in source.preparation { _ = try connection.execute(statement, []) }
                let shape = try SourceShape.of(source.sql, source.parameters, on: connection)
                let decided = try staging(shape)
                return (
                    decided, try decided.write(source.sql, source.parameters, shape, files, on: connection)
                )
            }
        }
    }

    /// Lends a prefix for the files' names, makes what `body` wrote durable, and removes it if anything fails.
    private static func files(
        of table: DeltaTable, in folder: StorePath,
        _ body: @escaping @Sendable (StagingFiles) async throws -> (RowStaging, WrittenRows)
    ) async throws -> (RowStaging, StagedRows) {
        let files = StagingFiles(table, folder)
        try await table.store.ensureFolder(folder)
        do {
            let (staging, written) = try await files.flushing { try await body(files) }
            for location in written.empty { try await table.store.delete(try files.path(of: location)) }
            let paths = try written.files.map { file throws(TarnError) in try files.path(of: file.location) }
            try await table.store.makeDurable(paths)
            return (staging, try staging.staged(written, paths))
        } catch {
            await files.removeLeftovers()
            throw error
        }
    }

    private func write(
        _ select: String, _ parameters: [EngineValue], _ shape: SourceShape, _ files: StagingFiles,
        on connection: EngineConnection
    ) throws(TarnError) -> WrittenRows {
        let projection = try RowProjection(self, shape, prefix: files.prefix)
        let physical = try PhysicalColumns(metadata, schema, extraColumns)
        let writer = ParquetWriter(
            folder: table.store.engineLocation(files.folder), columns: physical,
            compression: try WriteProperties(metadata.configuration).compression(),
            targetFileBytes: targetFileBytes, prefix: files.prefix)
        for counter in projection.counters { try counter.begin(on: connection) }
        defer { for counter in projection.counters { counter.end(on: connection) } }
        do {
            let rows = physical.select(from: projection.select(from: select))
            var written = try writer.write(
                gathered(rows, physical), parameters: parameters, on: connection)
            for counter in projection.counters {
                written.lastIdentities[counter.column] = try counter.lastValue(on: connection)
            }
            return written
        } catch { throw RowViolation.named(in: error) }
    }

    /// Brings the rows of each partition together where the table asks for it: the engine then writes each partition's
    /// files one after the other, instead of closing and opening them as rows come.
    private func gathered(_ select: String, _ physical: PhysicalColumns) -> String {
        guard !physical.partitionColumns.isEmpty, AutoUpkeep(metadata.configuration).optimizesWrites else {
            return select
        }
        let columns = physical.partitionColumns.map(quoteIdentifier).joined(separator: ", ")
        return "SELECT * FROM (\(select)) AS __gathered ORDER BY \(columns)"
    }

    private func staged(_ written: WrittenRows, _ paths: [StorePath]) throws(TarnError) -> StagedRows {
        let now = table.context.time.nowMilliseconds()
        let physical = try PhysicalColumns(metadata, schema, [])
        let columns = StatisticsText.columns(
            schema, partitionColumns: metadata.partitionColumns, TableProperties(metadata.configuration)
        ).map { (path: physical.path(of: $0.path), type: $0.type) }
        let files = zip(written.files, paths).map { file, path in
            let bounds = EngineStatistics.bounds(of: file, physical.schema)
            return AddFile(
                rawPath: PathEncoding.encode(path.text),
                partitionValues: physical.partitionColumns.map {
                    (name: $0, value: file.partitionValues[$0] ?? nil)
                },
                byteCount: file.byteCount, modifiedMilliseconds: now, dataChange: dataChange,
                stats: StatisticsText.bytes(rowCount: file.rowCount, columns: columns) { bounds[$0] })
        }
        return StagedRows(
            files: files, rowCount: written.files.reduce(0) { $0 + $1.rowCount },
            byteCount: written.files.reduce(0) { $0 + $1.byteCount },
            newMetadata: metadata(after: written.lastIdentities))
    }

    /// The metadata with identity columns' new marks; `nil` where no value was given out.
    private func metadata(after lastIdentities: [String: Int64]) -> TableMetadata? {
        var schema = schema
        for (name, value) in lastIdentities {
            guard let index = schema.index(of: name), schema.fields[index].identity?.isPastMark(value) == true
            else { continue }
            schema.fields[index].metadata[ColumnRules.identityMarkKey] = .int(value)
        }
        if schema == self.schema { return nil }
        var metadata = metadata
        metadata.schemaString = SchemaCodec.text(schema)
        return metadata
    }
}

extension DeltaTable {
    /// Removes staged files that no commit will name: after a conflict, for example.
    ///
    /// A file that cannot be removed now is left for VACUUM.
    func discard(_ staged: StagedRows) async {
        for file in staged.files {
            guard let path = try? StorePath(file.path) else { continue }
            try? await store.delete(path)
        }
    }
}
