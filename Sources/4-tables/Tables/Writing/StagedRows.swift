import Base
import DeltaLake
import Engine
import ObjectStore
import TableModel

/// Rows that lie in durable files below the table's folder; no commit names them yet.
struct StagedRows: Sendable {
    var files: [AddFile]
    var rowCount: Int64
    var byteCount: Int64
    /// The table's metadata with the new marks of identity columns, which the same commit must carry.
    ///
    /// `nil` where no column was counted on.
    var newMetadata: TableMetadata?

    static let none = StagedRows(files: [], rowCount: 0, byteCount: 0)

    var metrics: JSONObject {
        [
            "numFiles": .string(String(files.count)), "numOutputRows": .string(String(rowCount)),
            "numOutputBytes": .string(String(byteCount)),
        ]
    }

    /// Both together, for a commit that stages several times.
    static func + (a: StagedRows, b: StagedRows) -> StagedRows {
        StagedRows(
            files: a.files + b.files, rowCount: a.rowCount + b.rowCount, byteCount: a.byteCount + b.byteCount,
            newMetadata: b.newMetadata ?? a.newMetadata)
    }
}

/// The columns of some rows as the engine sees them.
struct SourceShape: Sendable {
    let names: [String]
    /// `nil`: each column is of its table column's type already.
    let types: [EngineType]?

    /// Names and types of a SELECT's columns, found by planning it without running it.
    static func of(
        _ select: String, _ parameters: [EngineValue], on connection: EngineConnection
    ) throws(TarnError) -> SourceShape {
        let result = try connection.execute("SELECT * FROM (\(select)) AS __source LIMIT 0", parameters)
        defer { result.close() }
        return SourceShape(names: result.columnNames, types: result.columnTypes)
    }
}
