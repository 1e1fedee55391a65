import Base
import HTTPTypes
import Lakehouse
import NIOCore

/// Unity Catalog's REST API, version 2.1, and its Delta API; docs/unity-catalog.md lists the routes.
///
/// Every call works on the catalog as the one who asks may see it: what he may not see is not there.
struct UnityCatalogAPI: Sendable {
    static let root = "/api/2.1/unity-catalog"
    static let deltaRoot = root + "/delta/v1"

    let lake: Lakehouse

    func makeRoutes() -> [Route] {
        catalogRoutes() + schemaRoutes() + tableRoutes() + functionRoutes() + credentialRoutes()
            + stagingRoutes() + deltaRoutes() + commitRoutes()
            + permissionRoutes() + metastoreRoutes() + volumeRoutes() + modelRoutes() + modelVersionRoutes()
            + externalLocationRoutes() + storageCredentialRoutes()
    }

    /// A route that answers with JSON.
    func route(
        _ method: HTTPRequest.Method, _ path: String, errors: ErrorShape = .unity,
        _ handler: @escaping @Sendable (UnityCall) async throws -> JSONValue
    ) -> Route {
        let root = errors == .unityDelta ? Self.deltaRoot : Self.root
        return Route(method, root + path, errors: errors) { [lake] request in
            .json(try await handler(try await UnityCall(request, lake)))
        }
    }

    /// A route that answers without a body (204).
    func emptyRoute(
        _ method: HTTPRequest.Method, _ path: String, errors: ErrorShape,
        _ handler: @escaping @Sendable (UnityCall) async throws -> Void
    ) -> Route {
        let root = errors == .unityDelta ? Self.deltaRoot : Self.root
        return Route(method, root + path, errors: errors) { [lake] request in
            try await handler(try await UnityCall(request, lake))
            return ServerResponse(status: .noContent, contentType: "application/json", body: ByteBuffer())
        }
    }
}
