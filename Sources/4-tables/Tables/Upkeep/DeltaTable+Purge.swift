import Base
import DeltaLake
import Engine
import TableModel

extension DeltaTable {
    /// Writes the files anew that hold deleted rows or dropped columns, so that a vacuum can take those from the disk.
    ///
    /// - Parameters:
    ///   - condition: Only files that may hold such rows are looked at; all by default.
    ///   - options: File size, and what goes into the history.
    /// - Returns: As `optimize`.
    /// - Throws: As `optimize`.
    @discardableResult
    package func purge(
        where condition: RowCondition? = nil, _ options: OptimizeOptions = OptimizeOptions()
    ) async throws -> CommitResult {
        try await naming {
            let base = try await refresh()
            let snapshot = base.snapshot
            try TableFeatures.checkWritable(snapshot)
            let plan = RewritePlan(targetFileBytes: targetFileBytes(options, snapshot), deletedRowShare: 0)
            let files = snapshot.files(matching: condition?.filter)
            let withDropped = try await withDroppedColumns(files, snapshot)
            let groups = files.filter { plan.hasManyDeletedRows($0) || withDropped.contains($0) }
                .map { RewriteGroup(files: [$0]) }
            var work = RewriteWork("REORG", groups, plan, options)
            work.parameters["applyPurge"] = .string("true")
            return try await rewrite(work, on: base)
        }
    }

    /// Files that still have a column which the table lacks; only a table with column mapping can drop one.
    private func withDroppedColumns(
        _ files: [DataFileView], _ snapshot: DeltaSnapshot
    ) async throws -> Set<DataFileView> {
        let mode = snapshot.columnMapping
        if mode == .none || files.isEmpty { return [] }
        let known =
            snapshot.schema.fields.map { $0.physicalName(mode) }
            + snapshot.configuration.filter { $0.key.hasPrefix("delta.rowTracking.materialized") }.map(
                \.value)
        var found: Set<DataFileView> = []
        let batchSize = 1000
        for start in stride(from: 0, to: files.count, by: batchSize) {
            let batch = Array(files[start..<min(files.count, start + batchSize)])
            let locations = try batch.map { file throws(TarnError) in
                quoteLiteral(ParquetScanSQL.withoutWildcards(try location(of: file)))
            }
            // A nested column's path begins with the column's name.
            let names = known.map(quoteLiteral).joined(separator: ", ")
            let sql = """
                SELECT DISTINCT file_name FROM parquet_metadata([\(locations.joined(separator: ","))]) \
                WHERE split_part(path_in_schema, ', ', 1) NOT IN (\(names))
                """
            let named = try await context.engine.onSessionThread { connection in
                let result = try connection.execute(sql, [])
                var named: Set<String> = []
                while let chunk = try result.nextChunk() {
                    for row in 0..<chunk.rowCount { named.insert(chunk.column(0).string(row)) }
                }
                return named
            }
            for file in batch where named.contains(try location(of: file)) { found.insert(file) }
        }
        return found
    }
}
