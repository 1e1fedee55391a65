package import Catalog

/// Who asks, and what names without a catalog or a schema mean.
package struct QueryContext: Sendable {
    package var catalog: String
    package var schema: String
    /// Whether the statement may read and write files of this machine by path: the local owner's `tarn sql`.
    package var localFiles: Bool
    /// Who asks: his privileges, row filters and column masks hold.
    package var principal: Principal
    /// Whether only statements that change nothing may run, as for a token that is for reading.
    package var isReadOnly = false
    /// Whose privileges hold where they are not those of the one who asks: the owner of a view or a function, while its
    /// tables are looked up.
    ///
    /// Row filters and masks are always those of `principal`.
    var rights: Principal?
    /// How many views and functions lie around the text.
    var depth = 0
    /// What `SET` changed, by the names of `SessionSetting`.
    package var settings: [String: String] = [:]

    package init(
        catalog: String = QualifiedName.defaultCatalog, schema: String = QualifiedName.defaultSchema,
        localFiles: Bool = false, principal: Principal = .system
    ) {
        self.catalog = catalog
        self.schema = schema
        self.localFiles = localFiles
        self.principal = principal
    }

    /// What a name of one to three parts means here.
    func qualified(_ parts: [String]) -> QualifiedName {
        switch parts.count {
        case 3...: QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2])
        case 2: QualifiedName(catalog: catalog, schema: parts[0], name: parts[1])
        default: QualifiedName(catalog: catalog, schema: schema, name: parts.first ?? "")
        }
    }

    /// What the name of a schema means here.
    func qualifiedSchema(_ parts: [String]) -> (catalog: String, schema: String) {
        parts.count > 1 ? (parts[0], parts[1]) : (catalog, parts.first ?? schema)
    }

    /// Takes over what a `USE` changed.
    package mutating func apply(_ result: StatementResult) {
        if let setting = result.newSetting { settings[setting.name] = setting.value }
        guard let defaults = result.newDefaults else { return }
        catalog = defaults.catalog
        schema = defaults.schema
    }
}
