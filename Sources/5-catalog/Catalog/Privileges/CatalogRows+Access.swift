import Base
import Metastore

extension CatalogRows {
    func metastore() throws -> Securable {
        guard let root = try securable(id: Self.metastoreID) else {
            throw TarnError(.corruptMetadata, "The catalog has no root. Restore the metastore from a backup.")
        }
        return root
    }

    /// What the principal may do with an object.
    func access(to securable: Securable) throws -> Access {
        if principal.isAdministrator { return .everything }
        return try gain(from: chain(of: securable), isOwn: true).access(to: securable.kind)
    }

    /// What grants and ownerships on these objects give, the first of which is the one that is asked about.
    func gain(from chain: [Securable], isOwn: Bool) throws -> AccessGain {
        let ids = principal.ids
        let granted = try granted(on: chain.map(\.id), to: ids)
        var gain = AccessGain()
        for (level, step) in chain.enumerated() {
            gain.add(
                granted[step.id] ?? [], on: step, owns: step.ownerID.map(ids.contains) ?? false,
                isOwn: isOwn && level == 0)
        }
        return gain
    }

    /// Who is in more groups than this is asked about in parts.
    private static let idsAtOnce = 400

    /// The privileges that are granted on each of these objects to any of these principals.
    func granted(on securableIDs: [String], to ids: Set<String>) throws -> [String: PrivilegeSet] {
        let objects = securableIDs.map { _ in "?" }.joined(separator: ", ")
        var granted: [String: PrivilegeSet] = [:]
        var rest = ids.sorted()[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(Self.idsAtOnce))
            rest = rest.dropFirst(Self.idsAtOnce)
            let places = some.map { _ in "?" }.joined(separator: ", ")
            let rows = try db.rows(
                """
                SELECT securable_id, privilege FROM catalog_grants
                WHERE securable_id IN (\(objects)) AND principal_id IN (\(places))
                """, securableIDs + some)
            for row in rows {
                let (id, name): (String, String) = (try row(0), try row(1))
                if let privilege = Privilege(rawValue: name) {
                    granted[id, default: []].formUnion(PrivilegeSet(privilege))
                }
            }
        }
        return granted
    }

    func sees(_ securable: Securable) throws -> Bool { try access(to: securable).sees }

    /// Refuses unless the principal has all of these privileges on an object that he may see.
    ///
    /// - Throws: `.permissionDenied` naming what is missing, and on which object.
    func require(_ needed: PrivilegeSet, on securable: Securable) throws {
        let missing = needed.subtracting(try access(to: securable).privileges)
        if !missing.isEmpty { throw try missingPrivileges(missing, on: securable) }
    }

    private func missingPrivileges(_ missing: PrivilegeSet, on securable: Securable) throws -> TarnError {
        let chain = try chain(of: securable)
        let places: [(PrivilegeSet, Securable?)] = [
            (missing.intersection(.useCatalog), chain.first { $0.kind == .catalog }),
            (missing.intersection(.useSchema), chain.first { $0.kind == .schema }),
            (missing.subtracting([.useCatalog, .useSchema]), securable),
        ]
        let parts = try places.compactMap { privileges, place -> String? in
            if privileges.isEmpty { return nil }
            let words = privileges.privileges.map(\.rawValue).joined(separator: ", ")
            return "no \(words) on \(try described(place ?? securable))"
        }
        return TarnError(
            .permissionDenied,
            "\(principal.name) has \(parts.joined(separator: " and ")). Ask its owner to grant it.",
            context: [("privileges", missing.privileges.map(\.rawValue).joined(separator: ", "))])
    }

    /// Kind and full name, for messages.
    func described(_ securable: Securable) throws -> String {
        securable.kind == .metastore ? "the metastore" : "\(securable.kind) \(try fullName(of: securable))"
    }

    /// Refuses unless the principal owns the object or something that it lies in, or has MANAGE there; and unless he has
    /// USE CATALOG and USE SCHEMA on what it lies in.
    func requireManagement(of securable: Securable) throws {
        let access = try access(to: securable)
        guard access.canManage else {
            throw TarnError(
                .permissionDenied,
                "\(principal.name) does not own \(try described(securable)) and has no MANAGE on it.",
                context: [("privileges", Privilege.manage.rawValue)])
        }
        let missing = securable.kind.neededAbove.subtracting(access.privileges)
        if !missing.isEmpty { throw try missingPrivileges(missing, on: securable) }
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
