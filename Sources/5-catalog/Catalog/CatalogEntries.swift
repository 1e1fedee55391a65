/// A catalog: the first part of a table's name.
package struct CatalogEntry: Hashable, Sendable {
    /// Given once, never changed, never used again.
    package let id: String
    package let name: String
    package let comment: String?
    package let properties: [String: String]
    package let createdMicroseconds: Int64
    package let updatedMicroseconds: Int64
}

/// A schema: the second part of a table's name.
package struct SchemaEntry: Hashable, Sendable {
    package let id: String
    package let catalogID: String
    package let catalog: String
    package let name: String
    package let comment: String?
    package let properties: [String: String]
    package let createdMicroseconds: Int64
    package let updatedMicroseconds: Int64

    /// As one writes it: `main.sales`.
    package var fullName: String {
        QualifiedName.quotedIfNeeded(catalog) + "." + QualifiedName.quotedIfNeeded(name)
    }
}

/// A table whose data and log exist.
package struct TableEntry: Hashable, Sendable {
    /// Who owns the files.
    package enum Kind: String, Sendable, CaseIterable {
        /// Tarn: they lie in the warehouse and go with the table.
        case managed
        /// Somebody else: dropping the table leaves them.
        case external
    }

    package enum Format: String, Sendable, CaseIterable {
        case delta
    }

    /// Given once, never changed, never used again; also the folder of a managed table.
    package let id: String
    package let schemaID: String
    package let name: QualifiedName
    package let kind: Kind
    package let format: Format
    /// An absolute path or a URL.
    package let location: String
    package let comment: String?
    package let properties: [String: String]
    package let createdMicroseconds: Int64
    package let updatedMicroseconds: Int64
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
