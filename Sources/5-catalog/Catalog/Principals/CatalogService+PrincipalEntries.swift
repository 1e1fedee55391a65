package import Base
import Metastore

/// Users, groups and service principals: only administrators make, change and drop them.
extension CatalogService {
    /// Makes a user, a group or a service principal.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - name: 1 to 255 characters; users, groups and service principals share their names.
    ///   - displayName: For people.
    ///   - externalID: What the identity provider calls it.
    ///   - isActive: Whether it may do anything.
    ///   - ifNotExists: Whether one of that kind and name is taken as it is.
    /// - Returns: The entry.
    /// - Throws: `.permissionDenied` unless an administrator asks, `.alreadyExists`, `.invalidInput`.
    @discardableResult
    package func createPrincipal(
        _ kind: Principal.Kind, _ name: String, displayName: String? = nil, externalID: String? = nil,
        isActive: Bool = true, ifNotExists: Bool = false
    ) async throws(TarnError) -> PrincipalEntry {
        try PrincipalName.check(name, of: kind)
        let now = time.nowMicroseconds()
        let entry = PrincipalEntry(
            id: random.uuid(), kind: kind, name: name, displayName: displayName, externalID: externalID,
            isActive: isActive, createdMicroseconds: now, updatedMicroseconds: now)
        return try await write { rows in
            try rows.requireAdministrator("make users, groups and service principals")
            if ifNotExists, let known = try rows.principalEntry(key: NameRules.key(of: name)),
                known.kind == kind
            {
                return known
            }
            try rows.insert(entry)
            return entry
        }
    }

    /// The user, group or service principal of a name.
    ///
    /// - Throws: `.notFound` also for one that the asking principal may not know: all but himself and his groups, unless
    ///   he is an administrator.
    package func principalEntry(
        named name: String, _ kind: Principal.Kind? = nil
    ) async throws(TarnError) -> PrincipalEntry {
        try await read { try $0.knownPrincipal(name, kind) }
    }

    /// The user, group or service principal with that id, if the asking principal may know of it.
    package func principalEntry(id: String) async throws(TarnError) -> PrincipalEntry? {
        try await read { rows in try rows.principalEntry(id: id).flatMap { rows.mayKnow($0) ? $0 : nil } }
    }

    /// A page of those that the asking principal may know of, in the order of their names.
    ///
    /// - Parameters:
    ///   - kind: `nil` for all kinds.
    ///   - limit: At most `largestPage`.
    ///   - after: `next` of an earlier page.
    /// - Returns: The page.
    /// - Throws: What the metastore throws.
    package func principals(
        _ kind: Principal.Kind? = nil, limit: Int = defaultPageSize, after: String? = nil
    ) async throws(TarnError) -> CatalogPage<PrincipalEntry> {
        let size = min(max(1, limit), Self.largestPage)
        return try await read { rows in
            let found: [PrincipalEntry]
            if rows.principal.isAdministrator {
                found = try rows.principalEntries(kind, after: after ?? "", limit: size + 1)
            } else {
                found = try rows.principal.ids.compactMap { try rows.principalEntry(id: $0) }
                    .filter { kind == nil || $0.kind == kind }
                    .sorted { NameRules.key(of: $0.name) < NameRules.key(of: $1.name) }
                    .filter { NameRules.key(of: $0.name) > (after ?? "") }
            }
            let page = Array(found.prefix(size))
            let next = found.count > size ? page.last.map { NameRules.key(of: $0.name) } : nil
            return CatalogPage(entries: page, next: next)
        }
    }

    /// Gives a user, a group or a service principal another name or state; its grants and what it owns stay.
    ///
    /// - Throws: `.failedPrecondition` for the built-in groups, `.alreadyExists`, `.notFound`, `.permissionDenied`.
    @discardableResult
    package func updatePrincipal(
        _ name: String, _ changes: PrincipalChanges, _ kind: Principal.Kind? = nil
    ) async throws(TarnError) -> PrincipalEntry {
        let now = time.nowMicroseconds()
        return try await write { rows in
            try rows.requireAdministrator("change users, groups and service principals")
            let old = try rows.requirePrincipal(name, kind)
            if let newName = changes.name, newName != old.name {
                try Self.refuseBuiltIn(old, "renamed")
                try PrincipalName.check(newName, of: old.kind)
                try rows.refuseTakenPrincipal(newName, except: old.id)
            }
            if changes.isActive == false { try Self.refuseBuiltIn(old, "deactivated") }
            let newName = changes.name ?? old.name
            try rows.db.execute(
                """
                UPDATE catalog_principals SET name = ?, name_key = ?, display_name = ?, external_id = ?,
                    active = ?, updated_us = ? WHERE id = ?
                """,
                [
                    newName, NameRules.key(of: newName), changes.displayName ?? old.displayName,
                    changes.externalID ?? old.externalID, changes.isActive ?? old.isActive, now, old.id,
                ])
            return try rows.requirePrincipal(newName)
        }
    }

    /// Drops a user, a group or a service principal with its grants and memberships.
    ///
    /// What it owned is the administrators' from then on: an identity provider must be able to take somebody away at
    /// once, and nobody of the same name who comes later may inherit anything.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - kind: `nil` for any.
    ///   - ifExists: Whether it is no error if there is none.
    /// - Returns: What was dropped, and how many objects it owned; `nil` if there was none.
    /// - Throws: `.failedPrecondition` for the built-in groups, `.notFound`, `.permissionDenied`.
    @discardableResult
    package func dropPrincipal(
        _ name: String, _ kind: Principal.Kind? = nil, ifExists: Bool = false
    ) async throws(TarnError) -> (entry: PrincipalEntry, ownedCount: Int)? {
        try await write { rows in
            try rows.requireAdministrator("drop users, groups and service principals")
            if ifExists {
                guard let known = try rows.principalEntry(key: NameRules.key(of: name)),
                    kind == nil || known.kind == kind
                else { return nil }
            }
            let old = try rows.requirePrincipal(name, kind)
            try Self.refuseBuiltIn(old, "dropped")
            let owned = try rows.db.execute(
                "UPDATE catalog_securables SET owner_id = NULL WHERE owner_id = ?", [old.id])
            try rows.db.execute("DELETE FROM catalog_principals WHERE id = ?", [old.id])
            return (old, owned)
        }
    }

    private static func refuseBuiltIn(_ entry: PrincipalEntry, _ action: String) throws {
        if entry.isBuiltIn {
            throw TarnError(
                .failedPrecondition,
                "The group \(QualifiedName.quotedIfNeeded(entry.name)) cannot be \(action): every lakehouse has it."
            )
        }
    }
}

extension CatalogRows {
    /// The user, group or service principal of a name, for those who may know of it.
    func knownPrincipal(_ name: String, _ kind: Principal.Kind? = nil) throws -> PrincipalEntry {
        let found = try principalEntry(key: NameRules.key(of: name))
        if let found, mayKnow(found), kind == nil || found.kind == kind { return found }
        // The same words whether there is none or none for him.
        try unknownPrincipal(name, kind)
    }
}
