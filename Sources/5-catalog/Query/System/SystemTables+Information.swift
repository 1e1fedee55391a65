internal import Base
internal import Catalog
internal import Engine
internal import TableModel
internal import Tables

/// `information_schema` of a catalog, as SQL's standard has it, for programs that ask there.
extension SystemTables {
    static func information(_ registry: TableRegistry) -> [String: SystemTable] {
        [
            "schemata": .rows(
                [("catalog_name", .string), ("schema_name", .string), ("schema_owner", .string)],
                "schemas of this catalog"
            ) { scope in
                try await objects(.schema, scope).map {
                    [.string($0.parts[0]), .string($0.parts[1]), .string($0.ownerName)]
                }
            },
            "tables": .rows(
                [
                    ("table_catalog", .string), ("table_schema", .string), ("table_name", .string),
                    ("table_type", .string), ("table_comment", .string),
                ], "tables and views of this catalog"
            ) { scope in
                try await objects(.table, scope).map { object in
                    let type =
                        switch object.detail("kind") {
                        case "view": "VIEW"
                        case "external": "EXTERNAL"
                        default: "BASE TABLE"
                        }
                    return object.parts.prefix(3).map(EngineValue.string)
                        + [.string(type), .text(object.securable.comment)]
                }
            },
            "columns": .rows(
                [
                    ("table_catalog", .string), ("table_schema", .string), ("table_name", .string),
                    ("column_name", .string), ("ordinal_position", .long), ("is_nullable", .string),
                    ("data_type", .string), ("comment", .string),
                ], "columns of this catalog's tables"
            ) { scope in
                let key = NameRules.key(of: scope.catalogName)
                return try await columnRows(scope.withoutFilter, registry).compactMap { row in
                    guard case .string(let catalog) = row[0], NameRules.key(of: catalog) == key,
                        case .int64(let place) = row[5]
                    else { return nil }
                    return Array(row[0..<3]) + [
                        row[4], .int64(place + 1), .string(row[7] == .boolean(true) ? "YES" : "NO"), row[6],
                        row[9],
                    ]
                }
            },
            "table_privileges": .rows(
                [
                    ("grantor", .string), ("grantee", .string), ("table_catalog", .string),
                    ("table_schema", .string), ("table_name", .string), ("privilege_type", .string),
                    ("is_grantable", .string),
                ], "grants on this catalog's tables"
            ) { scope in
                let key = NameRules.key(of: scope.catalogName)
                return try await scope.catalog.visibleGrants().compactMap { grant in
                    let parts = grant.object.parts
                    guard grant.object.securable.kind == .table, parts.count == 3,
                        NameRules.key(of: parts[0]) == key
                    else { return nil }
                    return [.text(grant.grantedBy), .string(grant.principal)]
                        + parts.map(EngineValue.string) + [.string(grant.privilege), .string("NO")]
                }
            },
        ]
    }

    private static func objects(_ kind: SecurableKind, _ scope: SystemScope) async throws -> [VisibleObject] {
        let key = NameRules.key(of: scope.catalogName)
        return try await scope.catalog.visibleObjects([kind]) { parts in
            parts.first.map { NameRules.key(of: $0) == key } ?? false
        }
    }
}

extension SystemScope {
    /// The columns have other names there, so the filter does not fit.
    var withoutFilter: SystemScope {
        SystemScope(principal: principal, catalog: catalog, catalogName: catalogName, filter: nil)
    }
}
