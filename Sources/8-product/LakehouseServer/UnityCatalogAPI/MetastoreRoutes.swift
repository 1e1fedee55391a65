import Base
import Catalog
import HTTPTypes

extension UnityCatalogAPI {
    func metastoreRoutes() -> [Route] {
        [
            route(.get, "/metastore_summary") { call in
                let root = try await call.catalog.securable(.metastore)
                return .object([
                    "metastore_id": .string(root.id), "name": .string("tarn"), "owner": .string("admins"),
                    "privilege_model_version": .string("1.0"),
                    "created_at": .int(UnityObject.milliseconds(root.createdMicroseconds)),
                ])
            },
            route(.get, "/current-metastore-assignment") { call in
                let root = try await call.catalog.securable(.metastore)
                return .object([
                    "metastore_id": .string(root.id), "workspace_id": .int(0),
                    "default_catalog_name": .string(QualifiedName.defaultCatalog),
                ])
            },
            // DuckDB's extension takes the setting's name for the schema that names without one mean.
            Route(
                .get, "/api/2.0/settings/types/default_namespace_ws/names/default", errors: .unity
            ) { _ in
                .json(
                    .object([
                        "etag": .string("1"), "setting_name": .string(QualifiedName.defaultSchema),
                        "namespace": .object(["value": .string(QualifiedName.defaultCatalog)]),
                    ]))
            },
        ]
    }
}
