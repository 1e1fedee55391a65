import Base
import Catalog
import Foundation
import Identity
import Lakehouse
import LakehouseServer
import Testing

extension Lakehouse {
    /// The secret of a new token.
    func token(
        _ user: String = "ada", scopes: [String] = [], lifetime: Duration? = nil
    ) async throws -> String {
        let principal = try await catalog.principalMakingUser(named: user).principal
        return try await identity.createToken(
            for: principal, lifetime: lifetime, scopes: try TokenScopes(words: scopes)
        ).secret.text
    }
}

@Suite struct AuthenticationTests {
    static let statements = "/api/2.0/sql/statements"

    @Test(arguments: [
        ("GET", "/version", "error"), ("GET", "/metrics", "error"), ("POST", statements, "error_code"),
        ("GET", statements + "/x", "error_code"), ("POST", "/get-online-features", "detail"),
        ("GET", "/", "error"), ("GET", "/no/such/path", "error"), ("DELETE", "/version", "error"),
    ])
    func everythingButHealthNeedsAToken(_ method: String, _ path: String, _ member: String) async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, _ in
            let answer = try await probe.send(method, path, method == "POST" ? "{}" : nil)
            #expect(answer.status == 401)
            #expect(try answer.json()[member] != nil, "\(answer.text)")
            #expect(answer.headers["www-authenticate"] == #"Bearer realm="tarn""#)
            #expect(try await probe.get("/health").status == 200)
        }
    }

    @Test(arguments: [
        "Bearer \(String(repeating: "x", count: 50))", "Bearer", "Bearer  ", "Digest a", "Basic !!", "tarn_x",
    ])
    func refusesWhatIsNoToken(_ header: String) async throws {
        // Also where none is needed: whoever shows one means to be somebody.
        for mode in ["none", "required"] {
            try await withServer({ $0.auth.mode = mode }) { probe, _ in
                let answer = try await probe.send("GET", "/version", headers: ["Authorization": header])
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"]?.contains("invalid_token") == true)
                #expect(!answer.text.contains("xxxx"))
            }
        }
    }

    @Test(arguments: ["Bearer TOKEN", "bearer TOKEN", "Bearer   TOKEN "])
    func takesATokenAsBearer(_ form: String) async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let header = form.replacing("TOKEN", with: try await lake.token())
            #expect(try await probe.send("GET", "/version", headers: ["Authorization": header]).status == 200)
        }
    }

    @Test func takesATokenAsPassword() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let pair = Data("token:\(try await lake.token())".utf8).base64EncodedString()
            let answer = try await probe.send("GET", "/version", headers: ["Authorization": "Basic \(pair)"])
            #expect(answer.status == 200)
        }
    }

    @Test func withoutATokenTheLocalOwnerAsks() async throws {
        try await withServer { probe, _ in
            let answer = try await probe.post(Self.statements, #"{"statement": "SHOW SCHEMAS"}"#)
            #expect(answer.text.contains("default"))
        }
    }

    /// A statement is its submitter's: another one's token finds it as little as one that never was.
    @Test func statementsAreTheirSubmitters() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let (ada, bob) = (try await lake.token("ada"), try await lake.token("bob"))
            let submitted = try await probe.send(
                "POST", Self.statements, #"{"statement": "SELECT 1"}"#,
                headers: ["Authorization": "Bearer \(ada)"])
            let id = try #require(try submitted.json()["statement_id"]?.string)
            for (token, status) in [(ada, 200), (bob, 404)] {
                let headers = ["Authorization": "Bearer \(token)"]
                let path = Self.statements + "/" + id
                #expect(try await probe.send("GET", path, headers: headers).status == status)
                #expect(
                    try await probe.send("GET", path + "/result/chunks/0", headers: headers).status == status)
                #expect(try await probe.send("POST", path + "/cancel", "", headers: headers).status == status)
            }
        }
    }

    @Test func scopesHold() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let feast = try await lake.token(scopes: ["feast"])
            let refused = try await probe.send(
                "POST", Self.statements, #"{"statement": "SELECT 1"}"#,
                headers: ["Authorization": "Bearer \(feast)"])
            #expect(refused.status == 403)
            #expect(try refused.json()["error_code"]?.string == "PERMISSION_DENIED")
            #expect(refused.text.contains("sql"))
            #expect(
                try await probe.send("GET", "/version", headers: ["Authorization": "Bearer \(feast)"]).status
                    == 200)
        }
    }

    @Test(arguments: [
        ("SELECT 1", "SUCCEEDED"), ("SHOW CATALOGS", "SUCCEEDED"), ("EXPLAIN SELECT 1", "SUCCEEDED"),
        ("CREATE TABLE t (n INTEGER)", "FAILED"), ("CREATE SCHEMA s", "FAILED"), ("DROP SCHEMA s", "FAILED"),
    ])
    func tokensForReadingOnlyRead(_ statement: String, _ state: String) async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            let token = try await lake.token(scopes: ["read-only"])
            let answer = try await probe.send(
                "POST", Self.statements, #"{"statement": "\#(statement)"}"#,
                headers: ["Authorization": "Bearer \(token)"])
            let status = try answer.json()["status"]
            #expect(status?["state"]?.string == state, "\(answer.text)")
            if state == "FAILED" {
                #expect(status?["error"]?["message"]?.string?.contains("for reading") == true)
            }
        }
    }

    @Test(arguments: [
        ("0.0.0.0", false, false, false, true, 0), ("0.0.0.0", false, true, false, false, 1),
        ("0.0.0.0", true, false, false, false, 1), ("0.0.0.0", true, false, true, false, 0),
        ("127.0.0.1", false, false, false, false, 0),
    ])
    func opensToTheNetworkOnlyWithAuthenticationOrInSoManyWords(
        _ host: String, _ isRequired: Bool, _ isOnPurpose: Bool, _ isEncrypted: Bool, _ isRefused: Bool,
        _ warnings: Int
    ) async {
        do throws(TarnError) {
            let found = try ServerSafety.check(
                host: host, isAuthenticationRequired: isRequired, isOpenOnPurpose: isOnPurpose,
                isEncrypted: isEncrypted)
            #expect(!isRefused && found.count == warnings)
        } catch { #expect(isRefused && error.message.contains(ServerSafety.openToEverybodyFlag)) }
    }
}
