internal import Base
internal import OnlineStore
internal import TableModel

/// What a list of features means under one revision of the registry: worked out once, used by every request that
/// sends the same list.
final class ServingPlan: Sendable {
    struct View {
        let id: OnlineViewID
        let name: String
        let version: Int
        /// Microseconds, 0 for no limit.
        let timeToLive: Int64
        /// Places in `joinKeys`, with the type that a key is stored as.
        let keys: [(place: Int, type: DataType)]
        /// Places of the features in the stored row.
        let columns: [Int]
    }

    let views: [View]
    /// The join keys that a request has to give.
    let joinKeys: [String]
    let featureCount: Int
    /// The names of the features in JSON, separated by commas.
    let featureNames: [UInt8]
    let outputNames: Set<String>
    /// The full names of the tables that the features come from, each once.
    let sourceTables: [String]
    let registry: RegistrySnapshot

    init(_ selections: [FeatureSelection], in registry: RegistrySnapshot, fullNames: Bool) throws(TarnError) {
        let resolved = try ResolvedFeatures(selections, in: registry, fullNames: fullNames)
        self.registry = registry
        var joinKeys: [String] = []
        views = resolved.views.map { entry in
            let keys = entry.view.joinKeys.map { field in
                let place = joinKeys.firstIndex(of: field.name) ?? joinKeys.count
                if place == joinKeys.count { joinKeys.append(field.name) }
                return (place, field.type)
            }
            return View(
                id: OnlineViewID(entry.view.onlineID), name: entry.view.name, version: entry.view.version,
                timeToLive: entry.view.definition.timeToLive, keys: keys, columns: entry.columns.map(\.index))
        }
        self.joinKeys = joinKeys
        sourceTables = Set(resolved.views.map(\.view.definition.source.table)).sorted()
        let names = resolved.outputNames
        featureCount = names.count
        outputNames = Set(names)
        var text: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            appendJSONString(name, to: &text)
        }
        featureNames = text
        // Feast has no views that are not online in its answers; here they are named as what is wrong.
        for entry in resolved.views where !entry.view.definition.isOnline {
            throw TarnError(
                .failedPrecondition,
                "Feature view '\(entry.view.name)' is not online. Set 'online: true' in its definition and materialise it.",
                context: [("feature_view", entry.view.name)])
        }
    }
}
