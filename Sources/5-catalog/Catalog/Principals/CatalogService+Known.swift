package import Base
import Metastore

extension CatalogService {
    /// A user or service principal by id, with all the groups that it is in.
    ///
    /// - Throws: `.notFound` if there is none, or if it was deactivated.
    package func principal(id: String) async throws(TarnError) -> Principal {
        try await read { rows in
            let name: String? = try rows.db.value(
                "SELECT name_key FROM catalog_principals WHERE id = ?", [id])
            return try rows.principal(name ?? "", id)
        }
    }

    /// A user or service principal by name, as a member of more groups than those of the catalog.
    ///
    /// - Parameters:
    ///   - name: In any case.
    ///   - groups: What an identity provider says: names of groups. Those that the catalog does not know count for nothing,
    ///     and administrators are made in the catalog only.
    /// - Returns: With the groups that these are in, too.
    /// - Throws: `.notFound` if there is none, or if it was deactivated.
    package func principal(named name: String, inGroups groups: [String]) async throws(TarnError) -> Principal
    {
        try await read { rows in
            let known = try rows.principal(NameRules.key(of: name), name)
            var (ids, keys) = (known.groupIDs, known.groupKeys)
            for group in Set(groups.map(NameRules.key(of:))).sorted() {
                let id: String? = try rows.db.value(
                    "SELECT id FROM catalog_principals WHERE name_key = ? AND kind = 'group' AND active = 1",
                    [group])
                guard let id else { continue }
                let all = [(id: id, key: group)] + (try rows.groups(of: id))
                for found in all
                where found.id != Principal.administrators || known.groupIDs.contains(found.id) {
                    ids.insert(found.id)
                    keys.insert(found.key)
                }
            }
            return Principal(id: known.id, kind: known.kind, name: known.name, groupIDs: ids, groupKeys: keys)
        }
    }

    /// Makes a user of a name that nobody has; tells whether it did.
    package func makeUserIfUnknown(_ name: String) async throws(TarnError) -> Bool {
        do { return try await principalMakingUser(named: name).isNew } catch
            where [.alreadyExists, .failedPrecondition, .invalidInput].contains(error.code)
        {
            return false
        }
    }

    /// The user or service principal of that name; a new user where there is nobody of that name.
    ///
    /// - Throws: `.permissionDenied` unless an administrator asks and somebody has to be made, `.alreadyExists` if the name
    ///   is a group's, `.failedPrecondition` if it was deactivated.
    package func principalMakingUser(
        named name: String
    ) async throws(TarnError) -> (principal: Principal, isNew: Bool) {
        let isFit = (1...NameRules.longestName).contains(name.unicodeScalars.count)
        if !isFit || name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw TarnError(
                .invalidInput,
                "A user's name has 1 to \(NameRules.longestName) characters, none of them control characters."
            )
        }
        let key = NameRules.key(of: name)
        let (id, now, asking) = (random.uuid(), time.nowMicroseconds(), principal)
        return try await write { rows in
            let known = try rows.db.row(
                "SELECT kind, active FROM catalog_principals WHERE name_key = ?", [key])
            if let known {
                let (kind, isActive): (String, Bool) = (try known("kind"), try known("active"))
                if kind == Principal.Kind.group.rawValue {
                    throw TarnError(
                        .alreadyExists, "\(name) is a group; a token is for a user or a service principal.")
                }
                if !isActive {
                    throw TarnError(.failedPrecondition, "\(name) was deactivated. Activate the user first.")
                }
                return (try rows.principal(key, name), false)
            }
            if !asking.isAdministrator {
                throw TarnError(.permissionDenied, "Only administrators make users.")
            }
            try rows.db.execute(
                """
                INSERT INTO catalog_principals (id, kind, name, name_key, active, created_us, updated_us)
                VALUES (?, ?, ?, ?, 1, ?, ?)
                """, [id, Principal.Kind.user.rawValue, name, key, now, now])
            return (try rows.principal(key, name), true)
        }
    }
}
