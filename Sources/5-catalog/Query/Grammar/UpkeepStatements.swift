package import TableModel

/// `OPTIMIZE name [FULL] [WHERE condition] [ZORDER BY (columns)]`.
package struct OptimizeStatement: Sendable {
    package var name: ObjectName
    package var isFull = false
    package var condition: Range<Int>?
    package var zOrder: [ColumnPath] = []
}

/// `VACUUM name [RETAIN n HOURS|DAYS] [DRY RUN] [FORCE]`.
package struct VacuumStatement: Sendable {
    package var name: ObjectName
    /// `nil` is the table's own retention.
    package var retention: Duration?
    package var isDryRun = false
    /// Allows a retention shorter than the table's.
    package var isForced = false
}

/// `REORG TABLE name [WHERE condition] APPLY (PURGE)`.
package struct ReorgStatement: Sendable {
    package var name: ObjectName
    package var condition: Range<Int>?
}

/// `RESTORE [TABLE] name TO VERSION|TIMESTAMP AS OF value`.
package struct RestoreStatement: Sendable {
    package var name: ObjectName
    package var travel: TravelClause
}

/// `CREATE [OR REPLACE] TABLE name [SHALLOW|DEEP] CLONE source [version] [TBLPROPERTIES (...)] [LOCATION '...']`.
package struct CloneStatement: Sendable {
    package var name: ObjectName
    package var orReplace = false
    package var ifNotExists = false
    package var isShallow: Bool
    package var source: ObjectName
    package var travel: TravelClause?
    package var properties: [(String, String)] = []
    package var location: String?
}

/// `CONVERT TO DELTA parquet|iceberg.'/folder' [NO STATISTICS] [PARTITIONED BY (name type, ...)]`.
package struct ConvertStatement: Sendable {
    package enum Format: String, Sendable { case parquet, iceberg }
    package var format: Format
    package var path: String
    package var pathRange: Range<Int>
    package var takesStatistics = true
    package var partitionColumns: [SchemaField]?
}
