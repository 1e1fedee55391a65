import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Finds out what table a folder of Parquet files makes.
struct ParquetConversion {
    private let table: DeltaTable
    private let request: ConversionRequest

    init(_ table: DeltaTable, _ request: ConversionRequest) {
        self.table = table
        self.request = request
    }

    func run() async throws -> ConvertedTable {
        let objects = try await dataFiles()
        let folders = try PartitionFolders(objects.map(\.path), declared: request.partitionColumns)
        let locations = objects.map { table.store.engineLocation($0.path) }
        let (request, properties) = (request, TableProperties(request.properties))
        let paths = objects.map(\.path.text)
        let (schema, footers) = try await table.context.engine.onSessionThread { connection in
            var footers = try ParquetFooters.columns(of: locations, on: connection)
            let schema = try ParquetSchemas(footers, locations, paths).merged(
                partitionColumns: folders.columns, on: connection)
            let leaves = StatisticsText.columns(
                schema, partitionColumns: folders.columns.map(\.name), properties)
            try footers.readStatistics(
                of: locations, leaves: request.collectsStatistics ? leaves : [], on: connection)
            return (schema, footers)
        }
        let leaves = StatisticsText.columns(
            schema, partitionColumns: folders.columns.map(\.name), properties)
        var files: [AddFile] = []
        files.reserveCapacity(objects.count)
        for (object, location) in zip(objects, locations) {
            let bounds = footers.bounds[location] ?? [:]
            files.append(
                AddFile(
                    rawPath: PathEncoding.encode(object.path.text),
                    partitionValues: try folders.values(of: object.path), byteCount: object.byteCount,
                    modifiedMilliseconds: object.modifiedMicroseconds / 1000,
                    stats: footers.rowCounts[location].map { count in
                        StatisticsText.bytes(rowCount: count, columns: leaves) { bounds[$0] }
                    }))
        }
        return ConvertedTable(
            schema: schema, partitionColumns: folders.columns.map { schema[$0.name]?.name ?? $0.name },
            files: files, sourceFormat: "parquet")
    }

    /// The files that count, in the order of their paths.
    private func dataFiles() async throws -> [StoredObject] {
        var found: [StoredObject] = []
        for object in try await table.store.listRecursively(.root) where !Self.isHidden(object.path) {
            if !Self.hasParquetName(object.path.name) {
                // Left out in silence it would be rows lost; taken for what it is not, a table that cannot be read.
                let start = try await table.store.get(object.path, range: 0..<4)
                guard start == Array("PAR1".utf8) else {
                    throw TarnError(
                        .invalidInput,
                        """
                        \(object.path) is no Parquet file. Move it out of the folder, or give it a name that \
                        begins with an underscore, and convert again.
                        """,
                        context: [("path", object.path.text)])
                }
            }
            found.append(object)
        }
        if found.isEmpty {
            throw TarnError(
                .notFound, "There is no Parquet file in \(table.name) to make a table of.",
                context: [("table", table.name)])
        }
        return found
    }

    private static func isHidden(_ path: StorePath) -> Bool {
        path.parts.contains { part in
            // A partition column may have a name like this.
            part.hasPrefix(".") || part.hasPrefix("_") && !part.contains("=")
        }
    }

    private static func hasParquetName(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return [".parquet", ".parq", ".pq"].contains { lowered.hasSuffix($0) }
    }
}
