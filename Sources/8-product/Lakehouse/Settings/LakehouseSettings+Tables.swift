extension LakehouseSettings.Tables {
    /// The properties of new tables that the settings ask for.
    var newTableProperties: [String: String] {
        let flags = [
            ("delta.enableDeletionVectors", deletionVectors), ("delta.enableChangeDataFeed", changeDataFeed),
            ("delta.enableRowTracking", rowTracking), ("delta.autoOptimize.autoCompact", autoCompaction),
            ("delta.autoOptimize.optimizeWrite", optimizedWrites),
        ]
        return Dictionary(uniqueKeysWithValues: flags.filter(\.1).map { ($0.0, "true") })
    }
}
