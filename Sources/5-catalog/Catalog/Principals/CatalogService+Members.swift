package import Base
import Metastore

/// Who is in which group: only administrators change it.
extension CatalogService {
    /// Adds and removes members of a group, all or nothing.
    ///
    /// - Parameters:
    ///   - group: Its name; not `account users`, which everybody is in.
    ///   - adding: Names of users, groups and service principals; who is in the group already stays.
    ///   - removing: Names; who is not in the group is no error.
    /// - Throws: `.notFound` with near names, `.failedPrecondition` if the group would be in itself, and for
    ///   `account users`; `.permissionDenied` unless an administrator asks.
    package func changeMembers(
        of group: String, adding: [String] = [], removing: [String] = []
    ) async throws(TarnError) {
        try await write { rows in
            try rows.requireAdministrator("change the members of groups")
            let group = try rows.requirePrincipal(group, .group)
            if group.id == Principal.everybody {
                throw TarnError(
                    .failedPrecondition,
                    "Everybody is in the group \(QualifiedName.quotedIfNeeded(group.name)); its members cannot be changed."
                )
            }
            for name in removing {
                let member = try rows.requirePrincipal(name)
                try rows.db.execute(
                    "DELETE FROM catalog_members WHERE group_id = ? AND member_id = ?", [group.id, member.id])
            }
            for name in adding { try rows.add(try rows.requirePrincipal(name), to: group) }
        }
    }

    /// Gives a group exactly these members.
    package func setMembers(of group: String, to names: [String]) async throws(TarnError) {
        try await write { rows in
            try rows.requireAdministrator("change the members of groups")
            let group = try rows.requirePrincipal(group, .group)
            let members = try names.map { try rows.requirePrincipal($0) }
            try rows.db.execute("DELETE FROM catalog_members WHERE group_id = ?", [group.id])
            for member in members { try rows.add(member, to: group) }
        }
    }

    /// The direct members of a group, in the order of their names.
    ///
    /// - Throws: `.notFound` for a group that the asking principal may not know.
    package func members(of group: String) async throws(TarnError) -> [PrincipalEntry] {
        try await read { rows in
            let group = try rows.knownPrincipal(group, .group)
            return try rows.members(of: group.id).filter(rows.mayKnow)
        }
    }

    /// The groups that a user, group or service principal is in, through other groups too.
    package func groups(of name: String) async throws(TarnError) -> [PrincipalEntry] {
        try await read { rows in
            let member = try rows.knownPrincipal(name)
            return try rows.groups(of: member.id).compactMap { try rows.principalEntry(id: $0.id) }
                .sorted { NameRules.key(of: $0.name) < NameRules.key(of: $1.name) }
        }
    }
}

extension CatalogRows {
    fileprivate func add(_ member: PrincipalEntry, to group: PrincipalEntry) throws {
        let groupName = QualifiedName.quotedIfNeeded(group.name)
        if member.id == group.id {
            throw TarnError(.failedPrecondition, "The group \(groupName) cannot be a member of itself.")
        }
        if member.id == Principal.everybody {
            throw TarnError(
                .failedPrecondition,
                "The group \(QualifiedName.quotedIfNeeded(member.name)) holds everybody and cannot be a member of another."
            )
        }
        if member.kind == .group, try isMember(group.id, of: member.id) {
            throw TarnError(
                .failedPrecondition,
                "The group \(QualifiedName.quotedIfNeeded(member.name)) cannot be a member of \(groupName), which is a member of it already: groups must not go in circles.",
                context: [("group", group.name), ("member", member.name)])
        }
        try db.execute(
            "INSERT INTO catalog_members (group_id, member_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [group.id, member.id])
    }
}
