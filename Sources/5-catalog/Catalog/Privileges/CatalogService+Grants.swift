package import Base
import Metastore

/// Who may do what: owners of an object or of what it lies in, those with MANAGE there, and administrators decide.
extension CatalogService {
    /// Gives principals privileges on an object; what they have already stays.
    ///
    /// - Parameters:
    ///   - privileges: Those that objects of the kind have, or that are inherited by what lies in it.
    ///   - object: The object.
    ///   - principals: Names of users, groups and service principals.
    /// - Throws: `.notFound` for an object or a principal that is not there, `.invalidInput` for privileges that the kind
    ///   does not have, `.permissionDenied` for those who may not decide.
    package func grant(
        _ privileges: PrivilegeSet, on object: SecurableReference, to principals: [String]
    ) async throws(TarnError) {
        try await changeGrants(on: object, principals.map { GrantChange(principal: $0, adding: privileges) })
    }

    /// Takes privileges on an object away; what was not granted on it is no error, and what is inherited stays.
    ///
    /// ALL PRIVILEGES is one privilege: taking it away leaves those that were granted by name, and the other way round.
    package func revoke(
        _ privileges: PrivilegeSet, on object: SecurableReference, from principals: [String]
    ) async throws(TarnError) {
        try await changeGrants(
            on: object, principals.map { GrantChange(principal: $0, removing: privileges) })
    }

    /// Grants and revokes on one object, all or nothing.
    ///
    /// - Throws: As `grant`.
    package func changeGrants(
        on object: SecurableReference, _ changes: [GrantChange]
    ) async throws(TarnError) {
        let now = time.nowMicroseconds()
        try await write { rows in
            let found = try rows.securable(object)
            try rows.requireManagement(of: found)
            for change in changes {
                try CatalogRows.checkGrantable(change.adding.union(change.removing), on: found.kind)
                let principal = try rows.requirePrincipal(change.principal)
                for privilege in change.removing.privileges {
                    try rows.db.execute(
                        "DELETE FROM catalog_grants WHERE securable_id = ? AND principal_id = ? AND privilege = ?",
                        [found.id, principal.id, privilege.rawValue])
                }
                for privilege in change.adding.privileges {
                    try rows.db.execute(
                        """
                        INSERT INTO catalog_grants (securable_id, principal_id, privilege, granted_by, created_us)
                        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                        """, [found.id, principal.id, privilege.rawValue, rows.principal.name, now])
                }
            }
        }
    }

    /// The grants on an object itself, in the order of principals and privileges.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - principal: Only those to this one; `nil` for all.
    /// - Returns: All of them for those who may decide about the object, else those to the asking principal and his groups.
    /// - Throws: `.notFound` for the object, or for the principal.
    package func grants(
        on object: SecurableReference, principal: String? = nil
    ) async throws(TarnError) -> [GrantEntry] {
        try await read { rows in
            let found = try rows.securable(object)
            let ids = try principal.map { Set([try rows.principalForGrants($0, on: found).id]) }
            return try rows.grants(on: [found], to: ids)
        }
    }

    /// The grants that hold for an object: those on it and on all that it lies in, as far as they mean something for it.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - principal: Those to this one and to the groups that it is in; `nil` for all.
    /// - Returns: As `grants(on:)`; what is inherited tells from where. Ownership is no grant.
    /// - Throws: As `grants(on:)`.
    package func effectiveGrants(
        on object: SecurableReference, principal: String? = nil
    ) async throws(TarnError) -> [GrantEntry] {
        try await read { rows in
            let found = try rows.securable(object)
            let ids = try principal.map { name -> Set<String> in
                let entry = try rows.principalForGrants(name, on: found)
                return Set(try rows.groups(of: entry.id).map(\.id)).union([entry.id])
            }
            let meaningful = Privilege.grantable(on: found.kind).union(found.kind.neededAbove)
            return try rows.grants(on: rows.chain(of: found), to: ids)
                .filter { meaningful.contains($0.privilege) }
        }
    }

    /// Everything that was granted to a principal by name, on whatever object.
    ///
    /// - Parameters:
    ///   - principal: The name of a user, group or service principal.
    ///   - limit: At most so many.
    /// - Returns: All of them for administrators and the principal, else those on objects that the asking principal
    ///   decides about.
    /// - Throws: `.notFound`.
    package func grants(to principal: String, limit: Int = 10_000) async throws(TarnError) -> [GrantEntry] {
        try await read { rows in
            let entry = try rows.requirePrincipal(principal)
            return try rows.grants(to: entry, limit: limit)
        }
    }

    /// Gives an object to somebody else.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - principal: The name of a user, group or service principal.
    /// - Returns: The object as it is now.
    /// - Throws: As `grant`.
    @discardableResult
    package func setOwner(
        of object: SecurableReference, to principal: String
    ) async throws(TarnError) -> Securable {
        let now = time.nowMicroseconds()
        return try await write { rows in
            var found = try rows.securable(object)
            try rows.requireManagement(of: found)
            found.ownerID = try rows.requirePrincipal(principal).id
            found = rows.stamped(found, at: now)
            try rows.update(found)
            return found
        }
    }
}

extension CatalogRows {
    static func checkGrantable(_ privileges: PrivilegeSet, on kind: SecurableKind) throws {
        let known = Privilege.grantable(on: kind)
        let wrong = privileges.subtracting(known)
        if wrong.isEmpty { return }
        throw TarnError(
            .invalidInput,
            "\(wrong.privileges.map(\.rawValue).joined(separator: ", ")) cannot be granted on a \(kind), which has "
                + known.privileges.map(\.rawValue).joined(separator: ", ") + ".",
            context: [("privileges", wrong.privileges.map(\.rawValue).joined(separator: ", "))])
    }

    /// Those who decide about an object may ask for anybody's grants on it, others for their own and their groups'.
    func principalForGrants(_ name: String, on object: Securable) throws -> PrincipalEntry {
        try access(to: object).canManage ? requirePrincipal(name) : knownPrincipal(name)
    }

    /// The grants on objects, the first of which is the one that is asked about.
    func grants(on chain: [Securable], to ids: Set<String>?) throws -> [GrantEntry] {
        var entries: [GrantEntry] = []
        for (level, step) in chain.enumerated() {
            // Who decides about a container decides about what lies in it, not the other way round.
            let mayAsk = try access(to: step).canManage
            let wanted = mayAsk ? ids : ids?.intersection(principal.ids) ?? principal.ids
            entries += try grantRows(to: wanted, on: step, isInherited: level > 0)
        }
        return entries
    }

    func grants(to entry: PrincipalEntry, limit: Int) throws -> [GrantEntry] {
        let isOwn = mayKnow(entry)
        let ids: [String] = try db.column(
            "SELECT DISTINCT securable_id FROM catalog_grants WHERE principal_id = ? ORDER BY 1 LIMIT ?",
            [entry.id, limit])
        var entries: [GrantEntry] = []
        for id in ids {
            guard let object = try securable(id: id), try isOwn || access(to: object).canManage else {
                continue
            }
            entries += try grantRows(to: [entry.id], on: object, isInherited: false)
        }
        return Array(
            entries.sorted { ($0.fullName, $0.kind.rawValue) < ($1.fullName, $1.kind.rawValue) }.prefix(limit)
        )
    }

    private func grantRows(
        to ids: Set<String>?, on object: Securable, isInherited: Bool
    ) throws -> [GrantEntry] {
        let name = try fullName(of: object)
        let chosen = ids.map { "AND g.principal_id IN (\($0.map { _ in "?" }.joined(separator: ", ")))" }
        return try db.rows(
            """
            SELECT p.name, p.kind, g.privilege, g.granted_by, g.created_us
            FROM catalog_grants g JOIN catalog_principals p ON p.id = g.principal_id
            WHERE g.securable_id = ? \(chosen ?? "") ORDER BY p.name_key, g.privilege
            """, [object.id] + (ids ?? []).sorted()
        ).compactMap { row in
            // A privilege or kind that a newer version made means nothing to this one.
            guard let privilege = Privilege(rawValue: try row("privilege")),
                let kind = Principal.Kind(rawValue: try row("kind"))
            else { return nil }
            return GrantEntry(
                principal: try row("name"), principalKind: kind, privilege: privilege, kind: object.kind,
                fullName: name, securableID: object.id, isInherited: isInherited,
                grantedBy: try row("granted_by"), createdMicroseconds: try row("created_us"))
        }
    }
}

extension CatalogService {
    /// Refuses unless the principal owns the table or something that it lies in, or has MANAGE there.
    ///
    /// - Throws: `.notFound` for a table that he may not see, `.permissionDenied`.
    package func requireManagement(of table: QualifiedName) async throws(TarnError) {
        try await read { rows in try rows.requireManagement(of: rows.requireTable(table).securable) }
    }
}
