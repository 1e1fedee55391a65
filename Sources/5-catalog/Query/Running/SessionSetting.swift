internal import Base

/// What a session's `SET name = value` can change, for the statements after it.
///
/// Names are Spark's, with or without `spark.` and `spark.databricks.` before them.
enum SessionSetting: String, CaseIterable, Sendable {
    /// Whether VACUUM refuses a retention shorter than the table's.
    case checksRetention = "delta.retentionDurationCheck.enabled"
    /// Whether INSERT and MERGE add columns that the table lacks.
    case mergesSchema = "delta.schema.autoMerge.enabled"
    /// Whether INSERT OVERWRITE replaces all rows (`static`) or the partitions that get new ones (`dynamic`).
    case overwriteMode = "sql.sources.partitionOverwriteMode"
    /// Written into the history of every commit.
    case userMetadata = "delta.commitInfo.userMetadata"

    init?(named name: String) {
        var short = name.lowercased()
        for prefix in ["spark.databricks.", "spark."] where short.hasPrefix(prefix) {
            short = String(short.dropFirst(prefix.count))
        }
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == short }) else {
            return nil
        }
        self = found
    }

    /// Whether the value is one that the setting may have.
    func allows(_ value: String) -> Bool {
        switch self {
        case .checksRetention, .mergesSchema: ["true", "false"].contains(value.lowercased())
        case .overwriteMode: ["static", "dynamic"].contains(value.lowercased())
        case .userMetadata: true
        }
    }
}

extension QueryContext {
    /// The value in force, in lower case unless it is free text.
    func setting(_ setting: SessionSetting) -> String? {
        let value = settings[setting.rawValue]
        return setting == .userMetadata ? value : value?.lowercased()
    }
}
