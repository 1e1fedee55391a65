import Base
import Engine
import TableModel

/// What the footers of Parquet files say: columns, row counts, bounds.
struct ParquetFooters: Sendable {
    /// A column or group of a file, in the order of the footer.
    struct Column: Hashable, Sendable {
        /// Names from the outermost group to this one.
        let path: [String]
        /// `INT32`, `BYTE_ARRAY` and so on; `nil` for a group.
        let physicalType: String?
        let fieldID: Int64?
    }

    /// By location, as it was asked for.
    private(set) var columns: [String: [Column]] = [:]
    private(set) var rowCounts: [String: Int64] = [:]
    private(set) var bounds: [String: [ColumnPath: ColumnBounds]] = [:]

    /// The columns of some files.
    ///
    /// - Parameters:
    ///   - locations: As the engine opens them.
    ///   - connection: Reads the footers.
    /// - Returns: Neither row counts nor bounds yet.
    /// - Throws: The engine's error for a file that is no Parquet file or is not there.
    static func columns(of locations: [String], on connection: EngineConnection) throws(TarnError)
        -> ParquetFooters
    {
        var footers = ParquetFooters()
        for batch in Self.batches(locations) {
            let rows = try connection.stream(
                """
                SELECT file_name, name, type, num_children, field_id FROM parquet_schema([\(Self.list(batch))])
                """)
            var reader = TreeReader()
            while let chunk = try rows.nextChunk() {
                let (files, names, types) = (chunk.column(0), chunk.column(1), chunk.column(2))
                let (children, ids) = (chunk.column(3), chunk.column(4))
                for row in 0..<chunk.rowCount {
                    reader.add(
                        file: files.string(row), name: names.string(row),
                        type: types.isNull(row) ? nil : types.string(row),
                        children: children.isNull(row) ? 0 : children.int64s?[row] ?? 0,
                        fieldID: ids.isNull(row) ? nil : ids.int64s?[row])
                }
            }
            footers.columns.merge(reader.columns) { _, new in new }
        }
        return footers
    }

    /// Adds the row counts, and the bounds of `leaves`, which go by their names in the files.
    mutating func readStatistics(
        of locations: [String], leaves: [(path: ColumnPath, type: DataType)], on connection: EngineConnection
    ) throws(TarnError) {
        let types = Dictionary(
            leaves.map { ($0.path.parts.joined(separator: ", "), $0) },
            uniquingKeysWith: { first, _ in first })
        for batch in Self.batches(locations) {
            try readRowCounts(batch, connection)
            if leaves.isEmpty { continue }
            let rows = try connection.stream(
                """
                SELECT file_name, path_in_schema, type, stats_min_value, stats_max_value, stats_null_count \
                FROM parquet_metadata([\(Self.list(batch))]) ORDER BY file_name
                """)
            var gathered: [String: [ColumnPath: RowGroupBounds]] = [:]
            while let chunk = try rows.nextChunk() {
                let (files, names, physical) = (chunk.column(0), chunk.column(1), chunk.column(2))
                let (low, high, nulls) = (chunk.column(3), chunk.column(4), chunk.column(5))
                for row in 0..<chunk.rowCount {
                    guard let (path, type) = types[names.string(row)] else { continue }
                    // The bounds of 96-bit timestamps are in no agreed order.
                    let isOrdered = !physical.isNull(row) && physical.string(row) != "INT96"
                    gathered[files.string(row), default: [:]][path, default: RowGroupBounds()].add(
                        minimum: isOrdered && !low.isNull(row) ? low.string(row) : nil,
                        maximum: isOrdered && !high.isNull(row) ? high.string(row) : nil,
                        nullCount: nulls.isNull(row) ? nil : nulls.int64s?[row], type)
                }
            }
            for (file, columns) in gathered { bounds[file] = columns.mapValues(\.bounds) }
        }
    }

    private mutating func readRowCounts(_ batch: ArraySlice<String>, _ connection: EngineConnection)
        throws(TarnError)
    {
        let rows = try connection.execute(
            "SELECT file_name, num_rows FROM parquet_file_metadata([\(Self.list(batch))])")
        while let chunk = try rows.nextChunk() {
            for row in 0..<chunk.rowCount {
                rowCounts[chunk.column(0).string(row)] = chunk.column(1).int64s?[row] ?? 0
            }
        }
    }

    /// The text of a statement must stay of a moderate size.
    private static func batches(_ locations: [String]) -> [ArraySlice<String>] {
        stride(from: 0, to: locations.count, by: 1000).map {
            locations[$0..<min($0 + 1000, locations.count)]
        }
    }

    private static func list(_ locations: ArraySlice<String>) -> String {
        locations.map { quoteLiteral(ParquetScanSQL.withoutWildcards($0)) }.joined(separator: ",")
    }
}

/// Gives the footer's list of columns, depth first, its paths back.
private struct TreeReader {
    private(set) var columns: [String: [ParquetFooters.Column]] = [:]
    private var file = ""
    /// Open groups, with the children that are still to come.
    private var open: [(name: String, left: Int64)] = []

    mutating func add(file: String, name: String, type: String?, children: Int64, fieldID: Int64?) {
        if file != self.file || open.isEmpty {
            // The root: its name means nothing.
            self.file = file
            open = [("", children)]
            columns[file] = []
            return
        }
        let path = open.dropFirst().map(\.name) + [name]
        columns[file, default: []].append(
            ParquetFooters.Column(path: path, physicalType: type, fieldID: fieldID))
        open[open.count - 1].left -= 1
        if children > 0 { open.append((name, children)) }
        while let last = open.last, last.left <= 0, open.count > 1 { open.removeLast() }
    }
}

/// The bounds of a column over a file's row groups.
private struct RowGroupBounds {
    private var known = ColumnBounds(nullCount: 0)
    private var hasMinimum = true
    private var hasMaximum = true

    mutating func add(minimum: String?, maximum: String?, nullCount: Int64?, _ type: DataType) {
        if let low = minimum.flatMap({ EngineStatistics.scalar($0, type) }) {
            if known.minimum.map({ low.compared(to: $0) == .less }) ?? true { known.minimum = low }
        } else {
            hasMinimum = false
        }
        if let high = maximum.flatMap({ EngineStatistics.scalar($0, type) }) {
            if known.maximum.map({ high.compared(to: $0) == .greater }) ?? true { known.maximum = high }
        } else {
            hasMaximum = false
        }
        if let nullCount, let sum = known.nullCount {
            known.nullCount = sum + nullCount
        } else {
            known.nullCount = nil
        }
        // A footer does not say whether there was a NaN, which counts as the largest value.
        if type == .float || type == .double { hasMaximum = false }
    }

    var bounds: ColumnBounds {
        ColumnBounds(
            minimum: hasMinimum ? known.minimum : nil, maximum: hasMaximum ? known.maximum : nil,
            nullCount: known.nullCount)
    }
}
