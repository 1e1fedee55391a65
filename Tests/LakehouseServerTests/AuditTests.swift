import Audit
import Base
import HTTPTypes
import Lakehouse
import Testing

@testable import LakehouseServer

@Suite struct RequestAuditTests {
    @Test(arguments: [
        (HTTPRequest.Method.get, "/api/2.1/unity-catalog/tables/{full_name}", "getTable", "table" as String?),
        (.get, "/api/2.1/unity-catalog/tables", "listTables", nil),
        (.post, "/api/2.1/unity-catalog/catalogs", "createCatalog", nil),
        (.patch, "/api/2.1/unity-catalog/permissions/{type}/{name}", "updatePermission", "permission"),
        (
            .delete, "/api/2.1/unity-catalog/registered_models/{name}", "deleteRegisteredModel",
            "registered_model"
        ),
        (.post, "/api/2.1/unity-catalog/temporary-table-credentials", "createTemporaryTableCredential", nil),
        (.post, "/get-online-features", "getOnlineFeatures", nil),
        (.post, "/api/2.0/sql/statements/{id}/cancel", "cancel", nil),
        (.get, "/api/2.1/unity-catalog/metastore_summary", "getMetastoreSummary", nil),
        (.get, "/api/2.1/unity-catalog/policies", "listPolicies", nil),
    ])
    func routesHaveNames(_ method: HTTPRequest.Method, _ pattern: String, _ action: String, _ kind: String?) {
        let name = RouteName(method, pattern)
        #expect(name.action == action)
        #expect(name.objectKind == kind)
    }

    /// One event a request, with who, what and the result; a statement is its request's event.
    @Test func everyRequestHasOneEvent() async throws {
        try await withServer({ $0.audit.mode = "on" }) { probe, lake in
            _ = try await probe.get("/health")
            _ = try await probe.get("/api/2.1/unity-catalog/catalogs/main")
            _ = try await probe.get("/api/2.1/unity-catalog/catalogs/nothing")
            _ = try await probe.post(
                "/api/2.0/sql/statements",
                #"{"statement": "CREATE SCHEMA s COMMENT 'secret'", "wait_timeout": "30s"}"#)
            _ = try await probe.post("/api/2.0/sql/statements", #"{"no_statement": "here"}"#)
            let rows = try await lake.unrecordedRows(
                "SELECT action, object_name, outcome, door, details FROM system.audit ORDER BY sequence")
            #expect(
                rows.map { row in
                    ["action", "object_name", "outcome", "door"].map { row[$0]?.string ?? "-" }.joined(
                        separator: " ")
                } == [
                    "getCatalog main OK unity-catalog", "getCatalog nothing NOT_FOUND unity-catalog",
                    "CREATE SCHEMA main.s OK sql", "createStatement - INVALID_INPUT sql",
                ])
            #expect(!rows.contains { $0.jsonText.contains("secret") })
            #expect(try await lake.audit.verify().isWhole)
        }
    }

    /// Where callers must show who they are, the log is on by itself, and keeps those who could not.
    @Test func refusedCallersAreRecorded() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            _ = try await probe.get("/api/2.1/unity-catalog/catalogs")
            _ = try await probe.get("/nowhere")
            let rows = try await lake.unrecordedRows(
                "SELECT principal, action, outcome FROM system.audit ORDER BY sequence")
            #expect(
                rows.map { row in
                    ["principal", "action", "outcome"].map { row[$0]?.string ?? "-" }.joined(separator: " ")
                } == ["nobody listCatalogs UNAUTHENTICATED", "nobody getUnknown UNAUTHENTICATED"])
        }
    }
}
