package import TableModel

/// What features are about: a user, an airport, a pair of user and shop.
package struct FeatureEntity: Hashable, Sendable {
    package var name: String
    /// The columns that identify one; at least one.
    package var joinKeys: [String]
    /// The type of the join key, when there is only one and it was declared.
    package var valueType: DataType?
    package var description: String
    package var tags: [String: String]
    package var owner: String

    package init(
        name: String, joinKeys: [String], valueType: DataType? = nil, description: String = "",
        tags: [String: String] = [:], owner: String = ""
    ) {
        self.name = name
        self.joinKeys = joinKeys
        self.valueType = valueType
        self.description = description
        self.tags = tags
        self.owner = owner
    }
}

/// A table of the catalog as the source of a view's rows.
package struct FeatureSource: Hashable, Sendable {
    /// As written; resolved against `main.default`.
    package var table: String
    /// The column with the time at which a row's values became true.
    package var timestampField: String
    /// The column with the time at which a row was written; decides between rows of equal time.
    package var createdTimestampColumn: String?
    /// From the table's column to the name of the feature or join key.
    package var fieldMapping: [String: String]

    package init(
        table: String, timestampField: String, createdTimestampColumn: String? = nil,
        fieldMapping: [String: String] = [:]
    ) {
        self.table = table
        self.timestampField = timestampField
        self.createdTimestampColumn = createdTimestampColumn
        self.fieldMapping = fieldMapping
    }

    /// The table's column behind a feature or join key.
    package func column(of name: String) -> String {
        fieldMapping.first { $0.value == name }?.key ?? name
    }
}

/// One column of a view.
package struct FeatureField: Hashable, Sendable {
    package var name: String
    /// `nil`: as the source's column.
    package var type: DataType?
    package var description: String

    package init(name: String, type: DataType? = nil, description: String = "") {
        self.name = name
        self.type = type
        self.description = description
    }
}

/// Features of the same entities from the same source.
package struct FeatureView: Hashable, Sendable {
    package var name: String
    /// Names of entities; none for features of the world as a whole.
    package var entities: [String]
    /// Microseconds: the greatest age at which a row still counts; 0 for no limit.
    package var timeToLive: Int64
    package var source: FeatureSource
    /// Empty when the file names none: then every other column of the source.
    package var features: [FeatureField]
    /// Whether materialising covers it.
    package var isOnline: Bool
    package var description: String
    package var tags: [String: String]
    package var owner: String

    package init(
        name: String, entities: [String], timeToLive: Int64 = 0, source: FeatureSource,
        features: [FeatureField] = [], isOnline: Bool = true, description: String = "",
        tags: [String: String] = [:], owner: String = ""
    ) {
        self.name = name
        self.entities = entities
        self.timeToLive = timeToLive
        self.source = source
        self.features = features
        self.isOnline = isOnline
        self.description = description
        self.tags = tags
        self.owner = owner
    }
}

/// The features of one view that a service, or a request, asks for.
package struct FeatureSelection: Hashable, Sendable {
    package var view: String
    /// Stands for the view's name in full feature names.
    package var alias: String?
    /// In order; `nil` for all of the view.
    package var features: [Item]?

    package struct Item: Hashable, Sendable {
        package var name: String
        /// Stands for the feature's name in what comes out.
        package var alias: String?

        package init(name: String, alias: String? = nil) {
            self.name = name
            self.alias = alias
        }
    }

    package init(view: String, alias: String? = nil, features: [Item]? = nil) {
        self.view = view
        self.alias = alias
        self.features = features
    }
}

/// The features that one model reads, under one name.
package struct FeatureService: Hashable, Sendable {
    package var name: String
    package var selections: [FeatureSelection]
    package var description: String
    package var tags: [String: String]
    package var owner: String

    package init(
        name: String, selections: [FeatureSelection], description: String = "", tags: [String: String] = [:],
        owner: String = ""
    ) {
        self.name = name
        self.selections = selections
        self.description = description
        self.tags = tags
        self.owner = owner
    }
}

/// The kinds of definitions, in the order in which one may name another.
package enum DefinitionKind: String, CaseIterable, Sendable {
    case entity
    case featureView = "feature_view"
    case featureService = "feature_service"

    /// For messages: "feature view".
    package var title: String { rawValue.replacing("_", with: " ") }
}

/// Definitions as read from a file, or as the registry has them.
package struct FeatureDefinitions: Hashable, Sendable {
    package var entities: [FeatureEntity]
    package var views: [FeatureView]
    package var services: [FeatureService]

    package init(
        entities: [FeatureEntity] = [], views: [FeatureView] = [], services: [FeatureService] = []
    ) {
        self.entities = entities
        self.views = views
        self.services = services
    }

    package func entity(_ name: String) -> FeatureEntity? { entities.first { $0.name == name } }
    package func view(_ name: String) -> FeatureView? { views.first { $0.name == name } }
    package func service(_ name: String) -> FeatureService? { services.first { $0.name == name } }
}
