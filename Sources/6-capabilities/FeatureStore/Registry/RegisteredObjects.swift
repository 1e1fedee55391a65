package import Base
package import TableModel

/// A view as the registry has it: its definition, and what was found in the catalog when it was applied.
package struct RegisteredView: Hashable, Sendable {
    package var definition: FeatureView
    /// 1 for the first definition; one more with every change.
    package var version: Int
    /// Names the view's rows in the online store.
    ///
    /// A change of keys, features or types gives a new one, so that rows
    /// of two layouts never mix.
    package var onlineID: UInt32
    /// The columns that identify an entity, in the order of the view's entities.
    package var joinKeys: [SchemaField]
    /// In the order in which they are stored online.
    package var features: [SchemaField]

    package init(
        definition: FeatureView, version: Int, onlineID: UInt32, joinKeys: [SchemaField],
        features: [SchemaField]
    ) {
        self.definition = definition
        self.version = version
        self.onlineID = onlineID
        self.joinKeys = joinKeys
        self.features = features
    }

    package var name: String { definition.name }

    package func feature(_ name: String) -> (index: Int, field: SchemaField)? {
        features.firstIndex { $0.name == name }.map { ($0, features[$0]) }
    }
}

/// All definitions at one moment; never changes.
package struct RegistrySnapshot: Sendable {
    /// Grows with every change of the registry.
    package let revision: Int64
    package let entities: [String: FeatureEntity]
    package let views: [String: RegisteredView]
    package let services: [String: FeatureService]
    /// The join keys of all entities, in order of name.
    package let joinKeys: [String]

    package init(
        revision: Int64, entities: [FeatureEntity] = [], views: [RegisteredView] = [],
        services: [FeatureService] = []
    ) {
        self.revision = revision
        self.entities = Dictionary(entities.map { ($0.name, $0) }) { first, _ in first }
        self.views = Dictionary(views.map { ($0.name, $0) }) { first, _ in first }
        self.services = Dictionary(services.map { ($0.name, $0) }) { first, _ in first }
        joinKeys = Set(entities.flatMap(\.joinKeys)).sorted()
    }

    package func view(_ name: String) throws(TarnError) -> RegisteredView {
        if let view = views[name] { return view }
        throw TarnError(
            .notFound,
            "Feature view '\(name.prefix(200))' does not exist.\(didYouMean(name, among: views.keys.sorted()))",
            context: [("feature_view", name)])
    }

    package func service(_ name: String) throws(TarnError) -> FeatureService {
        if let service = services[name] { return service }
        throw TarnError(
            .notFound,
            "Feature service '\(name.prefix(200))' does not exist.\(didYouMean(name, among: services.keys.sorted()))",
            context: [("feature_service", name)])
    }
}

/// The features that a request, a service or a training set asks for, found in the registry.
package struct ResolvedFeatures: Sendable {
    package struct Column: Hashable, Sendable {
        /// Place in the view's features.
        package var index: Int
        package var field: SchemaField
        /// `feature`, or `view__feature` where full names were asked for.
        package var outputName: String
    }

    package struct View: Sendable {
        package var view: RegisteredView
        package var columns: [Column]
    }

    /// In the order in which the views were first named.
    package var views: [View]

    package var outputNames: [String] { views.flatMap { $0.columns.map(\.outputName) } }

    /// - Parameters:
    ///   - selections: Several may name one view; their features are put together.
    ///   - registry: Where the names are looked up.
    ///   - fullNames: `view__feature` instead of `feature`.
    /// - Throws: `.notFound` with near names; `.invalidInput` if two features would have the same name.
    package init(
        _ selections: [FeatureSelection], in registry: RegistrySnapshot, fullNames: Bool
    ) throws(TarnError) {
        var views: [View] = []
        var placeOfView: [String: Int] = [:]
        var taken: [String: String] = [:]
        for selection in selections {
            let view = try registry.view(selection.view)
            let label = selection.alias ?? view.name
            let place = placeOfView["\(view.name) \(label)"] ?? views.count
            if place == views.count {
                placeOfView["\(view.name) \(label)"] = place
                views.append(View(view: view, columns: []))
            }
            let items = selection.features ?? view.features.map { .init(name: $0.name) }
            for item in items {
                let (index, field) = try Self.find(item.name, in: view)
                let name = item.alias ?? field.name
                let output = fullNames ? "\(label)__\(name)" : name
                if let other = taken.updateValue("\(view.name):\(field.name)", forKey: output) {
                    throw Self.collision(output, other, "\(view.name):\(field.name)", fullNames)
                }
                views[place].columns.append(Column(index: index, field: field, outputName: output))
            }
        }
        self.views = views
    }

    private static func find(_ name: String, in view: RegisteredView) throws(TarnError) -> (Int, SchemaField)
    {
        if let found = view.feature(name) { return (found.index, found.field) }
        throw TarnError(
            .notFound,
            "Feature view '\(view.name)' has no feature '\(name.prefix(200))'."
                + "\(didYouMean(name, among: view.features.map(\.name))) It has: "
                + "\(view.features.prefix(30).map(\.name).joined(separator: ", ")).",
            context: [("feature_view", view.name), ("feature", name)])
    }

    private static func collision(_ output: String, _ a: String, _ b: String, _ fullNames: Bool) -> TarnError
    {
        if a == b {
            return TarnError(.invalidInput, "The feature \(a) is asked for twice. Name each feature once.")
        }
        let remedy =
            fullNames ? "Give one of them an alias." : "Ask for full feature names, or give one an alias."
        return TarnError(.invalidInput, "Both \(a) and \(b) would be named '\(output)'. \(remedy)")
    }
}
