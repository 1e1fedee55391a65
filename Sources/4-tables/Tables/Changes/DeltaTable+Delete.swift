import Base
import DeltaLake
import TableModel

extension DeltaTable {
    /// Deletes the rows that meet a condition.
    ///
    /// - Parameters:
    ///   - condition: `nil` is every row.
    ///   - options: How it is recorded.
    /// - Returns: The version without the rows; metrics `numDeletedRows`, `numCopiedRows`, `numRemovedFiles`,
    ///   `numAddedFiles`. The version that was there if no row met the condition.
    /// - Throws: `.failedPrecondition` on an append-only table, the engine's error for a condition that is no such,
    ///   `.conflict`.
    @discardableResult
    package func delete(
        where condition: RowCondition?, _ options: ChangeOptions = ChangeOptions()
    ) async throws -> CommitResult {
        guard let condition else { return try await removeAll("DELETE", options) }
        return try await change("DELETE", options, parameters: condition.parameters) { run in
            let target = try await TargetRows.open(run, matching: condition.filter)
            let alias = quoteIdentifier(condition.targetAlias ?? "__target")
            try await run.keep(
                """
                SELECT \(alias).__file_index AS f, \(alias).__file_row AS r FROM \(target.relation.sql) \
                AS \(alias) WHERE (\(condition.sql))
                """, as: MarkedRows.name)
            let marked = try await MarkedRows.count(run, target)
            var write = try await run.replacing(marked, in: target, with: [])
            write.reads = ReadScope(filters: [condition.filter])
            write.metrics = metrics([
                "numDeletedRows": marked.rowCount, "numCopiedRows": marked.keptRowCount,
                "numRemovedFiles": Int64(write.removed.count), "numAddedFiles": Int64(write.addedFileCount),
                "numAddedBytes": write.addedByteCount,
            ])
            _ = condition.resources
            return write
        }
    }

    /// Deletes every row, without looking at any.
    @discardableResult
    package func truncate(_ options: ChangeOptions = ChangeOptions()) async throws -> CommitResult {
        try await removeAll("TRUNCATE", options)
    }

    private func removeAll(_ operation: String, _ options: ChangeOptions) async throws -> CommitResult {
        try await change(operation, options) { run in
            var write = ChangeWrite()
            write.removed = run.snapshot.files.all()
            let rows = write.removed.reduce(Int64(0)) { $0 + ($1.liveRowCount ?? 0) }
            write.metrics = metrics([
                "numDeletedRows": rows, "numRemovedFiles": Int64(write.removed.count), "numAddedFiles": 0,
            ])
            return write
        }
    }
}

extension ChangeRun {
    /// Takes rows out of their files and puts others into the table.
    ///
    /// - Parameters:
    ///   - marked: The rows that leave.
    ///   - target: The files that they are in.
    ///   - selects: SELECTs of rows that join, with the columns of the schema.
    ///   - schema: The table's columns after it, where they change.
    /// - Returns: Removed and staged files.
    /// - Throws: What computing and writing the rows throws.
    func replacing(
        _ marked: MarkedRows, in target: TargetRows, with selects: [String], schema: TableSchema? = nil
    ) async throws -> ChangeWrite {
        var write = ChangeWrite()
        var metadata = snapshot.metadata
        if let schema, schema != snapshot.schema {
            metadata.schemaString = SchemaCodec.text(schema)
            write.metadata = metadata
        }
        let schema = schema ?? snapshot.schema
        write.removed = marked.files.map(\.file)
        var parts: [String] = []
        if !marked.partial.isEmpty {
            let columns = schema.fields.map { field -> String in
                let name = quoteIdentifier(field.name)
                return snapshot.schema[field.name].map { "__k.\(quoteIdentifier($0.name)) AS \(name)" }
                    ?? "CAST(NULL AS \(field.type.sqlName)) AS \(name)"
            }.joined(separator: ", ")
            parts.append(
                "SELECT \(columns) FROM \(target.from(files: marked.partial, marked: false, as: "__k"))")
        }
        parts += selects
        if !parts.isEmpty {
            write.staged = [try await stage(parts.joined(separator: " UNION ALL "), metadata, schema)]
        }
        return write
    }
}
