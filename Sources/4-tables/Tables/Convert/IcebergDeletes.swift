import Base
import DeltaLake
import Engine
import Iceberg
import ObjectStore
import TableModel

/// Which rows of its data files an Iceberg table's position deletes and deletion vectors take away.
///
/// Iceberg specification, "Position Delete Files" and "Deletion Vectors".
struct IcebergDeletes {
    private let table: DeltaTable
    private let paths: IcebergPaths

    init(_ table: DeltaTable, _ paths: IcebergPaths) {
        self.table = table
        self.paths = paths
    }

    /// - Parameters:
    ///   - data: The live data files.
    ///   - deletes: Position deletes and deletion vectors.
    /// - Returns: The deleted rows of each data file.
    /// - Throws: `.corruptMetadata` for a vector whose checksum or size is wrong, the engine's or the store's error
    ///   for a delete file that is missing: rows must never come back because a file could not be read.
    func rows(of data: [ManifestFile], _ deletes: [ManifestFile]) async throws -> [RowBitmap] {
        var rows = [RowBitmap](repeating: RowBitmap(), count: data.count)
        if deletes.isEmpty { return rows }
        let places = Dictionary(
            data.enumerated().map { ($0.element.path, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for file in deletes {
            if file.format == "PUFFIN" {
                guard let target = file.referencedDataFile, let place = places[target] else { continue }
                rows[place].formUnion(try await vector(file))
                continue
            }
            for (target, deleted) in try await positions(file) {
                // A delete is older than a file that was written after it, even where a path came back.
                guard let place = places[target], data[place].sequenceNumber <= file.sequenceNumber else {
                    continue
                }
                rows[place].formUnion(deleted)
            }
        }
        return rows
    }

    private func vector(_ file: ManifestFile) async throws -> RowBitmap {
        let path = try paths.path(of: file.path)
        guard let offset = file.contentOffset, let size = file.contentByteCount, offset >= 0, size >= 12,
            size <= 1 << 31
        else {
            throw TarnError(
                .corruptMetadata, "The deletion vector in \(path) has no place in its file.",
                context: [("path", path.text)])
        }
        let bytes = try await table.store.get(path, range: offset..<(offset + size))
        // Length, bitmap and checksum are framed as in Delta's own files.
        return try DeletionVector.rows(
            framed: bytes[...],
            DeletionVectorDescriptor(
                storageType: "p", pathOrInlineDv: path.text, offset: offset, sizeInBytes: size - 8,
                cardinality: file.recordCount))
    }

    /// The rows by the path of their data file, as the manifest spells it.
    private func positions(_ file: ManifestFile) async throws -> [String: RowBitmap] {
        let location = table.store.engineLocation(try paths.path(of: file.path))
        return try await table.context.engine.onSessionThread { connection in
            var found: [String: [UInt64]] = [:]
            let result = try connection.stream(
                """
                SELECT file_path, pos FROM read_parquet(\
                \(quoteLiteral(ParquetScanSQL.withoutWildcards(location))), hive_partitioning=false) \
                WHERE pos >= 0
                """)
            while let chunk = try result.nextChunk() {
                let (targets, positions) = (chunk.column(0), chunk.column(1))
                for row in 0..<chunk.rowCount {
                    found[targets.string(row), default: []].append(UInt64(positions.int64s?[row] ?? 0))
                }
            }
            return found.mapValues { RowBitmap($0) }
        }
    }
}
