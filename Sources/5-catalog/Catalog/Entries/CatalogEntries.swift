import Base

/// A catalog: the first part of a table's name.
package struct CatalogEntry: Hashable, Sendable {
    package let securable: Securable

    init(_ securable: Securable) { self.securable = securable }

    /// Given once, never changed, never used again.
    package var id: String { securable.id }
    package var name: String { securable.name }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }
    package var createdMicroseconds: Int64 { securable.createdMicroseconds }
    package var updatedMicroseconds: Int64 { securable.updatedMicroseconds }
}

/// A schema: the second part of a table's name.
package struct SchemaEntry: Hashable, Sendable {
    package let securable: Securable
    /// The name of its catalog.
    package let catalog: String

    init(_ securable: Securable, catalog: String) {
        self.securable = securable
        self.catalog = catalog
    }

    package var id: String { securable.id }
    package var catalogID: String { securable.parentID ?? "" }
    package var name: String { securable.name }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }
    package var createdMicroseconds: Int64 { securable.createdMicroseconds }
    package var updatedMicroseconds: Int64 { securable.updatedMicroseconds }

    /// As one writes it: `main.sales`.
    package var fullName: String {
        QualifiedName.quotedIfNeeded(catalog) + "." + QualifiedName.quotedIfNeeded(name)
    }
}

/// A table whose data and log exist, or a view.
package struct TableEntry: Hashable, Sendable {
    /// Who owns the files.
    package enum Kind: String, Sendable, CaseIterable {
        /// Tarn: they lie in the warehouse and go with the table.
        case managed
        /// Somebody else: dropping the table leaves them.
        case external
        /// There are none: the rows are those of a query.
        case view
    }

    package enum Format: String, Sendable, CaseIterable {
        case delta
        /// Known to the catalog for other programs; Tarn does not read them yet.
        case parquet, csv, json, avro, orc, text
        /// A view's query.
        case sql
    }

    package let securable: Securable
    package let name: QualifiedName
    package let kind: Kind
    package let format: Format
    /// An absolute path or a URL; empty for a view.
    package let location: String
    /// A view's query.
    package let viewQuery: String?
    /// Whether the catalog puts its commits in order (Delta's feature `catalogManaged`).
    package let isCatalogManaged: Bool

    init(_ securable: Securable, in schema: SchemaEntry, warehouse: String) throws {
        let name = QualifiedName(catalog: schema.catalog, schema: schema.name, name: securable.name)
        let detail = try? JSONValue.parse(securable.detail)
        guard let kind = detail?["kind"]?.string.flatMap(Kind.init),
            let format = detail?["format"]?.string.flatMap(Format.init)
        else {
            throw TarnError(
                .unsupported, "Table \(name) is of a kind or format that this version of Tarn does not know.")
        }
        self.securable = securable
        self.name = name
        self.kind = kind
        self.format = format
        location = kind == .view ? "" : securable.location ?? warehouse + "/" + securable.id
        viewQuery = detail?["query"]?.string
        isCatalogManaged = detail?["catalogManaged"]?.bool ?? false
    }

    /// What `Securable.detail` holds for a table.
    static func detail(
        _ kind: Kind, _ format: Format, query: String? = nil, isCatalogManaged: Bool = false
    ) -> String {
        var members = [("kind", JSONValue.string(kind.rawValue)), ("format", .string(format.rawValue))]
        if let query { members.append(("query", .string(query))) }
        if isCatalogManaged { members.append(("catalogManaged", .bool(true))) }
        return JSONValue.object(JSONObject(members)).jsonText
    }

    /// Given once, never changed, never used again; also the folder of a managed table.
    package var id: String { securable.id }
    package var schemaID: String { securable.parentID ?? "" }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }
    package var createdMicroseconds: Int64 { securable.createdMicroseconds }
    package var updatedMicroseconds: Int64 { securable.updatedMicroseconds }
}

/// A table that is about to be made: it has an id and a place, and is not in the catalog yet.
///
/// The caller makes the table's log at `location` and then passes the plan to `CatalogService.addTable`. A plan that is
/// never used leaves nothing in the catalog and does not block its name.
package struct TablePlan: Hashable, Sendable {
    package let id: String
    package let schemaID: String
    package let name: QualifiedName
    package let kind: TableEntry.Kind
    package let format: TableEntry.Format
    package let location: String
}

/// One page of a list, in the order of the names without regard to case.
package struct CatalogPage<Entry: Sendable>: Sendable {
    package let entries: [Entry]
    /// Where the next page begins; `nil` on the last one.
    package let next: String?
}

/// What to change about an entry; what is not set stays.
package struct EntryChanges: Hashable, Sendable {
    package enum Comment: Hashable, Sendable { case keep, remove, set(String) }

    package var comment: Comment
    /// `nil` removes a property.
    package var properties: [String: String?]

    package init(comment: Comment = .keep, properties: [String: String?] = [:]) {
        self.comment = comment
        self.properties = properties
    }

    func applied(to old: String?) -> String? {
        switch comment {
        case .keep: old
        case .remove: nil
        case .set(let text): text
        }
    }

    func applied(to old: [String: String]) -> [String: String] {
        var new = old
        for (name, value) in properties { new[name] = value }
        return new
    }
}
