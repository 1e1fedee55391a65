package import Base
import Metastore

/// A privilege that somebody has on something by a grant.
package struct VisibleGrant: Sendable {
    package let object: VisibleObject
    package let principal: String
    package let principalKind: String
    package let privilege: String
    package let grantedBy: String?
    package let createdMicroseconds: Int64
}

/// A tag of an object or of one of its columns.
package struct VisibleTag: Sendable {
    package let object: VisibleObject
    /// Empty for the object itself.
    package let columnKey: String
    package let key: String
    package let value: String
    package let createdBy: String?
    package let createdMicroseconds: Int64
}

/// A row filter, a column mask, or a policy for what carries a tag.
package struct VisiblePolicy: Sendable {
    /// `row_filter` or `column_mask`.
    package let kind: String
    /// `nil` for those that stand on a table by themselves.
    package let name: String?
    package let object: VisibleObject
    /// Empty where it is not one column's.
    package let columnKey: String
    package let function: String
    /// JSON: arguments, or what it matches and whom it holds for.
    package let definition: String
    package let createdBy: String?
    package let createdMicroseconds: Int64
}

/// A user, service principal or group.
package struct VisiblePrincipal: Sendable {
    package let id: String
    package let kind: String
    package let name: String
    package let displayName: String?
    package let isActive: Bool
    package let groups: [String]
    package let createdMicroseconds: Int64
}

extension CatalogService {
    private static let governancePage = 1_000

    /// The grants that the principal may know of: those to him and his groups, and those on what he manages.
    package func visibleGrants() async throws(TarnError) -> [VisibleGrant] {
        try await read { rows in
            var overview = CatalogOverview(rows)
            var grants: [VisibleGrant] = []
            let own = rows.principal.ids
            var place: [String] = ["", "", ""]
            while true {
                let page = try rows.db.rows(
                    """
                    SELECT g.securable_id, g.principal_id, g.privilege, g.granted_by, g.created_us, p.name, p.kind
                    FROM catalog_grants g JOIN catalog_principals p ON p.id = g.principal_id
                    WHERE (g.securable_id, g.principal_id, g.privilege) > (?, ?, ?)
                    ORDER BY g.securable_id, g.principal_id, g.privilege LIMIT ?
                    """, [place[0], place[1], place[2], Self.governancePage])
                for row in page {
                    place = [try row("securable_id"), try row("principal_id"), try row("privilege")]
                    guard let object = try overview.object(place[0]),
                        object.canManage || own.contains(place[1])
                    else { continue }
                    grants.append(
                        VisibleGrant(
                            object: object, principal: try row("name"), principalKind: try row("kind"),
                            privilege: place[2], grantedBy: try row("granted_by"),
                            createdMicroseconds: try row("created_us")))
                }
                if page.count < Self.governancePage { return grants }
            }
        }
    }

    /// The tags of what the principal may see.
    package func visibleTags() async throws(TarnError) -> [VisibleTag] {
        try await read { rows in
            var overview = CatalogOverview(rows)
            let all = try rows.db.rows(
                """
                SELECT securable_id, column_key, tag_key, tag_value, created_by, created_us FROM catalog_tags
                ORDER BY securable_id, column_key, tag_key
                """)
            var tags: [VisibleTag] = []
            for row in all {
                guard let object = try overview.object(try row("securable_id")) else { continue }
                tags.append(
                    VisibleTag(
                        object: object, columnKey: try row("column_key"), key: try row("tag_key"),
                        value: try row("tag_value"), createdBy: try row("created_by"),
                        createdMicroseconds: try row("created_us")))
            }
            return tags
        }
    }

    /// The policies on what the principal manages: others are not told what is hidden from them.
    package func visiblePolicies() async throws(TarnError) -> [VisiblePolicy] {
        try await read { rows in
            var overview = CatalogOverview(rows)
            let direct = try rows.db.rows(
                """
                SELECT table_id AS object_id, column_key, function_id, arguments AS definition, created_by, created_us
                FROM catalog_policies ORDER BY table_id, column_key
                """)
            let byTag = try rows.db.rows(
                """
                SELECT scope_id AS object_id, name, kind, function_id, definition, created_by, created_us
                FROM catalog_tag_policies ORDER BY scope_id, name_key
                """)
            var policies: [VisiblePolicy] = []
            for (row, isByTag) in direct.map({ ($0, false) }) + byTag.map({ ($0, true) }) {
                guard let object = try overview.object(try row("object_id")), object.canManage else {
                    continue
                }
                let column: String = isByTag ? "" : try row("column_key")
                let kind: String = isByTag ? try row("kind") : column.isEmpty ? "row_filter" : "column_mask"
                policies.append(
                    VisiblePolicy(
                        kind: kind, name: isByTag ? try row("name") : nil, object: object, columnKey: column,
                        function: try overview.object(try row("function_id"))?.fullName ?? "",
                        definition: try row("definition"), createdBy: try row("created_by"),
                        createdMicroseconds: try row("created_us")))
            }
            return policies
        }
    }

    /// All principals, for administrators; himself and his groups, for anybody else.
    package func visiblePrincipals() async throws(TarnError) -> [VisiblePrincipal] {
        try await read { rows in
            let all = try rows.db.rows(
                "SELECT id, kind, name, display_name, active, created_us FROM catalog_principals ORDER BY name_key"
            )
            let members = try rows.db.rows(
                """
                SELECT m.member_id, g.name FROM catalog_members m JOIN catalog_principals g ON g.id = m.group_id
                ORDER BY g.name_key
                """)
            var groups: [String: [String]] = [:]
            for row in members { groups[try row("member_id"), default: []].append(try row("name")) }
            let own = rows.principal.ids
            return try all.compactMap { row in
                let id: String = try row("id")
                guard rows.principal.isAdministrator || own.contains(id) else { return nil }
                return VisiblePrincipal(
                    id: id, kind: try row("kind"), name: try row("name"),
                    displayName: try row("display_name"), isActive: try row("active"),
                    groups: groups[id] ?? [], createdMicroseconds: try row("created_us"))
            }
        }
    }
}
