import Base
import Catalog
import Identity
import Lakehouse
import Testing

/// Users and groups over SCIM, and who may do what with them.
@Suite struct ScimTests {
    private static let root = "/api/1.0/unity-control/scim2"

    private struct Client {
        let probe: HTTPProbe
        let token: String

        func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> HTTPAnswer {
            try await probe.send(method, root + path, body, headers: ["Authorization": "Bearer \(token)"])
        }
    }

    private func withClient(
        administrator: Bool = true, _ body: (Client, Lakehouse) async throws -> Void
    ) async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let token = try await lake.token("root")
            if administrator { try await lake.catalog.changeMembers(of: "admins", adding: ["root"]) }
            try await body(Client(probe: probe, token: token), lake)
        }
    }

    @Test func keepsUsers() async throws {
        try await withClient { client, lake in
            let made = try await client.send(
                "POST", "/Users",
                #"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "displayName": "Ada", "externalId": "x-1", "emails": [{"value": "ada@example.org", "primary": true}]}"#
            )
            #expect(made.status == 201)
            #expect(made.headers["content-type"] == "application/scim+json")
            let id = try #require(try made.json()["id"]?.string)
            #expect(try made.json()["userName"]?.string == "ada@example.org")
            #expect(made.headers["location"]?.hasSuffix("/Users/" + id) == true)
            let again = try await client.send("POST", "/Users", #"{"userName": "ADA@example.org"}"#)
            #expect(again.status == 409)
            #expect(try again.json()["scimType"]?.string == "uniqueness")
            #expect(try again.json()["status"]?.string == "409")
            let put = try await client.send(
                "PUT", "/Users/" + id,
                #"{"userName": "ada@example.org", "displayName": "Ada L.", "active": false}"#)
            #expect(try put.json()["active"]?.bool == false)
            #expect(try put.json()["externalId"] == nil)
            let patched = try await client.send(
                "PATCH", "/Users/" + id,
                #"{"Operations": [{"op": "Replace", "path": "active", "value": "True"}, {"op": "add", "value": {"displayName": "A"}}]}"#
            )
            #expect(patched.status == 200, "\(patched.text)")
            #expect(try patched.json()["active"]?.bool == true)
            #expect(try await client.send("GET", "/Users/" + id).json()["displayName"]?.string == "A")
            #expect(try await client.send("DELETE", "/Users/" + id).status == 204)
            #expect(try await client.send("GET", "/Users/" + id).status == 404)
        }
    }

    /// Deactivation by the identity provider ends what the user's tokens may do.
    @Test func deactivationEndsTokensAtOnce() async throws {
        try await withClient { client, lake in
            let token = try await lake.token("ada")
            let ada = try await lake.catalog.principal(named: "ada")
            func ask() async throws -> Int {
                try await client.probe.send("GET", "/version", headers: ["Authorization": "Bearer \(token)"])
                    .status
            }
            #expect(try await ask() == 200)
            _ = try await client.send(
                "PATCH", "/Users/" + ada.id,
                #"{"Operations": [{"op": "replace", "value": {"active": false}}]}"#)
            #expect(try await ask() == 401)
        }
    }

    @Test func keepsGroupsWithTheirMembers() async throws {
        try await withClient { client, lake in
            let (ada, bob) = (
                try await lake.catalog.createPrincipal(.user, "ada"),
                try await lake.catalog.createPrincipal(.user, "bob")
            )
            let made = try await client.send(
                "POST", "/Groups", #"{"displayName": "analysts", "members": [{"value": "\#(ada.id)"}]}"#)
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(try made.json()["id"]?.string)
            func members() async throws -> [String] {
                try await client.send("GET", "/Groups/" + id).json()["members"]?.array?.compactMap {
                    $0["display"]?.string
                } ?? []
            }
            #expect(try await members() == ["ada"])
            for (body, expected) in [
                (#"[{"op": "add", "path": "members", "value": [{"value": "\#(bob.id)"}]}]"#, ["ada", "bob"]),
                (#"[{"op": "remove", "path": "members[value eq \"\#(ada.id)\"]"}]"#, ["bob"]),
                (#"[{"op": "replace", "path": "members", "value": [{"value": "\#(ada.id)"}]}]"#, ["ada"]),
                (#"[{"op": "remove", "path": "members"}]"#, []),
            ] {
                let answer = try await client.send("PATCH", "/Groups/" + id, #"{"Operations": \#(body)}"#)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await members() == expected)
            }
            // A group in itself, and the built-in ones.
            let loop = try await client.send(
                "PATCH", "/Groups/" + id,
                #"{"Operations": [{"op": "add", "path": "members", "value": [{"value": "\#(id)"}]}]}"#)
            #expect(loop.status == 409)
            #expect(try await client.send("DELETE", "/Groups/admins").status == 409)
        }
    }

    @Test(arguments: [
        ("", 200, 6), ("?filter=userName%20eq%20%22U2%22", 200, 1),
        ("?filter=userName%20sw%20%22u%22", 200, 5),
        ("?filter=userName%20eq%20%22nobody%22", 200, 0), ("?filter=externalId%20eq%20%22x%22", 200, 0),
        ("?filter=active%20eq%20true", 200, 6), ("?filter=userName%20gt%20%22u%22", 400, 0),
        ("?filter=a%20eq%20%22b%22%20or%20c%20eq%20%22d%22", 400, 0), ("?filter=%22", 400, 0),
        ("?startIndex=x", 400, 0),
    ])
    func listsByFilter(_ query: String, _ status: Int, _ total: Int64) async throws {
        try await withClient { client, lake in
            for n in 0..<5 { try await lake.catalog.createPrincipal(.user, "u\(n)") }
            let answer = try await client.send("GET", "/Users" + query)
            #expect(answer.status == status, "\(answer.text)")
            if status == 200 { #expect(try answer.json()["totalResults"]?.int64 == total) }
        }
    }

    @Test func listsByPages() async throws {
        try await withClient { client, lake in
            for n in 0..<7 { try await lake.catalog.createPrincipal(.user, "u\(n)") }
            var names: [String] = []
            for start in [1, 4, 7] {
                let page = try await client.send("GET", "/Users?startIndex=\(start)&count=3").json()
                #expect(page["totalResults"]?.int64 == 8)
                names += page["Resources"]?.array?.compactMap { $0["userName"]?.string } ?? []
            }
            #expect(names == ["root"] + (0..<7).map { "u\($0)" })
        }
    }

    /// Others see themselves only, and change nothing; who is there they do not learn.
    @Test func isForAdministrators() async throws {
        try await withClient(administrator: false) { client, lake in
            let ada = try await lake.catalog.createPrincipal(.user, "ada")
            #expect(try await client.send("GET", "/Me").json()["userName"]?.string == "root")
            #expect(try await client.send("GET", "/Users").json()["totalResults"]?.int64 == 1)
            #expect(
                try await client.send("GET", "/Users?filter=userName%20eq%20%22ada%22").json()[
                    "totalResults"]?.int64 == 0)
            let hidden = try await client.send("GET", "/Users/" + ada.id)
            let absent = try await client.send("GET", "/Users/none")
            #expect(hidden.status == 404 && hidden.text.replacing(ada.id, with: "none") == absent.text)
            #expect(try await client.send("DELETE", "/Users/" + ada.id).status == 404)
            #expect(try await client.send("POST", "/Users", #"{"userName": "eve"}"#).status == 403)
            let me = try #require(try await client.send("GET", "/Me").json()["id"]?.string)
            let up = #"{"Operations": [{"op": "add", "path": "members", "value": [{"value": "\#(me)"}]}]}"#
            #expect([403, 404].contains(try await client.send("PATCH", "/Groups/admins", up).status))
        }
    }

    @Test(arguments: [
        ("POST", "/Users", "{"), ("POST", "/Users", "[]"), ("POST", "/Users", "{}"),
        ("POST", "/Users", #"{"userName": 7}"#),
        ("POST", "/Users", #"{"userName": ""}"#), ("POST", "/Users", #"{"userName": "a\u0000b"}"#),
        ("POST", "/Users", #"{"userName": "a", "active": "maybe"}"#),
        ("POST", "/Groups", #"{"displayName": "g", "members": [{}]}"#),
        ("POST", "/Groups", #"{"displayName": "g", "members": [{"value": "nobody"}]}"#),
    ])
    func refusesBadResources(_ method: String, _ path: String, _ body: String) async throws {
        try await withClient { client, _ in
            let answer = try await client.send(method, path, body)
            #expect(answer.status == 400)
            #expect(try answer.json()["schemas"]?[0]?.string == "urn:ietf:params:scim:api:messages:2.0:Error")
        }
    }

    @Test func localOwnerIsMe() async throws {
        try await withServer { probe, _ in
            let me = try await probe.get(Self.root + "/Me")
            #expect(try me.json()["userName"]?.string == "owner")
        }
    }
}

@Suite struct TokenRouteTests {
    private func form(_ probe: HTTPProbe, _ path: String, _ body: String, _ headers: [String: String] = [:])
        async throws
        -> HTTPAnswer
    {
        try await probe.send("POST", path, body, headers: headers)
    }

    @Test func clientCredentialsGiveASession() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let app = try await lake.catalog.createPrincipal(.servicePrincipal, "5f1c")
            let secret = try await lake.token("5f1c")
            let answer = try await form(
                probe, "/oidc/v1/token",
                "grant_type=client_credentials&scope=all-apis&client_id=5f1c&client_secret=\(secret)")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(try answer.json()["expires_in"]?.int64 == 3600)
            let session = try #require(try answer.json()["access_token"]?.string)
            let headers = ["Authorization": "Bearer \(session)"]
            let me = try await probe.send("GET", "/api/1.0/unity-control/scim2/Me", headers: headers)
            #expect(try me.json()["id"]?.string == app.id)
            // Logging out ends the session, and not the secret that it was had for.
            #expect(
                try await probe.send("POST", "/api/1.0/unity-control/auth/logout", "", headers: headers).text
                    == "{}")
            #expect(try await probe.send("GET", "/version", headers: headers).status == 401)
            #expect(
                try await probe.send("GET", "/version", headers: ["Authorization": "Bearer \(secret)"]).status
                    == 200)
            _ = try await probe.send(
                "POST", "/api/1.0/unity-control/auth/logout", "",
                headers: ["Authorization": "Bearer \(secret)"])
            #expect(
                try await probe.send("GET", "/version", headers: ["Authorization": "Bearer \(secret)"]).status
                    == 200)
        }
    }

    @Test(arguments: [
        ("/oidc/v1/token", "", 400, "unsupported_grant_type"),
        ("/oidc/v1/token", "grant_type=password", 400, "unsupported_grant_type"),
        ("/oidc/v1/token", "grant_type=client_credentials", 401, "invalid_client"),
        (
            "/oidc/v1/token", "grant_type=client_credentials&client_id=a&client_secret=b", 401,
            "invalid_client"
        ),
        ("/oidc/v1/token", "a=1&a=2", 400, "invalid_request"),
        ("/oidc/v1/token", "a=%zz", 400, "invalid_request"),
        ("/api/1.0/unity-control/auth/tokens", "grant_type=x", 400, "INVALID_ARGUMENT"),
        (
            "/api/1.0/unity-control/auth/tokens",
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token_type=urn:ietf:params:oauth:token-type:id_token&subject_token=eyJ.e.s",
            401, "UNAUTHENTICATED"
        ),
    ])
    func refusesInTheProtocolsWords(_ path: String, _ body: String, _ status: Int, _ code: String)
        async throws
    {
        try await withServer({ $0.auth.mode = "required" }) { probe, _ in
            let answer = try await form(probe, path, body)
            #expect(answer.status == status)
            let json = try answer.json()
            #expect((json["error"]?.string ?? json["error_code"]?.string) == code, "\(answer.text)")
        }
    }

    @Test func everybodyKeepsHisOwnTokens() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let headers = [
                "Authorization": "Bearer \(try await lake.token("ada", scopes: ["identity", "sql"]))"
            ]
            let made = try await probe.send(
                "POST", "/api/2.0/token/create", #"{"lifetime_seconds": 60, "comment": "c"}"#,
                headers: headers)
            let value = try #require(try made.json()["token_value"]?.string)
            let id = try #require(try made.json()["token_info"]?["token_id"]?.string)
            // Never for more than the token that asked.
            #expect(try await lake.identity.caller(showing: value).scopes.words == ["identity", "sql"])
            let list = try await probe.send("GET", "/api/2.0/token/list", headers: headers)
            #expect(try list.json()["token_infos"]?.array?.count == 2)
            #expect(!list.text.contains(value))
            let other = ["Authorization": "Bearer \(try await lake.token("bob"))"]
            let body = #"{"token_id": "\#(id)"}"#
            #expect(try await probe.send("POST", "/api/2.0/token/delete", body, headers: other).status == 404)
            #expect(
                try await probe.send("POST", "/api/2.0/token/delete", body, headers: headers).status == 200)
            #expect(
                try await probe.send("GET", "/version", headers: ["Authorization": "Bearer \(value)"]).status
                    == 401)
            #expect(
                try await probe.send(
                    "POST", "/api/2.0/token/create", #"{"lifetime_seconds": -5}"#, headers: headers
                ).status
                    == 400)
        }
    }
}
