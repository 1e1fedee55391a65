import Base
import Metastore

/// The SQL of `catalog_principals` and `catalog_members`, and who may know whom.
extension CatalogRows {
    private static let principalColumns =
        "id, kind, name, display_name, external_id, active, created_us, updated_us"
    /// So many names are compared at most when a name is not found.
    private static let principalHints = 1_000

    func principalEntry(key: String) throws -> PrincipalEntry? {
        try db.row(
            "SELECT \(Self.principalColumns) FROM catalog_principals WHERE name_key = ?", [key]
        ).map(Self.entry)
    }

    func principalEntry(id: String) throws -> PrincipalEntry? {
        try db.row("SELECT \(Self.principalColumns) FROM catalog_principals WHERE id = ?", [id])
            .map(Self.entry)
    }

    /// Up to `limit` of them, of one kind or all, after a name's key, in the order of the keys.
    func principalEntries(
        _ kind: Principal.Kind?, after key: String, limit: Int
    ) throws -> [PrincipalEntry] {
        try db.rows(
            """
            SELECT \(Self.principalColumns) FROM catalog_principals
            WHERE name_key > ? AND (kind = ? OR ? = '') ORDER BY name_key LIMIT ?
            """, [key, kind?.rawValue ?? "", kind?.rawValue ?? "", limit]
        ).map(Self.entry)
    }

    /// The direct members of a group, in the order of their names.
    func members(of groupID: String) throws -> [PrincipalEntry] {
        try db.rows(
            """
            SELECT \(Self.principalColumns) FROM catalog_principals
            WHERE id IN (SELECT member_id FROM catalog_members WHERE group_id = ?) ORDER BY name_key
            """, [groupID]
        ).map(Self.entry)
    }

    /// The user, group or service principal of a name, for a grant or an ownership.
    ///
    /// - Throws: `.notFound` with near names: all for an administrator, else those that he may know of.
    func requirePrincipal(_ name: String, _ kind: Principal.Kind? = nil) throws -> PrincipalEntry {
        if let found = try principalEntry(key: NameRules.key(of: name)), kind == nil || found.kind == kind {
            return found
        }
        try unknownPrincipal(name, kind)
    }

    /// Says that there is nobody of that name, with the near names that the principal who asks may know.
    func unknownPrincipal(_ name: String, _ kind: Principal.Kind?) throws -> Never {
        let known = try principalEntries(kind, after: "", limit: Self.principalHints).filter(mayKnow)
        let what = kind?.description ?? "user, group or service principal"
        throw TarnError(
            .notFound,
            "There is no \(what) \(QualifiedName.quotedIfNeeded(name)).\(didYouMean(name, among: known.map(\.name)))",
            context: [("principal", name)])
    }

    /// Administrators know everybody, all others themselves and the groups that they are in.
    func mayKnow(_ entry: PrincipalEntry) -> Bool {
        principal.isAdministrator || principal.ids.contains(entry.id)
    }

    func requireAdministrator(_ action: String) throws {
        if principal.isAdministrator { return }
        throw TarnError(
            .permissionDenied,
            "Only administrators may \(action), and \(principal.name) is not a member of the group \(Principal.administrators)."
        )
    }

    func insert(_ entry: PrincipalEntry) throws {
        try refuseTakenPrincipal(entry.name, except: nil)
        try db.execute(
            """
            INSERT INTO catalog_principals (\(Self.principalColumns), name_key)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.id, entry.kind.rawValue, entry.name, entry.displayName, entry.externalID,
                entry.isActive,
                entry.createdMicroseconds, entry.updatedMicroseconds, NameRules.key(of: entry.name),
            ])
    }

    func refuseTakenPrincipal(_ name: String, except id: String?) throws {
        guard let other = try principalEntry(key: NameRules.key(of: name)), other.id != id else { return }
        throw TarnError(
            .alreadyExists,
            "There is a \(other.kind) \(QualifiedName.quotedIfNeeded(other.name)) already: users, groups and service principals share their names.",
            context: [("principal", other.name)])
    }

    /// Whether a principal is a group's member, directly or through other groups.
    func isMember(_ id: String, of groupID: String) throws -> Bool {
        try db.row(
            """
            WITH RECURSIVE upward (id) AS (
                SELECT group_id FROM catalog_members WHERE member_id = ?
                UNION SELECT m.group_id FROM catalog_members m JOIN upward u ON m.member_id = u.id)
            SELECT 1 FROM upward WHERE id = ?
            """, [id, groupID]) != nil
    }

    private static func entry(_ row: MetastoreRow) throws -> PrincipalEntry {
        guard let kind = Principal.Kind(rawValue: try row("kind")) else {
            throw TarnError(.unsupported, "The metastore holds a principal of an unknown kind.")
        }
        return PrincipalEntry(
            id: try row("id"), kind: kind, name: try row("name"), displayName: try row("display_name"),
            externalID: try row("external_id"), isActive: try row("active"),
            createdMicroseconds: try row("created_us"), updatedMicroseconds: try row("updated_us"))
    }
}
