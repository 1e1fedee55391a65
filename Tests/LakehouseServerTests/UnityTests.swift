import Base
import Catalog
import Lakehouse
import LakehouseServer
import Testing

/// Shapes and refusals of Unity Catalog's API; Tests/Interop/test_unity.py has its clients.
@Suite struct UnityTests {
    static let root = "/api/2.1/unity-catalog"

    private static func send(
        _ probe: HTTPProbe, _ method: String, _ path: String, _ body: String? = nil, token: String? = nil
    ) async throws -> HTTPAnswer {
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await probe.send(method, root + path, body, headers: headers)
    }

    @Test func everyRouteAsksForATokenAndSpeaksItsProtocolsErrors() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, _ in
            for (method, path) in [
                ("GET", "/catalogs"), ("POST", "/tables"), ("DELETE", "/schemas/a.b"),
                ("PATCH", "/volumes/a.b.c"),
                ("GET", "/permissions/table/a.b.c"), ("POST", "/temporary-path-credentials"),
                ("GET", "/nothing"),
            ] {
                let answer = try await Self.send(probe, method, path, method == "GET" ? nil : "{}")
                #expect(answer.status == 401, "\(method) \(path)")
                #expect(try answer.json()["error_code"]?.string == "UNAUTHENTICATED")
            }
            let answer = try await Self.send(probe, "GET", "/delta/v1/config")
            #expect(answer.status == 401)
            #expect(try answer.json()["error"]?["type"]?.string == "NotAuthorizedException")
        }
    }

    @Test func aSecondNameForATablesPlaceIsRefused() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let token = try await lake.token("ada")
            let catalog = try await lake.catalog
            try await catalog.createExternalLocation("out", url: "/tmp/tarn-unity-test/out")
            try await catalog.grant(
                .createExternalTable, on: try SecurableReference(.externalLocation, parts: ["out"]),
                to: ["ada"])
            try await catalog.grant(
                [.useCatalog, .useSchema, .createTable],
                on: try SecurableReference(.catalog, parts: ["main"]),
                to: ["ada"])
            func make(_ name: String, _ place: String) async throws -> Int {
                try await Self.send(
                    probe, "POST", "/tables",
                    """
                    {"name": "\(name)", "catalog_name": "main", "schema_name": "default", "table_type": "EXTERNAL",
                     "storage_location": "\(place)"}
                    """, token: token
                ).status
            }
            #expect(try await make("first", "file:///tmp/tarn-unity-test/out/t") == 200)
            for place in ["/t", "/t/part", ""] {
                #expect(
                    try await make("second", "file:///tmp/tarn-unity-test/out" + place) == 403, "\(place)")
            }
            #expect(try await make("third", "file:///tmp/tarn-unity-test/elsewhere") == 403)
            #expect(try await make("fourth", "file:///tmp/tarn-unity-test/out/t%20u") == 200)
        }
    }

    @Test(arguments: [
        "array<int>", "struct<a:int,`b c`:map<string,decimal(5,2)>>", "timestamp_ntz", "varchar(10)",
    ])
    func typesGoInAndOut(_ type: String) async throws {
        try await withServer { probe, _ in
            let text = JSONValue.string(type).jsonText
            let made = try await Self.send(
                probe, "POST", "/tables",
                """
                {"name": "t", "catalog_name": "main", "schema_name": "default", "table_type": "MANAGED",
                 "columns": [{"name": "c", "type_text": \(text)}]}
                """)
            #expect(made.status == 200, "\(made.text)")
            let shown = try made.json()["columns"]?[0]?["type_text"]?.string
            #expect(shown == (type.hasPrefix("varchar") ? "string" : type))
        }
    }

    @Test(arguments: [
        "", "intt", "array<int", "array<>", "decimal(50,2)", "decimal(2,5)", "struct<a>", "int int",
        "map<int>",
        String(repeating: "array<", count: 100) + "int" + String(repeating: ">", count: 100),
    ])
    func aTypeThatIsNoneIsRefused(_ type: String) async throws {
        try await withServer { probe, _ in
            let made = try await Self.send(
                probe, "POST", "/tables",
                """
                {"name": "t", "catalog_name": "main", "schema_name": "default", "table_type": "MANAGED",
                 "columns": [{"name": "c", "type_text": "\(type)"}]}
                """)
            #expect(made.status == 400, "\(made.text)")
            #expect(made.text.contains("columns[0].type_text"))
        }
    }
}
