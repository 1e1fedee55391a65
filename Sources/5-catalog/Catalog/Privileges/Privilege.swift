/// What may be done with an object.
///
/// The raw values are Unity Catalog's, with spaces.
package enum Privilege: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case useCatalog = "USE CATALOG"
    case useSchema = "USE SCHEMA"
    case select = "SELECT"
    case modify = "MODIFY"
    case execute = "EXECUTE"
    case readVolume = "READ VOLUME"
    case writeVolume = "WRITE VOLUME"
    case readFiles = "READ FILES"
    case writeFiles = "WRITE FILES"
    case createCatalog = "CREATE CATALOG"
    case createSchema = "CREATE SCHEMA"
    case createTable = "CREATE TABLE"
    case createFunction = "CREATE FUNCTION"
    case createVolume = "CREATE VOLUME"
    case createModel = "CREATE MODEL"
    case createExternalLocation = "CREATE EXTERNAL LOCATION"
    case createStorageCredential = "CREATE STORAGE CREDENTIAL"
    case createExternalTable = "CREATE EXTERNAL TABLE"
    case createExternalVolume = "CREATE EXTERNAL VOLUME"
    case createManagedStorage = "CREATE MANAGED STORAGE"
    case applyTag = "APPLY TAG"
    /// Seeing that something is there, without its data.
    case browse = "BROWSE"
    /// Granting, renaming, dropping, and all else that an owner may do with it, but reading and writing its data.
    case manage = "MANAGE"
    /// Every privilege that the kind of object has but MANAGE; those that come later too.
    case all = "ALL PRIVILEGES"

    package var description: String { rawValue }

    /// Reads a name with spaces or underscores, in any case.
    package init?(named name: String) {
        self.init(rawValue: name.uppercased().replacing("_", with: " "))
    }

    /// Whether it can be granted on objects of a kind; on a kind above it means all the objects below.
    package func applies(to kind: SecurableKind) -> Bool { Self.grantable(on: kind).contains(self) }

    /// What can be granted on objects of a kind.
    package static func grantable(on kind: SecurableKind) -> PrivilegeSet {
        let everywhere: PrivilegeSet = [.manage, .all]
        let inSchema: PrivilegeSet = [
            .useSchema, .select, .modify, .execute, .readVolume, .writeVolume, .createTable, .createFunction,
            .createVolume, .createModel, .applyTag, .browse,
        ]
        return switch kind {
        case .metastore:
            everywhere.union([.createCatalog, .createExternalLocation, .createStorageCredential])
        case .catalog: everywhere.union(inSchema).union([.useCatalog, .createSchema])
        case .schema: everywhere.union(inSchema)
        case .table: everywhere.union([.select, .modify, .applyTag, .browse])
        case .volume: everywhere.union([.readVolume, .writeVolume, .applyTag, .browse])
        case .function: everywhere.union([.execute, .browse])
        case .registeredModel: everywhere.union([.execute, .applyTag, .browse])
        case .externalLocation:
            everywhere.union([
                .readFiles, .writeFiles, .createExternalTable, .createExternalVolume, .createManagedStorage,
                .browse,
            ])
        case .credential:
            everywhere.union([
                .readFiles, .writeFiles, .createExternalLocation, .createExternalTable, .browse,
            ])
        }
    }
}

/// Some privileges.
package struct PrivilegeSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package init(_ privilege: Privilege) {
        let place = Privilege.allCases.firstIndex(of: privilege) ?? 0
        rawValue = 1 << UInt64(place)
    }

    package init(_ privileges: some Sequence<Privilege>) {
        self = privileges.reduce(into: []) { $0.formUnion(PrivilegeSet($1)) }
    }

    package func contains(_ privilege: Privilege) -> Bool { contains(PrivilegeSet(privilege)) }

    /// In the order in which `Privilege` lists them.
    package var privileges: [Privilege] { Privilege.allCases.filter(contains) }

    package static let everything = PrivilegeSet(Privilege.allCases)

    package static let useCatalog = PrivilegeSet(Privilege.useCatalog)
    package static let useSchema = PrivilegeSet(Privilege.useSchema)
    package static let select = PrivilegeSet(Privilege.select)
    package static let modify = PrivilegeSet(Privilege.modify)
    package static let execute = PrivilegeSet(Privilege.execute)
    package static let readVolume = PrivilegeSet(Privilege.readVolume)
    package static let writeVolume = PrivilegeSet(Privilege.writeVolume)
    package static let readFiles = PrivilegeSet(Privilege.readFiles)
    package static let writeFiles = PrivilegeSet(Privilege.writeFiles)
    package static let createCatalog = PrivilegeSet(Privilege.createCatalog)
    package static let createSchema = PrivilegeSet(Privilege.createSchema)
    package static let createTable = PrivilegeSet(Privilege.createTable)
    package static let createFunction = PrivilegeSet(Privilege.createFunction)
    package static let createVolume = PrivilegeSet(Privilege.createVolume)
    package static let createModel = PrivilegeSet(Privilege.createModel)
    package static let createExternalLocation = PrivilegeSet(Privilege.createExternalLocation)
    package static let createStorageCredential = PrivilegeSet(Privilege.createStorageCredential)
    package static let createExternalTable = PrivilegeSet(Privilege.createExternalTable)
    package static let createExternalVolume = PrivilegeSet(Privilege.createExternalVolume)
    package static let createManagedStorage = PrivilegeSet(Privilege.createManagedStorage)
    package static let applyTag = PrivilegeSet(Privilege.applyTag)
    package static let browse = PrivilegeSet(Privilege.browse)
    package static let manage = PrivilegeSet(Privilege.manage)
    package static let all = PrivilegeSet(Privilege.all)
}
