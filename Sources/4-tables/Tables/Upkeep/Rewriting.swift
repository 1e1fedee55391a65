import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Writes the rows of some files into other files, row for row.
struct Rewriting: Sendable {
    let table: DeltaTable
    let snapshot: DeltaSnapshot
    let targetFileBytes: Int64
    /// `nil` keeps the rows in the order of the files.
    var order: ClusterOrder?
    /// What marks the new files.
    var tags: [String: String]?
    var clusteringProvider: String?

    /// Columns in which the files keep row ids and row commit versions that they do not imply; empty where rows are not
    /// tracked.
    private var rowTrackingColumns: [(name: String, source: String)] {
        guard TableFeatures.isActive("rowTracking", snapshot) else { return [] }
        let places = [
            ("delta.rowTracking.materializedRowIdColumnName", "__row_id"),
            ("delta.rowTracking.materializedRowCommitVersionColumnName", "__row_commit_version"),
        ]
        return places.compactMap { property, source in
            snapshot.configuration[property].map { (name: $0, source: source) }
        }
    }

    /// Columns that the files hold: all but the partition columns.
    private var fields: [SchemaField] {
        let partitions = Set(snapshot.partitionColumns.map { $0.lowercased() })
        return snapshot.schema.fields.filter { !partitions.contains($0.name.lowercased()) }
    }

    /// Reads the files of a group and stages their rows.
    ///
    /// - Parameter group: Files of one partition.
    /// - Returns: Durable files with `dataChange` false; none if all rows were deleted.
    /// - Throws: What the engine and the store throw, `.internal` should the rows not be as many as before. Nothing that
    ///   was written is left then.
    func stage(_ group: RewriteGroup) async throws -> StagedRows {
        let tracking = rowTrackingColumns
        let scan = try await table.scan(
            files: group.files, of: snapshot, columns: fields.map(\.name), addsRowIDs: !tracking.isEmpty)
        defer { withExtendedLifetime(scan.resources) {} }
        let relation = scan.sql
        let items =
            fields.map { quoteIdentifier($0.name) }
            + tracking.map { "\($0.source) AS \(quoteIdentifier($0.name))" }
        let select =
            order?.sorted(items, from: relation)
            ?? "SELECT \(items.joined(separator: ", ")) FROM \(relation) AS __rows"
        let preparation = order?.preparation(over: relation, rowCount: group.rowCount)
        let staging = staging(group, tracking.map { SchemaField($0.name, .long) })
        let names = fields.map(\.name) + tracking.map(\.name)
        var staged = try await table.context.engine.withSession { session in
            if let preparation { try await session.execute(preparation) }
            return try await staging.stage(select, columns: names, in: session)
        }
        if let expected = group.rowCount, expected != staged.rowCount {
            await table.discard(staged)
            throw TarnError(
                .internal,
                "Files with \(expected) rows were rewritten, and \(staged.rowCount) rows came out. The table was left as it was."
            )
        }
        for index in staged.files.indices {
            staged.files[index].partitionValues = group.partitionValues
            staged.files[index].tags = tags
            staged.files[index].clusteringProvider = clusteringProvider
        }
        return staged
    }

    /// Rows keep the values that they have: none is computed, counted or filled in anew.
    private static func withoutRules(_ field: SchemaField) -> SchemaField {
        var field = field
        field.metadata = JSONObject(
            field.metadata.members.filter { $0.name.hasPrefix("delta.columnMapping.") }
                .map { ($0.name, $0.value) })
        return field
    }

    /// The files of one partition go to its folder, like those of a table without partitions.
    private func staging(_ group: RewriteGroup, _ tracking: [SchemaField]) -> RowStaging {
        var metadata = snapshot.metadata
        metadata.partitionColumns = []
        var staging = RowStaging(table, metadata, TableSchema(fields.map(Self.withoutRules)))
        staging.extraColumns = tracking
        staging.dataChange = false
        staging.checksRows = false
        staging.targetFileBytes = targetFileBytes
        if !snapshot.partitionColumns.isEmpty, snapshot.columnMapping == .none,
            let path = group.files.first?.path, TablePlace.absolute(path) == nil,
            let path = try? StorePath(path)
        {
            staging.folder = path.parent
        }
        return staging
    }
}

extension DeltaTable {
    /// Sorts of less than this need no engine of their own.
    private static let smallSort: Int64 = 64 << 20
    /// Beyond this much memory a sort goes on on disk.
    private static let sortMemory = "1GB"

    /// Runs `body` with this table over an engine of its own, whose memory is bounded: a sort of a whole table would
    /// otherwise push everything else out of the house's engine.
    ///
    /// Small work, and a house that may not spill to disk, stay with the house's engine.
    func withSortingEngine<T: Sendable>(
        byteCount: Int64, _ body: @Sendable (DeltaTable) async throws -> T
    ) async throws -> T {
        guard byteCount >= Self.smallSort, let house = try await houseEngine() else {
            return try await body(self)
        }
        let folder = "sort-\(context.random.uuid())"
        let spill = LocalStore(root: house.spillFolder)
        try await spill.ensureFolder(try StorePath(folder))
        let engine = try Engine(
            settings: EngineSettings(
                memoryLimit: Self.sortMemory, threads: house.threads,
                spillFolder: house.spillFolder + "/" + folder, connections: 2))
        var own = context
        own.engine = engine
        let result: Result<T, any Error>
        do { result = .success(try await body(DeltaTable(store, own, name: name))) } catch {
            result = .failure(error)
        }
        engine.close()
        try? await spill.deleteRecursively(try StorePath(folder))
        return try result.get()
    }

    /// What the house's engine may use; `nil` where it may not spill, or has no more memory than a sort.
    private func houseEngine() async throws -> (spillFolder: String, threads: Int)? {
        let sql = """
            SELECT current_setting('temp_directory')::VARCHAR, current_setting('threads')::BIGINT, \
            current_setting('memory_limit')::VARCHAR
            """
        return try await context.engine.onSessionThread { connection in
            let result = try connection.execute(sql, [])
            guard let chunk = try result.nextChunk(), chunk.rowCount == 1 else { return nil }
            let folder = chunk.column(0).isNull(0) ? "" : chunk.column(0).string(0)
            let memory = chunk.column(2).string(0)
            guard folder.hasPrefix("/"), memory.hasSuffix("GiB") || memory.hasSuffix("TiB") else {
                return nil
            }
            return (folder, Int(chunk.column(1).int64s?[0] ?? 1))
        }
    }
}
