import Base
import Metastore

/// What a principal may do with one object, from his grants on it and on all that it lies in.
struct Access: Hashable, Sendable {
    /// Granted here or above; with ALL PRIVILEGES spelled out. USE CATALOG and USE SCHEMA are those of the parents.
    var privileges: PrivilegeSet
    /// Owner of the object or of something that it lies in, or MANAGE on one of them, or an administrator.
    var canManage: Bool

    /// Whether the principal may know that the object is there.
    var sees: Bool { canManage || !privileges.isEmpty }
}

extension CatalogRows {
    func metastore() throws -> Securable {
        guard let root = try securable(id: Self.metastoreID) else {
            throw TarnError(.corruptMetadata, "The catalog has no root. Restore the metastore from a backup.")
        }
        return root
    }

    /// What the principal may do with an object.
    func access(to securable: Securable) throws -> Access {
        if principal.isAdministrator { return Access(privileges: .everything, canManage: true) }
        let chain = try chain(of: securable)
        let ids = principal.ids
        var access = Access(privileges: [], canManage: false)
        for (level, step) in chain.enumerated() {
            let granted = try granted(on: step.id, to: ids)
            let owns = step.ownerID.map(ids.contains) ?? false
            var gained = granted
            // A container's privileges go down to what lies in it, as far as they mean something there.
            if granted.contains(.all) {
                gained.formUnion(Privilege.grantable(on: step.kind).subtracting([.all, .manage]))
            }
            if owns && level == 0 { gained.formUnion(Privilege.grantable(on: step.kind)) }
            // Owners of a container may manage what lies in it; its data they may have by granting it to themselves.
            if owns { gained.formUnion([.useCatalog, .useSchema, .browse, .manage]) }
            access.privileges.formUnion(gained)
            access.canManage = access.canManage || owns || granted.contains(.manage)
        }
        let own = Privilege.grantable(on: securable.kind)
        access.privileges.formIntersection(own.union([.useCatalog, .useSchema]))
        // USE on what it lies in tells nothing about the object itself.
        if access.privileges.isDisjoint(with: own) && !access.canManage { access.privileges = [] }
        return access
    }

    private func granted(on securableID: String, to ids: Set<String>) throws -> PrivilegeSet {
        let places = ids.map { _ in "?" }.joined(separator: ", ")
        let names: [String] = try db.column(
            "SELECT privilege FROM catalog_grants WHERE securable_id = ? AND principal_id IN (\(places))",
            [securableID] + ids.sorted())
        return PrivilegeSet(names.compactMap(Privilege.init(rawValue:)))
    }

    func sees(_ securable: Securable) throws -> Bool { try access(to: securable).sees }

    /// Refuses unless the principal has all of these privileges on an object that he may see.
    ///
    /// - Throws: `.permissionDenied` naming what is missing.
    func require(_ needed: PrivilegeSet, on securable: Securable) throws {
        let missing = needed.subtracting(try access(to: securable).privileges)
        if missing.isEmpty { return }
        let words = missing.privileges.map(\.rawValue).joined(separator: ", ")
        throw TarnError(
            .permissionDenied,
            "\(principal.name) has no \(words) on \(securable.kind) \(QualifiedName.quotedIfNeeded(securable.name)). "
                + "Ask its owner to grant it.")
    }

    /// Refuses unless the principal owns the object or something that it lies in, or has MANAGE there.
    func requireManagement(of securable: Securable) throws {
        if try access(to: securable).canManage { return }
        throw TarnError(
            .permissionDenied,
            "\(principal.name) does not own \(securable.kind) \(QualifiedName.quotedIfNeeded(securable.name)) and has no MANAGE on it."
        )
    }

    /// Refuses a place outside of the external locations on which the principal has a privilege.
    func requireLocation(_ location: String, for needed: PrivilegeSet) throws {
        if principal.isAdministrator { return }
        var place = location[...]
        if place.hasPrefix("file://") { place = place.dropFirst(7) }
        while !place.isEmpty {
            for spelling in [String(place), "file://" + place] {
                for found in try securables(.externalLocation, atLocation: spelling)
                where try access(to: found).privileges.isSuperset(of: needed) { return }
            }
            guard let slash = place.lastIndex(of: "/") else { break }
            place = place[..<slash]
        }
        throw TarnError(
            .permissionDenied,
            "\(principal.name) has no \(needed.privileges.map(\.rawValue).joined(separator: ", ")) on an external location that holds this place."
        )
    }

    // MARK: Changes that every kind has

    func change(_ securable: Securable, _ changes: EntryChanges, at time: Int64) throws {
        try requireManagement(of: securable)
        var new = securable
        new.comment = changes.applied(to: securable.comment)
        new.properties = changes.applied(to: securable.properties)
        try update(stamped(new, at: time))
    }

    func rename(_ securable: Securable, to name: String, in parentID: String? = nil, at time: Int64) throws {
        try requireManagement(of: securable)
        var new = securable
        new.name = name
        if let parentID { new.parentID = parentID }
        try update(stamped(new, at: time))
    }

    func stamped(_ securable: Securable, at time: Int64) -> Securable {
        var new = securable
        new.updatedMicroseconds = time
        new.updatedBy = principal.name
        return new
    }
}
