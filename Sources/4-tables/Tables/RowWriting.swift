import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Rows that lie in durable files below the table's folder; no commit names them yet.
struct StagedRows: Sendable {
    let files: [AddFile]
    let rowCount: Int64
    let byteCount: Int64

    static let none = StagedRows(files: [], rowCount: 0, byteCount: 0)

    var metrics: JSONObject {
        [
            "numFiles": .string(String(files.count)), "numOutputRows": .string(String(rowCount)),
            "numOutputBytes": .string(String(byteCount)),
        ]
    }
}

/// The columns of some rows as the engine sees them.
struct SourceShape: Sendable {
    let names: [String]
    let types: [EngineType]
}

/// Turns rows into data files with statistics.
struct RowStaging {
    let table: DeltaTable
    let alignment: SchemaAlignment
    let partitionColumns: [String]
    let configuration: [String: String]

    private var schema: TableSchema { alignment.schema }

    /// Names and types of the source's columns, found by planning it without running it.
    static func shape(of source: WriteSource, on connection: EngineConnection) throws(TarnError)
        -> SourceShape
    {
        for statement in source.preparation { _ = try connection.execute(statement, []) }
        let result = try connection.execute(
            "SELECT * FROM (\(source.sql)) AS __source LIMIT 0", source.parameters)
        defer { result.close() }
        return SourceShape(names: result.columnNames, types: result.columnTypes)
    }

    /// Plans the source, settles the columns, and writes: one visit to the session's thread.
    ///
    /// - Parameters:
    ///   - source: The rows.
    ///   - session: Runs it.
    ///   - table: Where the files go.
    ///   - staging: Decides, from the rows' columns, what the files' columns are.
    /// - Returns: The durable files with their statistics, and the staging that was decided on.
    /// - Throws: What `staging` and the engine throw. What was written is removed again if anything fails.
    static func write(
        _ source: WriteSource, in session: EngineSession, of table: DeltaTable,
        _ staging: @escaping @Sendable (SourceShape) throws -> RowStaging
    ) async throws -> (RowStaging, StagedRows) {
        try await table.store.ensureFolder(.root)
        let prefix = "part-\(table.context.random.uuid().prefix(8))"
        do {
            let (decided, files, empty) = try await flushing(prefix, of: table) {
                try await session.run { connection in
                    let shape = try shape(of: source, on: connection)
                    let decided = try staging(shape)
                    let (files, empty) = try decided.write(source, shape, prefix, on: connection)
                    return (decided, files, empty)
                }
            }
            for location in empty { try await table.store.delete(try decided.path(of: location)) }
            try decided.checkRequired(files)
            let paths = try files.map { file throws(TarnError) in try decided.path(of: file.location) }
            try await table.store.makeDurable(paths)
            return (decided, decided.stage(files, paths))
        } catch {
            await removeLeftovers(prefix: prefix, of: table)
            throw error
        }
    }

    /// Sends what lies in the files so far to the disk while a long write goes on, so that little is left at its end.
    ///
    /// Only speed depends on it: the files are made durable once more when they are whole.
    private static func flushing<T: Sendable>(
        _ prefix: String, of table: DeltaTable, during body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        let flusher = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(1))
                let written = try await table.store.list(.root).map(\.path).filter {
                    $0.name.hasPrefix(prefix)
                }
                try await table.store.makeDurable(written)
            }
        }
        defer { flusher.cancel() }
        return try await body()
    }

    private func write(
        _ source: WriteSource, _ shape: SourceShape, _ prefix: String, on connection: EngineConnection
    ) throws(TarnError) -> (files: [WrittenFile], empty: [String]) {
        let writer = ParquetWriter(
            folder: table.store.engineLocation(.root), schema: schema, partitionColumns: partitionColumns,
            compression: try compression(), targetFileBytes: targetFileBytes, prefix: prefix)
        let select = RowProjection(alignment: alignment).select(from: source.sql, shape)
        return try writer.write(select, parameters: source.parameters, on: connection)
    }

    private func stage(_ written: [WrittenFile], _ paths: [StorePath]) -> StagedRows {
        let now = table.context.time.nowMilliseconds()
        let columns = StatisticsText.columns(
            schema, partitionColumns: partitionColumns, TableProperties(configuration))
        let files = zip(written, paths).map { file, path in
            let bounds = EngineStatistics.bounds(of: file, schema)
            return AddFile(
                rawPath: PathEncoding.encode(path.text),
                partitionValues: partitionColumns.map { (name: $0, value: file.partitionValues[$0] ?? nil) },
                byteCount: file.byteCount, modifiedMilliseconds: now,
                stats: StatisticsText.bytes(rowCount: file.rowCount, columns: columns) { bounds[$0] })
        }
        return StagedRows(
            files: files, rowCount: written.reduce(0) { $0 + $1.rowCount },
            byteCount: written.reduce(0) { $0 + $1.byteCount })
    }

    private func checkRequired(_ files: [WrittenFile]) throws(TarnError) {
        for field in schema.fields where !field.isNullable && !field.type.isNested {
            let isPartition = partitionColumns.contains { $0.lowercased() == field.name.lowercased() }
            let hasNull = files.contains { file in
                if isPartition {
                    return file.partitionValues.contains {
                        $0.key.lowercased() == field.name.lowercased() && $0.value == nil
                    }
                }
                return file.columns.contains { $0.path == [field.name] && ($0.nullCount ?? 0) > 0 }
            }
            if hasNull {
                throw TarnError(
                    .schemaMismatch, RowProjection.nullMessage(field.name) + ".",
                    context: [("column", field.name)])
            }
        }
    }

    /// The engine names files by the location it was given.
    private func path(of location: String) throws(TarnError) -> StorePath {
        let root = table.store.engineLocation(.root)
        var rest = location[...]
        if rest.hasPrefix(root) { rest = rest.dropFirst(root.count) }
        while rest.hasPrefix("/") || rest.hasPrefix("./") { rest = rest.dropFirst() }
        do { return try StorePath(String(rest)) } catch {
            throw error.asTarnError(doing: "name a file that the engine wrote")
        }
    }

    private static func removeLeftovers(prefix: String, of table: DeltaTable) async {
        let found = try? await table.store.listRecursively(.root)
        for object in found ?? [] where object.path.name.hasPrefix(prefix) {
            try? await table.store.delete(object.path)
        }
    }

    private func compression() throws(TarnError) -> String {
        let codec = (configuration["delta.parquet.compression.codec"] ?? "snappy").lowercased()
        switch codec {
        case "snappy", "zstd", "gzip", "brotli", "uncompressed", "lz4_raw": return codec
        case "lz4": return "lz4_raw"
        case "none": return "uncompressed"
        default:
            throw TarnError(
                .invalidInput,
                "The table property delta.parquet.compression.codec is '\(codec)'. Use snappy, zstd, gzip, brotli, lz4 or uncompressed.",
                context: [("property", "delta.parquet.compression.codec")])
        }
    }

    private var targetFileBytes: Int64 {
        configuration["delta.targetFileSize"].flatMap(byteCount) ?? 512 << 20
    }

    /// `134217728`, `128mb` or `1gb`.
    private func byteCount(_ text: String) -> Int64? {
        let lowered = text.lowercased().replacing(" ", with: "")
        for (suffix, factor) in [
            ("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10), ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10),
            ("b", 1),
        ]
        where lowered.hasSuffix(suffix) {
            guard let number = Int64(lowered.dropLast(suffix.count)), number > 0, number < 1 << 32 else {
                return nil
            }
            return number * Int64(factor)
        }
        return Int64(lowered).flatMap { $0 > 0 ? $0 : nil }
    }
}
