import Base
import DeltaLake
import Engine
package import ObjectStore
import Iceberg
import TableModel

extension DeltaTable {
    /// Makes a Delta table of the newest snapshot of an Iceberg table, in place: the data files stay as they are.
    ///
    /// Columns keep their field ids (column mapping, by id; by name where the files have no ids). Columns that every
    /// live file is partitioned by with the transform `identity` become partition columns; other transforms only help
    /// to find files, and the files' bounds do that in Delta. Position deletes and deletion vectors become deletion
    /// vectors. The Iceberg table stays beside, and knows nothing of later writes.
    ///
    /// - Parameters:
    ///   - store: Rooted at the table's folder, the one that holds `metadata`.
    ///   - context: Engine, clock and random numbers.
    ///   - request: Statistics and properties; partition columns are Iceberg's own.
    ///   - name: For messages; the store's URL if `nil`.
    /// - Returns: The open table, and its first commit.
    /// - Throws: `.unsupported` naming what a Delta table cannot say: equality deletes, files of ORC or Avro, a type,
    ///   a default value that old files lack; `.corruptMetadata` naming a damaged file; `.notFound` for no Iceberg
    ///   table.
    package static func convert(
        icebergTable store: any ObjectStore, _ context: TableContext,
        _ request: ConversionRequest = ConversionRequest(), name: String? = nil
    ) async throws -> (table: DeltaTable, result: CommitResult) {
        try await convert(store, context, request, name) { table in
            try await IcebergConversion(table, request).run()
        }
    }
}

/// Finds out what Delta table an Iceberg table makes.
struct IcebergConversion {
    private let table: DeltaTable
    private let request: ConversionRequest

    init(_ table: DeltaTable, _ request: ConversionRequest) {
        self.table = table
        self.request = request
    }

    func run() async throws -> ConvertedTable {
        let metadata = try await newestMetadata()
        let paths = IcebergPaths(table, location: metadata.location)
        let files = try await IcebergFileList(table, metadata, paths).live()
        try Self.checkFormats(files)
        let data = files.filter { $0.content == .data }
        let objects = try data.map { file throws(TarnError) in try paths.path(of: file.path) }
        let locations = objects.map { table.store.engineLocation($0) }
        let footers = try await table.context.engine.onSessionThread { connection in
            try ParquetFooters.columns(of: locations, on: connection)
        }
        let columns = try IcebergColumns(metadata, data, locations.map { footers.columns[$0] ?? [] })
        let deletes = try await IcebergDeletes(table, paths).rows(
            of: data, files.filter { $0.content != .data })
        var result = ConvertedTable(
            schema: columns.schema, partitionColumns: columns.partitionColumns.map(\.name),
            properties: columns.properties, files: [], sourceFormat: "iceberg", features: columns.features)
        result.files = try await addFiles(data, objects, columns, deletes)
        if result.files.contains(where: { $0.deletionVector != nil }) {
            result.features.insert("deletionVectors")
        }
        return result
    }

    private func newestMetadata() async throws -> IcebergMetadata {
        let names = try await table.store.list("metadata").map(\.path.name)
        guard let newest = IcebergMetadata.newestFile(names) else {
            throw TarnError(
                .notFound,
                "There is no Iceberg table in \(table.name): its folder has no metadata/*.metadata.json.",
                context: [("table", table.name)])
        }
        let bytes = try await table.store.get(try StorePath("metadata/\(newest)"))
        return try IcebergMetadata(bytes, name: "metadata/\(newest)")
    }

    private static func checkFormats(_ files: [ManifestFile]) throws(TarnError) {
        for file in files {
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            if file.content == .equalityDeletes {
                throw TarnError(
                    .unsupported,
                    """
                    The Iceberg table has equality deletes (\(name)), which a Delta table cannot have. Compact it \
                    with its own engine first.
                    """,
                    context: [("path", name), ("feature", "equality deletes")])
            }
            if file.format == "PARQUET" || file.format == "PUFFIN" && file.content != .data { continue }
            throw TarnError(
                .unsupported,
                """
                The file \(name) of the Iceberg table is in the format \(file.format); a Delta table's files are \
                Parquet. Rewrite the table's files with its own engine first.
                """,
                context: [("path", name), ("format", file.format)])
        }
    }

    private func addFiles(
        _ data: [ManifestFile], _ objects: [StorePath], _ columns: IcebergColumns, _ deletes: [RowBitmap]
    ) async throws -> [AddFile] {
        // A file whose rows are all deleted has nothing to give.
        let kept = data.indices.filter {
            Int64(deletes[$0].count) < data[$0].recordCount || data[$0].recordCount == 0
        }
        let marked = kept.filter { !deletes[$0].isEmpty }
        let descriptors = try await table.writeDeletionVectors(marked.map { deletes[$0] })
        let vectors = Dictionary(zip(marked, descriptors), uniquingKeysWith: { first, _ in first })
        let statistics = IcebergStatistics(
            columns, TableProperties(request.properties), request.collectsStatistics)
        let now = table.context.time.nowMilliseconds()
        var files: [AddFile] = []
        files.reserveCapacity(kept.count)
        for index in kept {
            // The manifest's size may be wrong in old tables, and a missing file must be noticed now.
            guard let found = try await table.store.head(objects[index]) else {
                throw TarnError(
                    .corruptMetadata,
                    "The data file \(objects[index]) of the Iceberg table is missing. Restore it, and convert again.",
                    context: [("path", objects[index].text)])
            }
            files.append(
                AddFile(
                    rawPath: PathEncoding.encode(objects[index].text),
                    partitionValues: try columns.partitionValues(of: data[index]),
                    byteCount: found.byteCount,
                    modifiedMilliseconds: min(now, found.modifiedMicroseconds / 1000),
                    stats: statistics.bytes(of: data[index], hasDeletes: vectors[index] != nil),
                    deletionVector: vectors[index]))
        }
        return files
    }
}
