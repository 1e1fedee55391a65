import Base

/// A folder of files of any kind with a name, an owner and grants.
package struct VolumeEntry: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// In the home's `volumes/`, in a folder named by its id; it goes with the volume.
        case managed
        /// Where somebody else put it; it stays.
        case external
    }

    package let securable: Securable
    package let name: QualifiedName
    package let kind: Kind
    /// An absolute path or a URL.
    package let location: String

    init(_ securable: Securable, in schema: SchemaEntry, root: String) {
        self.securable = securable
        name = QualifiedName(catalog: schema.catalog, schema: schema.name, name: securable.name)
        kind = securable.location == nil ? .managed : .external
        location = securable.location ?? root + "/" + securable.id
    }

    package var id: String { securable.id }
    package var comment: String? { securable.comment }
    package var properties: [String: String] { securable.properties }
}
