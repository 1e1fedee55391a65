internal import Base
internal import Metastore

/// What a view's online rows cover.
package struct MaterializationRecord: Hashable, Sendable {
    package var view: String
    package var onlineID: UInt32
    /// Rows up to this time are in the online store; microseconds.
    package var end: Int64
    package var sourceTableID: String
    package var sourceVersion: Int64
    /// Entities that the last run wrote or found up to date.
    package var rowCount: Int64
    package var updatedMicroseconds: Int64
}

extension FeatureRows {
    func materialization(_ onlineID: UInt32) throws -> MaterializationRecord? {
        try db.row("SELECT * FROM feature_materializations WHERE online_id = ?", [Int64(onlineID)]).map(
            Self.materialization)
    }

    func materializations() throws -> [MaterializationRecord] {
        try db.rows("SELECT * FROM feature_materializations ORDER BY view").map(
            Self.materialization)
    }

    /// An earlier end does not replace a later one: what was covered stays covered.
    func save(_ record: MaterializationRecord) throws {
        try db.execute(
            """
            INSERT INTO feature_materializations
                (online_id, view, end_us, source_table_id, source_version, row_count, updated_us)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (online_id) DO UPDATE SET view = excluded.view, end_us = CASE WHEN feature_materializations.end_us > excluded.end_us
                    THEN feature_materializations.end_us ELSE excluded.end_us END,
                source_table_id = excluded.source_table_id, source_version = excluded.source_version,
                row_count = excluded.row_count, updated_us = excluded.updated_us
            """,
            [
                Int64(record.onlineID), record.view, record.end, record.sourceTableID, record.sourceVersion,
                record.rowCount, record.updatedMicroseconds,
            ])
    }

    private static func materialization(_ row: MetastoreRow) throws -> MaterializationRecord {
        MaterializationRecord(
            view: try row("view"), onlineID: UInt32(truncatingIfNeeded: try row("online_id") as Int64),
            end: try row("end_us"),
            sourceTableID: try row("source_table_id"), sourceVersion: try row("source_version"),
            rowCount: try row("row_count"),
            updatedMicroseconds: try row("updated_us"))
    }
}
