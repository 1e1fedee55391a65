package import Base
import Metastore

extension CatalogService {
    /// A user or service principal by name, with all the groups that it is in.
    ///
    /// - Throws: `.notFound` if there is no such user or service principal, or if it was deactivated.
    package func principal(named name: String) async throws(TarnError) -> Principal {
        try await read { rows in try rows.principal(NameRules.key(of: name), name) }
    }
}

extension CatalogRows {
    func principal(_ key: String, _ name: String) throws -> Principal {
        guard
            let row = try db.row(
                "SELECT id, kind, name FROM catalog_principals WHERE name_key = ? AND active = 1", [key]),
            let kind = Principal.Kind(rawValue: try row("kind")), kind != .group
        else {
            throw TarnError(.notFound, "There is no active user or service principal \(name).")
        }
        let id: String = try row("id")
        let groups = try groups(of: id)
        return Principal(
            id: id, kind: kind, name: try row("name"), groupIDs: Set(groups.map(\.id)),
            groupKeys: Set(groups.map(\.key)))
    }

    /// All groups that a principal is in, through other groups too, with the group of everybody.
    func groups(of id: String) throws -> [(id: String, key: String)] {
        try db.rows(
            """
            WITH RECURSIVE upward (id) AS (
                SELECT group_id FROM catalog_members WHERE member_id = ?
                UNION SELECT m.group_id FROM catalog_members m JOIN upward u ON m.member_id = u.id)
            SELECT id, name_key FROM catalog_principals
            WHERE id IN (SELECT id FROM upward) OR id = ?
            """, [id, Principal.everybody]
        ).map { (try $0("id"), try $0("name_key")) }
    }
}
