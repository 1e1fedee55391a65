import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Reads a checkpoint's Parquet files through the engine into the pieces that a snapshot is built from.
///
/// Writers differ in which members they give their structures, so the columns that are there are looked at first.
struct CheckpointReader {
    private let table: DeltaTable

    init(_ table: DeltaTable) { self.table = table }

    /// All actions of a checkpoint, those of its sidecars included.
    ///
    /// - Throws: `.corruptMetadata` naming the sidecar that is missing or has another size than the checkpoint says.
    func read(_ checkpoint: LogCheckpoint) async throws -> [ParsedCommit] {
        let top = try await readTop(checkpoint)
        let sidecars = top.flatMap(\.sidecars)
        if sidecars.isEmpty { return top }
        var files: [StorePath] = []
        for sidecar in sidecars { files.append(try await find(sidecar)) }
        return try await top + readParquet(files, checkpoint.version)
    }

    /// The sidecars that a checkpoint names.
    func sidecars(of checkpoint: LogCheckpoint) async throws -> [CheckpointSidecar] {
        guard case .checkpointPart? = checkpoint.files.first?.name else {
            return try await readTop(checkpoint, filesToo: false).flatMap(\.sidecars)
        }
        return []
    }

    private func readTop(_ checkpoint: LogCheckpoint, filesToo: Bool = true) async throws -> [ParsedCommit] {
        let paths = try checkpoint.files.map { file throws(StorageError) in try LogFolder.file(file.fileName)
        }
        let top: [ParsedCommit]
        if checkpoint.isJSON {
            top = try await table.store.mapEach(paths) { index, bytes in
                try CommitFile.parse(
                    bytes, version: checkpoint.version, fileName: checkpoint.files[index].fileName)
            }
        } else {
            top = try await readParquet(paths, checkpoint.version, filesToo: filesToo)
        }
        return top
    }

    private func find(_ sidecar: CheckpointSidecar) async throws -> StorePath {
        let path = try LogFolder.sidecar(sidecar.fileName)
        let found = try await table.store.head(path)
        if let found, found.byteCount == sidecar.byteCount { return path }
        let problem =
            found.map { "has \($0.byteCount) bytes where the checkpoint says \(sidecar.byteCount)" }
            ?? "is missing"
        throw TarnError(
            .corruptMetadata, "The sidecar \(path) of the checkpoint \(problem). Restore it from a copy.",
            context: [("file", "\(path)")])
    }

    private func readParquet(
        _ paths: [StorePath], _ version: Int64, filesToo: Bool = true
    ) async throws -> [ParsedCommit] {
        let source = Self.source(paths.map(table.store.engineLocation))
        let engine = table.context.engine
        let fileName = paths.first?.name ?? ""
        // The few rows of other kinds take a pass of their own, which another core can make meanwhile.
        async let others = engine.onSessionThread { try Self.otherActions(source, version, fileName, $0) }
        guard filesToo else { return try await others }
        let files = try await engine.onSessionThread { connection in
            let shape = try CheckpointShape(source, connection)
            var pieces = CheckpointPieces(version: version, fileName: fileName)
            if let sql = shape.addQuery {
                let rows = try connection.stream(sql, [])
                while let chunk = try rows.nextChunk() { try Self.addFiles(chunk, to: &pieces) }
            }
            if let sql = shape.removeQuery {
                let rows = try connection.stream(sql, [])
                while let chunk = try rows.nextChunk() { try Self.removeFiles(chunk, to: &pieces) }
            }
            return pieces.finish()
        }
        return try await files + others
    }

    private static func source(_ locations: [String]) -> String {
        let list = locations.map { quoteLiteral(ParquetScanSQL.withoutWildcards($0)) }
        return "read_parquet([\(list.joined(separator: ","))], hive_partitioning=false)"
    }

    private static func otherActions(
        _ source: String, _ version: Int64, _ fileName: String, _ connection: EngineConnection
    ) throws -> [ParsedCommit] {
        var pieces = CheckpointPieces(version: version, fileName: fileName)
        if let sql = try CheckpointShape(source, connection).otherQuery {
            let rows = try connection.stream(sql, [])
            while let chunk = try rows.nextChunk() {
                let lines = chunk.column(0)
                for row in 0..<chunk.rowCount { try pieces.action(Array(lines.bytes(row))) }
            }
        }
        return pieces.finish()
    }

    private static func addFiles(_ chunk: EngineChunk, to pieces: inout CheckpointPieces) throws(TarnError) {
        let (path, partitions, size) = (chunk.column(0), chunk.column(1), chunk.column(2))
        let (time, stats, rare) = (chunk.column(3), chunk.column(4), chunk.column(5))
        for row in 0..<chunk.rowCount {
            try pieces.add(
                path: path.bytes(row), partitionValues: text(partitions, row),
                byteCount: whole(size, row) ?? 0, modifiedMilliseconds: whole(time, row),
                stats: text(stats, row), rare: text(rare, row))
        }
    }

    private static func removeFiles(_ chunk: EngineChunk, to pieces: inout CheckpointPieces) throws(TarnError)
    {
        let (path, partitions, size) = (chunk.column(0), chunk.column(1), chunk.column(2))
        let (time, rare) = (chunk.column(3), chunk.column(4))
        for row in 0..<chunk.rowCount {
            try pieces.remove(
                path: path.bytes(row), partitionValues: text(partitions, row), byteCount: whole(size, row),
                deletedMilliseconds: whole(time, row), rare: text(rare, row))
        }
    }

    private static func text(_ column: EngineColumn, _ row: Int) -> UnsafeBufferPointer<UInt8>? {
        column.isNull(row) ? nil : column.bytes(row)
    }

    private static func whole(_ column: EngineColumn, _ row: Int) -> Int64? {
        column.isNull(row) ? nil : column.int64s?[row]
    }
}

/// Which columns a checkpoint has, as the queries that read them.
private struct CheckpointShape {
    private let source: String
    private let columns: [String: [String: EngineType]]

    init(_ source: String, _ connection: EngineConnection) throws(TarnError) {
        self.source = source
        let result = try connection.execute("SELECT * FROM \(source) LIMIT 0", [])
        defer { result.close() }
        var columns: [String: [String: EngineType]] = [:]
        for (name, type) in zip(result.columnNames, result.columnTypes) {
            guard case .structure(let members) = type else { continue }
            columns[name] = Dictionary(
                members.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        }
        self.columns = columns
        if columns["add"] == nil && columns["remove"] == nil && columns["metaData"] == nil {
            throw TarnError(
                .corruptMetadata,
                "The file is no checkpoint: it has no column add, none remove and no metaData.")
        }
    }

    private func has(_ column: String, _ member: String) -> Bool { columns[column]?[member] != nil }

    private func member(_ column: String, _ member: String, as type: String) -> String {
        has(column, member)
            ? "CAST(\(column).\(quoteIdentifier(member)) AS \(type))" : "CAST(NULL AS \(type))"
    }

    /// A map as a JSON object.
    private func partitionValues(_ column: String) -> String {
        has(column, "partitionValues")
            ? "CAST(to_json(\(column).partitionValues) AS VARCHAR)" : "NULL::VARCHAR"
    }

    /// The members that few files have, as a JSON object without nulls; NULL where there is none.
    private func rare(_ column: String) -> String {
        let names = ["tags", "deletionVector", "baseRowId", "defaultRowCommitVersion", "clusteringProvider"]
            .filter { has(column, $0) }
        if names.isEmpty { return "NULL::VARCHAR" }
        let isThere = names.map { "\(column).\($0) IS NOT NULL" }.joined(separator: " OR ")
        let members = names.map { "\($0) := \(column).\($0)" }.joined(separator: ", ")
        return """
            CASE WHEN \(isThere) THEN \
            CAST(json_merge_patch('{}'::JSON, to_json(struct_pack(\(members)))) AS VARCHAR) END
            """
    }

    private var stats: String {
        let text = member("add", "stats", as: "VARCHAR")
        if !has("add", "stats_parsed") { return text }
        let parsed = "CAST(to_json(add.stats_parsed) AS VARCHAR)"
        return has("add", "stats") ? "COALESCE(\(text), \(parsed))" : parsed
    }

    var addQuery: String? {
        guard columns["add"] != nil else { return nil }
        return """
            SELECT add.path, \(partitionValues("add")), \(member("add", "size", as: "BIGINT")), \
            \(member("add", "modificationTime", as: "BIGINT")), \(stats), \(rare("add")) \
            FROM \(source) WHERE add.path IS NOT NULL
            """
    }

    var removeQuery: String? {
        guard columns["remove"] != nil else { return nil }
        return """
            SELECT remove.path, \(partitionValues("remove")), \(member("remove", "size", as: "BIGINT")), \
            \(member("remove", "deletionTimestamp", as: "BIGINT")), \(rare("remove")) \
            FROM \(source) WHERE remove.path IS NOT NULL
            """
    }

    /// The lines of a commit for all other kinds of action.
    ///
    /// A member of the name tells an action from an empty structure. Each kind is asked for by itself: then the engine
    /// knows from the files' own statistics where there are none, and stops when it has the one that there can be.
    var otherQuery: String? {
        let kinds = [
            ("protocol", "minReaderVersion", true), ("metaData", "id", true), ("txn", "appId", false),
            ("domainMetadata", "domain", false), ("sidecar", "path", false),
        ].filter { has($0.0, $0.1) }
        if kinds.isEmpty { return nil }
        let queries = kinds.map { kind, member, isOne in
            let name = quoteIdentifier(kind)
            let json = "json_merge_patch('{}'::JSON, to_json(struct_pack(\(name) := \(name))))"
            return """
                (SELECT CAST(\(json) AS VARCHAR) FROM \(source) \
                WHERE \(name).\(quoteIdentifier(member)) IS NOT NULL\(isOne ? " LIMIT 1" : ""))
                """
        }
        return queries.joined(separator: " UNION ALL ")
    }
}
