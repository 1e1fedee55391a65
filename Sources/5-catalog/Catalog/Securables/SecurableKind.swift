/// The kinds of objects that the catalog names, and that privileges are granted on.
///
/// The raw values are Unity Catalog's `securable_type`, in lower case.
package enum SecurableKind: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// The root of everything; there is one.
    case metastore
    case catalog, schema
    /// Tables and views: they share their names.
    case table
    case volume, function
    case registeredModel = "registered_model"
    case externalLocation = "external_location"
    case credential

    /// For messages.
    package var description: String {
        switch self {
        case .registeredModel: "model"
        case .externalLocation: "external location"
        default: rawValue
        }
    }

    /// What it lies in; `nil` for the metastore.
    package var parent: SecurableKind? {
        switch self {
        case .metastore: nil
        case .catalog, .externalLocation, .credential: .metastore
        case .schema: .catalog
        case .table, .volume, .function, .registeredModel: .schema
        }
    }

    /// How many parts its full name has.
    package var partCount: Int {
        switch self {
        case .metastore: 0
        case .catalog, .externalLocation, .credential: 1
        case .schema: 2
        case .table, .volume, .function, .registeredModel: 3
        }
    }

    /// The privileges on what it lies in without which nothing can be done with it.
    var neededAbove: PrivilegeSet {
        switch self {
        case .metastore, .catalog, .externalLocation, .credential: []
        case .schema: .useCatalog
        case .table, .volume, .function, .registeredModel: [.useCatalog, .useSchema]
        }
    }
}
