package import Catalog

/// What the feature store has done, for lineage.
package enum FeatureFacts: Sendable {
    /// A training set was cut, with these features.
    case trainingSet(TrainingSetRecord, ResolvedFeatures, Principal)
    /// A view's rows were brought online from a version of its source.
    case materialized(RegisteredView, source: TableEntry, version: Int64)
    /// Definitions were applied; the registry is like this now.
    case applied(RegistrySnapshot)
}

/// Told of what was done; must return soon, for the work waits.
package typealias FeatureObserver = @Sendable (FeatureFacts) async -> Void
