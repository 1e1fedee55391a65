import ArgumentParser
import Engine
import Lakehouse
import Query
import Terminal

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv, parquet
}

/// Rows as an aligned table; cells are DuckDB's text.
struct TableRowWriter: RowWriter {
    private var table = TextTable(columns: [])
    private let maximumWidth: Int?

    /// - Parameter maximumWidth: `nil` for no limit.
    init(maximumWidth: Int?) { self.maximumWidth = maximumWidth }

    mutating func begin(_ columns: [ResultColumn], to out: inout [UInt8]) {
        table = TextTable(
            columns: columns.map { TextColumn($0.name, isNumeric: $0.type.isNumber) },
            maximumWidth: maximumWidth)
    }

    mutating func write(_ chunk: EngineChunk, to out: inout [UInt8]) {
        let columns = chunk.columns
        for row in 0..<chunk.rowCount {
            let line = table.add(columns.map { $0.isNull(row) ? nil : $0.text(row) })
            out.append(contentsOf: line.utf8)
        }
    }

    mutating func end(to out: inout [UInt8]) { out.append(contentsOf: table.finish().utf8) }
}

extension EngineType {
    fileprivate var isNumber: Bool {
        switch self {
        case .int8, .int16, .int32, .int64, .int128, .uint8, .uint16, .uint32, .uint64, .uint128, .float,
            .double,
            .decimal, .bignum:
            true
        default: false
        }
    }
}
