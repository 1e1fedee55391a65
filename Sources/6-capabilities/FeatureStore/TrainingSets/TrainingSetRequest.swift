internal import Base

/// What a training set is made of.
package struct TrainingSetRequest: Hashable, Sendable {
    /// The events: who, when, and whatever else (labels) is to stand beside the features.
    package enum Spine: Hashable, Sendable {
        /// A table of the catalog, by name.
        case table(String)
        /// A query over the catalog's tables.
        case sql(String)
        /// A Parquet, CSV or JSON file of this machine, for the local owner.
        case file(String)
    }

    /// Which features.
    package enum Features: Hashable, Sendable {
        case service(String)
        /// `view:feature`, `view:[a, b]`, or `view` for all of it.
        case list([String])
    }

    /// The name of the table that is made.
    package var table: String
    package var spine: Spine
    package var features: Features
    /// The spine's column with the events' times.
    package var timeColumn: String
    /// From join key to the spine's column, where the two differ.
    package var keyColumns: [String: String]
    /// `view__feature` instead of `feature`.
    package var fullFeatureNames: Bool
    /// Whether an existing table of that name gets the rows as its next version.
    package var replaces: Bool
    /// Versions to cut from instead of the latest, by the full name of the table.
    package var versions: [String: Int64]

    package init(
        table: String, spine: Spine, features: Features, timeColumn: String = "event_timestamp",
        keyColumns: [String: String] = [:], fullFeatureNames: Bool = false, replaces: Bool = false,
        versions: [String: Int64] = [:]
    ) {
        self.table = table
        self.spine = spine
        self.features = features
        self.timeColumn = timeColumn
        self.keyColumns = keyColumns
        self.fullFeatureNames = fullFeatureNames
        self.replaces = replaces
        self.versions = versions
    }
}
