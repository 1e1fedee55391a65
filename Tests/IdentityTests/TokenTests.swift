import Base
import Catalog
import Identity
import Metastore
import Testing

@Suite struct TokenTests {
    @Test func aTokenActsAsItsUser() async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("Ada@Example.org")
        let token = try await fixture.identity.createToken(for: ada, lifetime: .seconds(3600))
        let caller = try await fixture.identity.caller(showing: token.secret.text)
        #expect(caller.principal == ada)
        #expect(caller.scopes == .all)
        #expect(caller.tokenID == token.id)
    }

    /// The prefix and the length are what scanners look for.
    @Test func secretsAreLongRandomAndRecognisable() async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        var seen: Set<String> = []
        for _ in 0..<200 {
            let text = try await fixture.identity.createToken(for: ada, lifetime: nil).secret.text
            #expect(text.hasPrefix("tarn_") && text.utf8.count == 54)
            #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            #expect(seen.insert(text).inserted)
        }
    }

    @Test func onlyAHashIsKept() async throws {
        let fixture = try await IdentityFixture()
        let secret = try await fixture.identity.createToken(for: try await fixture.user("ada"), lifetime: nil)
            .secret
        let kept = try await fixture.metastore.read { db in
            try db.rows("SELECT * FROM identity_tokens").map { "\($0.values)" }.joined()
        }
        #expect(!kept.contains(secret.text) && !kept.contains(secret.text.dropFirst(5).prefix(20)))
    }

    enum Fault: CaseIterable {
        case unknown, typo, expired, revoked, deactivated, deleted, huge, empty, notOurs
    }

    /// Whatever is wrong with a token, the answer is the same.
    @Test(arguments: Fault.allCases) func refusesWithTheSameWords(_ fault: Fault) async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        let token = try await fixture.identity.createToken(for: ada, lifetime: .seconds(60))
        var text = token.secret.text
        // Known to the cache before it stops to hold.
        _ = try await fixture.identity.caller(showing: text)
        switch fault {
        case .unknown:
            text = try await IdentityFixture(seed: 99).makeToken()
        case .typo: text = text.dropLast() + (text.last == "0" ? "1" : "0")
        case .expired: fixture.time.advance(by: .seconds(60))
        case .revoked: try await fixture.identity.revokeToken(token.id)
        case .deactivated:
            try await fixture.execute("UPDATE catalog_principals SET active = 0 WHERE id = ?", [ada.id])
        case .deleted: try await fixture.execute("DELETE FROM catalog_principals WHERE id = ?", [ada.id])
        case .huge: text = String(repeating: text, count: 100_000)
        case .empty: text = ""
        case .notOurs: text = "dapi0123456789abcdef"
        }
        let error = await failure { _ = try await fixture.identity.caller(showing: text) }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message == IdentityService.refusal.message)
    }

    /// Groups may change while a token is in use.
    @Test func aChangeOfGroupsHoldsAtTheNextCall() async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        let secret = try await fixture.identity.createToken(for: ada, lifetime: nil).secret
        #expect(try await !fixture.identity.caller(showing: secret.text).principal.isAdministrator)
        try await fixture.execute(
            "INSERT INTO catalog_members (group_id, member_id) VALUES ('admins', ?)", [ada.id])
        #expect(try await fixture.identity.caller(showing: secret.text).principal.isAdministrator)
    }

    @Test func useIsWrittenDownOnlyWhenToldTo() async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        let token = try await fixture.identity.createToken(for: ada, lifetime: nil)
        let before = try await fixture.metastore.changeToken()
        for _ in 0..<50 { _ = try await fixture.identity.caller(showing: token.secret.text) }
        #expect(try await fixture.metastore.changeToken() == before)
        #expect(try await fixture.identity.tokens().first?.lastUsedMicroseconds == nil)
        let used = fixture.time.nowMicroseconds()
        try await fixture.identity.writeUses()
        #expect(try await fixture.identity.tokens().first?.lastUsedMicroseconds == used)
    }

    @Test func onlyAdministratorsMakeAndRevokeTokensOfOthers() async throws {
        let fixture = try await IdentityFixture()
        let (ada, bob) = (try await fixture.user("ada"), try await fixture.user("bob"))
        let token = try await fixture.identity.createToken(for: ada, lifetime: nil, by: ada)
        #expect(
            await failure { _ = try await fixture.identity.createToken(for: ada, lifetime: nil, by: bob) }?
                .code
                == .permissionDenied)
        let hidden = await failure { try await fixture.identity.revokeToken(token.id, by: bob) }
        let absent = await failure { try await fixture.identity.revokeToken("none", by: bob) }
        #expect(hidden?.code == .notFound)
        #expect(hidden?.message == absent?.message.replacing("none", with: token.id))
        try await fixture.identity.revokeToken(token.id, by: ada)
        #expect(
            try await fixture.identity.tokens().first?.state(at: fixture.time.nowMicroseconds()) == .revoked)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .seconds(101 * 365 * 86400)])
    func refusesLifetimesOutOfRange(_ lifetime: Duration) async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        #expect(
            await failure { _ = try await fixture.identity.createToken(for: ada, lifetime: lifetime) }?.code
                == .invalidInput)
    }

    /// Sessions do not fill the metastore.
    @Test func oldSessionsAreForgotten() async throws {
        let fixture = try await IdentityFixture()
        let ada = try await fixture.user("ada")
        for _ in 0..<5 {
            _ = try await fixture.identity.createToken(for: ada, lifetime: .seconds(3600), kind: .session)
        }
        fixture.time.advance(by: .seconds(26 * 3600))
        _ = try await fixture.identity.createToken(for: ada, lifetime: .seconds(3600), kind: .session)
        #expect(try await fixture.identity.tokens().count == 1)
    }

    @Test func listsByPagesAndByPrincipal() async throws {
        let fixture = try await IdentityFixture()
        let (ada, bob) = (try await fixture.user("ada"), try await fixture.user("bob"))
        for _ in 0..<3 { _ = try await fixture.identity.createToken(for: ada, lifetime: nil) }
        _ = try await fixture.identity.createToken(for: bob, lifetime: nil)
        var seen: [String] = []
        while true {
            let page = try await fixture.identity.tokens(of: ada.id, after: seen.last ?? "", limit: 2)
            if page.isEmpty { break }
            seen += page.map(\.id)
        }
        #expect(seen.count == 3 && Set(seen).count == 3)
    }
}

extension IdentityFixture {
    func makeToken() async throws -> String {
        try await identity.createToken(for: try await user("stranger"), lifetime: nil).secret.text
    }
}

@Suite struct ScopeTests {
    @Test(arguments: [
        ([], "all"), (["all"], "all"), (["all", "sql"], "all"), (["read-only"], "all read-only"),
        (["sql", "feast", "read-only"], "feast sql read-only"),
    ])
    func readsWords(_ words: [String], _ expected: String) throws {
        let scopes = try TokenScopes(words: words)
        #expect(scopes.words.joined(separator: " ") == expected)
        #expect(try TokenScopes(words: scopes.words) == scopes)
    }

    @Test func namesTheScopesThatThereAre() async {
        let error = await failure { _ = try TokenScopes(words: ["sequel"]) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("unity-catalog") == true)
    }

    @Test(arguments: [
        ("/api/2.0/sql/statements/{id}", TokenSurface.sql), ("/get-online-features", .feast),
        ("/api/2.1/unity-catalog/tables", .unityCatalog),
        ("/api/2.1/unity-catalog/iceberg-rest/v1/config", .iceberg),
        ("/iceberg/v1/config", .iceberg), ("/api/1.0/unity-control/scim2/Me", .identity),
        ("/api/3.0/mlflow/runs/search", .mlflow), ("/api/v1/lineage", .lineage), ("/version", nil),
        ("/searching", nil), ("/icebergs/v1", nil),
    ])
    func knowsTheSurfaceOfAPath(_ path: String, _ surface: TokenSurface?) {
        #expect(TokenSurface(path: path) == surface)
    }

    @Test func refusesWhatATokenIsNotFor() throws {
        let scopes = try TokenScopes(words: ["sql", "read-only"])
        try scopes.require(.sql, isReading: true)
        try scopes.require(nil, isReading: true)
        #expect(throws: TarnError.self) { try scopes.require(.sql, isReading: false) }
        #expect(throws: TarnError.self) { try scopes.require(.feast, isReading: true) }
    }
}
