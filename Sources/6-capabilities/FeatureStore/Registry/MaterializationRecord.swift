internal import Base
internal import GRDB

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
        try Row.fetchOne(
            db, sql: "SELECT * FROM feature_materializations WHERE online_id = ?",
            arguments: [Int64(onlineID)]
        ).map(Self.materialization)
    }

    func materializations() throws -> [MaterializationRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM feature_materializations ORDER BY view").map(
            Self.materialization)
    }

    /// An earlier end does not replace a later one: what was covered stays covered.
    func save(_ record: MaterializationRecord) throws {
        try db.execute(
            sql: """
                INSERT INTO feature_materializations
                    (online_id, view, end_us, source_table_id, source_version, row_count, updated_us)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (online_id) DO UPDATE SET view = excluded.view, end_us = max(end_us, excluded.end_us),
                    source_table_id = excluded.source_table_id, source_version = excluded.source_version,
                    row_count = excluded.row_count, updated_us = excluded.updated_us
                """,
            arguments: [
                Int64(record.onlineID), record.view, record.end, record.sourceTableID, record.sourceVersion,
                record.rowCount, record.updatedMicroseconds,
            ])
    }

    private static func materialization(_ row: Row) -> MaterializationRecord {
        MaterializationRecord(
            view: row["view"], onlineID: UInt32(truncatingIfNeeded: row["online_id"] as Int64),
            end: row["end_us"],
            sourceTableID: row["source_table_id"], sourceVersion: row["source_version"],
            rowCount: row["row_count"],
            updatedMicroseconds: row["updated_us"])
    }
}
