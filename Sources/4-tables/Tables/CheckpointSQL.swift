import Base
import DeltaLake
import Engine
import TableModel

/// The queries whose rows are those of a checkpoint's Parquet files.
///
/// Delta protocol, "Checkpoint Schema".
struct CheckpointSQL {
    /// What `adds` and `removes` give: texts as the log has them.
    static let fileColumns: [(name: String, type: EngineType)] = [
        ("path", .varchar), ("partition_values", .varchar), ("size", .int64), ("time", .int64),
        ("stats", .varchar), ("rare", .varchar),
    ]

    private let snapshot: DeltaSnapshot
    private let writesStatisticsText: Bool
    private let writesStatisticsColumns: Bool

    init(_ snapshot: DeltaSnapshot) {
        self.snapshot = snapshot
        func isOn(_ name: String) -> Bool? { snapshot.configuration[name].map { $0.lowercased() == "true" } }
        writesStatisticsText = isOn("delta.checkpoint.writeStatsAsJson") ?? true
        writesStatisticsColumns = isOn("delta.checkpoint.writeStatsAsStruct") ?? false
    }

    /// All rows of a checkpoint in one file.
    func checkpoint(adds: EngineRowSource, removes: EngineRowSource, others: EngineRowSource) -> String {
        let (add, remove) = (addValue, removeValue)
        let kinds = ["txn", "metaData", "protocol", "domainMetadata"].map { "NULL AS \(quoteIdentifier($0))" }
        let none = kinds.joined(separator: ", ")
        // The first part gives the columns their types: one row of others, and no file.
        return """
            SELECT j.txn, CASE WHEN false THEN \(add) END AS add, \
            CASE WHEN false THEN \(remove) END AS remove, j."metaData", j.protocol, j."domainMetadata" \
            FROM (SELECT json_transform(line, \(quoteLiteral(Self.otherShape))) AS j FROM \(others.sql)) \
            CROSS JOIN \(Self.nullRow) AS n \
            UNION ALL BY NAME SELECT \(none), \(add) AS add, NULL AS remove FROM \(adds.sql) \
            UNION ALL BY NAME SELECT \(none), NULL AS add, \(remove) AS remove FROM \(removes.sql)
            """
    }

    /// The rows of a sidecar.
    func sidecar(adds: EngineRowSource, removes: EngineRowSource) -> String {
        """
        SELECT \(addValue) AS add, CASE WHEN false THEN \(removeValue) END AS remove FROM \(adds.sql) \
        UNION ALL BY NAME SELECT CASE WHEN false THEN \(addValue) END AS add, \(removeValue) AS remove \
        FROM \(removes.sql)
        """
    }

    /// A row of the columns that `addValue` and `removeValue` speak of.
    private static let nullRow =
        "(SELECT "
        + fileColumns.map { "NULL::\($0.type == .int64 ? "BIGINT" : "VARCHAR") AS \($0.name)" }
        .joined(separator: ", ") + ")"

    private var partitionValues: String {
        snapshot.partitionColumns.isEmpty
            ? "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"
            : "COALESCE(CAST(CAST(partition_values AS JSON) AS MAP(VARCHAR, VARCHAR)), MAP {})"
    }

    private var addValue: String {
        var members = [
            "path := path", "\"partitionValues\" := \(partitionValues)", "\"size\" := size",
            "\"modificationTime\" := COALESCE(time, 0)", "\"dataChange\" := false",
        ]
        members += Self.rareMembers(["tags", "clusteringProvider"])
        if writesStatisticsText { members.append("stats := stats") }
        if writesStatisticsColumns {
            members.append("stats_parsed := json_transform(stats, \(quoteLiteral(statisticsShape)))")
            if let values = parsedPartitionValues {
                members.append("\"partitionValues_parsed\" := \(values)")
            }
        }
        return "struct_pack(\(members.joined(separator: ", ")))"
    }

    private var removeValue: String {
        var members = [
            "path := path", "\"deletionTimestamp\" := time", "\"dataChange\" := false",
            "\"extendedFileMetadata\" := size IS NOT NULL AND partition_values IS NOT NULL",
            "\"partitionValues\" := CASE WHEN partition_values IS NOT NULL THEN \(partitionValues) END",
            "\"size\" := size",
        ]
        members += Self.rareMembers([])
        return "struct_pack(\(members.joined(separator: ", ")))"
    }

    /// The members that few actions have, each out of the action's own JSON.
    private static func rareMembers(_ more: [String]) -> [String] {
        (["deletionVector", "baseRowId", "defaultRowCommitVersion"] + more).map {
            "\"\($0)\" := json_transform(rare, \(quoteLiteral("{\"\($0)\":\(rareShapes[$0] ?? "\"VARCHAR\"")}"))).\"\($0)\""
        }
    }

    private static let rareShapes = [
        "deletionVector":
            """
        {"storageType":"VARCHAR","pathOrInlineDv":"VARCHAR","offset":"INTEGER","sizeInBytes":"INTEGER",\
        "cardinality":"BIGINT"}
        """,
        "baseRowId": "\"BIGINT\"", "defaultRowCommitVersion": "\"BIGINT\"",
        "tags": "\"MAP(VARCHAR,VARCHAR)\"", "clusteringProvider": "\"VARCHAR\"",
    ]

    private static let otherShape = """
        {"txn":{"appId":"VARCHAR","version":"BIGINT","lastUpdated":"BIGINT"},\
        "metaData":{"id":"VARCHAR","name":"VARCHAR","description":"VARCHAR",\
        "format":{"provider":"VARCHAR","options":"MAP(VARCHAR,VARCHAR)"},"schemaString":"VARCHAR",\
        "partitionColumns":["VARCHAR"],"configuration":"MAP(VARCHAR,VARCHAR)","createdTime":"BIGINT"},\
        "protocol":{"minReaderVersion":"INTEGER","minWriterVersion":"INTEGER","readerFeatures":["VARCHAR"],\
        "writerFeatures":["VARCHAR"]},\
        "domainMetadata":{"domain":"VARCHAR","configuration":"VARCHAR","removed":"BOOLEAN"}}
        """

    // MARK: Statistics in columns of their own

    /// The shape of `stats_parsed` for `json_transform`.
    private var statisticsShape: String {
        let fields = snapshot.schema.fields.filter { field in
            !snapshot.partitionColumns.contains { $0.lowercased() == field.name.lowercased() }
        }
        var members = ["\"numRecords\":\"BIGINT\"", "\"tightBounds\":\"BOOLEAN\""]
        for (name, isCount) in [("minValues", false), ("maxValues", false), ("nullCount", true)] {
            if let shape = shape(fields, isCount: isCount) { members.append("\"\(name)\":\(shape)") }
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// `nil` where no column can have such statistics, since a structure needs members.
    private func shape(_ fields: [SchemaField], isCount: Bool) -> String? {
        let members = fields.compactMap { field -> String? in
            let name = jsonText(field.physicalName(snapshot.columnMapping))
            switch field.type {
            case .structure(let members): return shape(members, isCount: isCount).map { "\(name):\($0)" }
            case _ where isCount: return "\(name):\"BIGINT\""
            case .binary, .boolean, .void, .array, .map: return nil
            default: return field.type.isComparable ? "\(name):\(jsonText(field.type.sqlName))" : nil
            }
        }
        return members.isEmpty ? nil : "{" + members.joined(separator: ",") + "}"
    }

    private var parsedPartitionValues: String? {
        if snapshot.partitionColumns.isEmpty { return nil }
        let members = snapshot.partitionColumns.compactMap { name -> String? in
            guard let field = snapshot.schema[name] else { return nil }
            let physical = field.physicalName(snapshot.columnMapping)
            let value = "(\(partitionValues))[\(quoteLiteral(physical))]"
            // Null is written as nothing or as the empty text.
            return """
                \(quoteIdentifier(physical)) := TRY_CAST(NULLIF(\(value), '') AS \(field.type.sqlName))
                """
        }
        return members.isEmpty ? nil : "struct_pack(\(members.joined(separator: ", ")))"
    }

    private func jsonText(_ text: String) -> String {
        var out: [UInt8] = []
        appendJSONString(text, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}

extension DataType {
    /// Whether values have an order that statistics tell of.
    fileprivate var isComparable: Bool {
        switch self {
        case .string, .date, .timestamp, .timestampNtz: true
        default: isNumeric
        }
    }
}
