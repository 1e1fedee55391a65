import Base
import Metastore

/// What a principal may do with one object, from his grants on it and on all that it lies in.
struct Access: Hashable, Sendable {
    /// Granted here or above, with ALL PRIVILEGES spelled out.
    ///
    /// USE CATALOG and USE SCHEMA are those of the parents.
    var privileges: PrivilegeSet
    /// Owner of the object or of something that it lies in, or MANAGE on one of them, or an administrator.
    var canManage: Bool

    /// Whether the principal may know that the object is there.
    var sees: Bool { canManage || !privileges.isEmpty }

    static let everything = Access(privileges: .everything, canManage: true)
}

/// What a principal gains from an object and all that it lies in, before it is narrowed to what a kind can have.
struct AccessGain: Hashable, Sendable {
    var privileges: PrivilegeSet = []
    var canManage = false

    /// Adds what grants on one object and its ownership give; `isOwn` unless the question is about something in it.
    mutating func add(_ granted: PrivilegeSet, on step: Securable, owns: Bool, isOwn: Bool) {
        privileges.formUnion(granted)
        // A container's privileges go down to what lies in it, as far as they mean something there.
        if granted.contains(.all) {
            privileges.formUnion(Privilege.grantable(on: step.kind).subtracting([.all, .manage]))
        }
        canManage = canManage || owns || granted.contains(.manage)
        if !owns { return }
        if isOwn {
            privileges.formUnion(Privilege.grantable(on: step.kind))
            return
        }
        // Owners of a container may manage what lies in it; its data they may have by granting it to themselves.
        privileges.formUnion([.browse, .manage])
        switch step.kind {
        case .metastore, .catalog: privileges.formUnion([.useCatalog, .useSchema])
        case .schema: privileges.formUnion(.useSchema)
        default: break
        }
    }

    /// What it means for an object of a kind.
    func access(to kind: SecurableKind) -> Access {
        let own = Privilege.grantable(on: kind)
        var access = Access(
            privileges: privileges.intersection(own.union([.useCatalog, .useSchema])), canManage: canManage)
        // USE on what it lies in tells nothing about the object itself.
        if access.privileges.isDisjoint(with: own) && !canManage { access.privileges = [] }
        return access
    }
}
