import Base
import DeltaLake
import Iceberg
import TableModel

/// The log's statistics of a file from the counts and bounds of an Iceberg manifest.
struct IcebergStatistics {
    private let columns: [(path: ColumnPath, type: DataType)]
    private let ids: [ColumnPath: Int]
    private let collects: Bool

    init(_ columns: IcebergColumns, _ properties: TableProperties, _ collects: Bool) {
        self.columns = StatisticsText.columns(
            columns.physicalSchema, partitionColumns: columns.partitionColumns.map(\.physicalName), properties
        )
        ids = columns.ids
        self.collects = collects
    }

    func bytes(of file: ManifestFile, hasDeletes: Bool) -> [UInt8] {
        let bytes = StatisticsText.bytes(rowCount: file.recordCount, columns: collects ? columns : []) {
            path in
            guard let id = ids[path], let type = columns.first(where: { $0.path == path })?.type else {
                return nil
            }
            var known = ColumnBounds(nullCount: file.nullCounts[id])
            known.minimum = file.lowerBounds[id].flatMap { IcebergValue.scalar($0, type) }
            known.maximum = file.upperBounds[id].flatMap { IcebergValue.scalar($0, type) }
            // Bounds leave NaN out, and it counts as the largest value.
            if type == .float || type == .double, file.nanCounts[id] != 0 { known.maximum = nil }
            return known
        }
        if !hasDeletes { return bytes }
        // Delta protocol, "Per-file Statistics": bounds that deleted rows may have given are wide.
        return bytes.dropLast() + Array(#","tightBounds":false}"#.utf8)
    }
}
