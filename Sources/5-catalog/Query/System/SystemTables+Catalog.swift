internal import Base
internal import Catalog
internal import Engine
internal import TableModel

/// What the catalog knows, as tables.
extension SystemTables {
    static let stamps: [(String, DataType)] = [
        ("owner", .string), ("comment", .string), ("created", .timestamp), ("created_by", .string),
        ("updated", .timestamp), ("updated_by", .string),
    ]

    static func stamps(_ object: VisibleObject) -> [EngineValue] {
        let securable = object.securable
        return [
            .string(object.ownerName), .text(securable.comment), .timestamp(securable.createdMicroseconds),
            .text(securable.createdBy), .timestamp(securable.updatedMicroseconds),
            .text(securable.updatedBy),
        ]
    }

    static let catalogTables: [String: SystemTable] = [
        "catalogs": .rows(
            [("catalog_name", .string), ("catalog_id", .string)] + stamps, "catalogs that you may see"
        ) { scope in
            try await scope.catalog.visibleObjects([.catalog]).map {
                [.string($0.parts[0]), .string($0.securable.id)] + stamps($0)
            }
        },
        "schemas": .rows(
            [("catalog_name", .string), ("schema_name", .string), ("schema_id", .string)] + stamps,
            "schemas that you may see"
        ) { scope in
            try await scope.catalog.visibleObjects([.schema]).map {
                [.string($0.parts[0]), .string($0.parts[1]), .string($0.securable.id)] + stamps($0)
            }
        },
        "tables": .rows(
            names + [
                ("table_id", .string), ("kind", .string), ("format", .string), ("location", .string),
            ] + stamps, "tables and views that you may see"
        ) { scope in
            try await scope.catalog.visibleObjects([.table], where: wanted(scope)).map { object in
                let kind = object.detail("kind")
                let place =
                    kind == "view"
                    ? nil : object.securable.location ?? scope.catalog.warehouse + "/" + object.securable.id
                return names(object) + [
                    .string(object.securable.id), .text(kind), .text(object.detail("format")),
                    // Where files lie is the business of those who manage them.
                    .text(object.canManage ? place : nil),
                ] + stamps(object)
            }
        },
        "objects": .rows(
            [
                ("object_kind", .string), ("object_name", .string), ("object_id", .string), ("name", .string),
            ] + stamps, "everything of any kind that you may see"
        ) { scope in
            try await scope.catalog.visibleObjects(Set(SecurableKind.allCases)).map {
                [
                    .string($0.securable.kind.rawValue), .string($0.fullName), .string($0.securable.id),
                    .string($0.securable.name),
                ] + stamps($0)
            }
        },
        "grants": .rows(
            [
                ("principal", .string), ("principal_kind", .string), ("privilege", .string),
                ("object_kind", .string), ("object_name", .string), ("object_id", .string),
                ("granted_by", .string), ("created", .timestamp),
            ], "grants to you and your groups, and all on what you manage"
        ) { scope in
            try await scope.catalog.visibleGrants().map {
                [
                    .string($0.principal), .string($0.principalKind), .string($0.privilege),
                    .string($0.object.securable.kind.rawValue), .string($0.object.fullName),
                    .string($0.object.securable.id), .text($0.grantedBy), .timestamp($0.createdMicroseconds),
                ]
            }
        },
        "principals": .rows(
            [
                ("principal_id", .string), ("kind", .string), ("name", .string), ("display_name", .string),
                ("active", .boolean), ("groups", .array(element: .string, containsNull: true)),
                ("created", .timestamp),
            ], "users, service principals and groups; for others than administrators their own"
        ) { scope in
            try await scope.catalog.visiblePrincipals().map {
                [
                    .string($0.id), .string($0.kind), .string($0.name), .text($0.displayName),
                    .boolean($0.isActive), .list($0.groups.map(EngineValue.string)),
                    .timestamp($0.createdMicroseconds),
                ]
            }
        },
        "tags": .rows(
            [
                ("object_kind", .string), ("object_name", .string), ("object_id", .string),
                ("column_key", .string), ("tag_key", .string), ("tag_value", .string),
                ("created_by", .string), ("created", .timestamp),
            ], "tags of objects and columns that you may see"
        ) { scope in
            try await scope.catalog.visibleTags().map {
                [
                    .string($0.object.securable.kind.rawValue), .string($0.object.fullName),
                    .string($0.object.securable.id), .text($0.columnKey.isEmpty ? nil : $0.columnKey),
                    .string($0.key), .string($0.value), .text($0.createdBy),
                    .timestamp($0.createdMicroseconds),
                ]
            }
        },
        "policies": .rows(
            [
                ("kind", .string), ("name", .string), ("object_kind", .string), ("object_name", .string),
                ("object_id", .string), ("column_key", .string), ("function_name", .string),
                ("definition", .string), ("created_by", .string), ("created", .timestamp),
            ], "row filters, column masks and tag policies on what you manage"
        ) { scope in
            try await scope.catalog.visiblePolicies().map {
                [
                    .string($0.kind), .text($0.name), .string($0.object.securable.kind.rawValue),
                    .string($0.object.fullName), .string($0.object.securable.id),
                    .text($0.columnKey.isEmpty ? nil : $0.columnKey), .string($0.function),
                    .string($0.definition), .text($0.createdBy), .timestamp($0.createdMicroseconds),
                ]
            }
        },
    ]

    static let names: [(String, DataType)] = [
        ("catalog_name", .string), ("schema_name", .string), ("table_name", .string), ("full_name", .string),
    ]

    static func names(_ object: VisibleObject) -> [EngineValue] {
        object.parts.prefix(3).map(EngineValue.string) + [.string(object.fullName)]
    }

    /// Whether a table may be among the rows that are asked for.
    static func wanted(_ scope: SystemScope) -> @Sendable ([String]) -> Bool {
        { parts in
            guard parts.count == 3 else { return false }
            let name = QualifiedName(catalog: parts[0], schema: parts[1], name: parts[2])
            return scope.mayWant([
                ("catalog_name", parts[0]), ("schema_name", parts[1]), ("table_name", parts[2]),
                ("full_name", name.description),
            ])
        }
    }
}
