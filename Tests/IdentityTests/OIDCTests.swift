import Base
import Catalog
import Crypto
import Foundation
import Identity
import Testing

@Suite struct OIDCTests {
    let time = ManualTimeSource()

    @Test(arguments: [false, true]) func takesWhatTheProviderSigned(_ isEdwards: Bool) async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: isEdwards)
        let provider = FakeProvider([key])
        let bearer = try await provider.verifier(time).bearer(
            of: FakeProvider.token(FakeProvider.claims(time), by: key))
        #expect(bearer.name == "ada")
        #expect(bearer.groups == nil)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout JSONObject, Int64) -> Void
        init(_ name: String, _ change: @escaping @Sendable (inout JSONObject, Int64) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    @Test(arguments: [
        Fault("another issuer") { claims, _ in claims["iss"] = .string("https://evil.example.org/") },
        Fault("issuer without its slash") { claims, _ in claims["iss"] = .string("https://login.example.org")
        },
        Fault("no issuer") { claims, _ in claims["iss"] = nil },
        Fault("another audience") { claims, _ in claims["aud"] = .string("other") },
        Fault("audiences without Tarn") { claims, _ in
            claims["aud"] = .array([.string("a"), .string("tarn2")])
        },
        Fault("no audience") { claims, _ in claims["aud"] = nil },
        Fault("expired") { claims, now in claims["exp"] = .int(now - 61) },
        Fault("without an end") { claims, _ in claims["exp"] = nil },
        Fault("an end as text") { claims, now in claims["exp"] = .string("\(now + 300)") },
        Fault("an end beyond numbers") { claims, _ in claims["exp"] = .number("1e400") },
        Fault("not yet valid") { claims, now in claims["nbf"] = .int(now + 61) },
        Fault("issued in the future") { claims, now in claims["iat"] = .int(now + 3600) },
        Fault("a beginning as text") { claims, _ in claims["nbf"] = .string("now") },
        Fault("no subject") { claims, _ in claims["sub"] = nil },
        Fault("an empty subject") { claims, _ in claims["sub"] = .string("") },
        Fault("a subject that is no text") { claims, _ in claims["sub"] = .int(7) },
    ])
    func refusesClaimsThatDoNotHold(_ fault: Fault) async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let verifier = FakeProvider([key]).verifier(time)
        var claims = FakeProvider.claims(time)
        fault.change(&claims, time.nowMicroseconds() / 1_000_000)
        let token = try FakeProvider.token(claims, by: key)
        #expect(await failure { _ = try await verifier.bearer(of: token) }?.code == .unauthenticated)
    }

    @Test(arguments: [("exp", Int64(-59)), ("nbf", 59), ("iat", 59), ("exp", 1)])
    func allowsForClocksThatDiffer(_ claim: String, _ seconds: Int64) async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        var claims = FakeProvider.claims(time)
        claims[claim] = .int(time.nowMicroseconds() / 1_000_000 + seconds)
        claims["aud"] = .array([.string("other"), .string("tarn")])
        _ = try await FakeProvider([key]).verifier(time).bearer(of: FakeProvider.token(claims, by: key))
    }

    enum Forgery: CaseIterable {
        case noAlgorithm, noneAlgorithm, noneInCapitals, secretOfPublicKey, otherKey, otherKeyOfTheSameName,
            cutSignature,
            noSignature, changedPayload, criticalExtension, doubledClaim, padding, fourParts, twoParts,
            algorithmOfOtherKind,
            keyInHeader, otherType
    }

    @Test(arguments: Forgery.allCases) func refusesForgeries(_ forgery: Forgery) async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let stranger = FakeProvider.Key(id: forgery == .otherKey ? "x" : "k", isEdwards: false)
        let verifier = FakeProvider([key]).verifier(time)
        let claims = FakeProvider.claims(time)
        let good = try FakeProvider.token(claims, by: key)
        let parts = good.split(separator: ".").map(String.init)
        func forged(_ header: JSONObject, _ sign: (String) throws -> String) rethrows -> String {
            let text = base64URL(JSONValue.object(header).jsonBytes) + "." + parts[1]
            return text + "." + (try sign(text))
        }
        let token: String
        switch forgery {
        case .noAlgorithm: token = try FakeProvider.token(claims, by: key) { $0["alg"] = nil }
        case .noneAlgorithm: token = forged(["alg": .string("none"), "kid": .string("k")]) { _ in "" }
        case .noneInCapitals: token = forged(["alg": .string("NONE"), "kid": .string("k")]) { _ in "AA" }
        case .secretOfPublicKey:
            // The public key, which everybody has, as the secret of an HMAC.
            let secret = SymmetricKey(data: key.elliptic.publicKey.pemRepresentation.utf8.map { $0 })
            token = forged(["alg": .string("HS256"), "kid": .string("k")]) {
                base64URL(Array(HMAC<SHA256>.authenticationCode(for: Array($0.utf8), using: secret)))
            }
        case .otherKey, .otherKeyOfTheSameName: token = try FakeProvider.token(claims, by: stranger)
        case .cutSignature: token = String(good.dropLast(4))
        case .noSignature: token = parts[0] + "." + parts[1] + "."
        case .changedPayload:
            var other = claims
            other["sub"] = .string("root")
            token = parts[0] + "." + base64URL(JSONValue.object(other).jsonBytes) + "." + parts[2]
        case .criticalExtension:
            token = try FakeProvider.token(claims, by: key) { $0["crit"] = .array([.string("exp")]) }
        case .doubledClaim:
            token = try FakeProvider.token(
                JSONObject(claims.members.map { ($0.name, $0.value) } + [("sub", .string("root"))]), by: key)
        case .padding: token = good + "="
        case .fourParts: token = good + ".AA"
        case .twoParts: token = parts[0] + "." + parts[1]
        case .algorithmOfOtherKind:
            token = try FakeProvider.token(claims, by: key) { $0["alg"] = .string("EdDSA") }
        case .keyInHeader:
            token = try FakeProvider.token(claims, by: stranger) { $0["jwk"] = stranger.json }
        case .otherType: token = try FakeProvider.token(claims, by: key) { $0["typ"] = .string("logout+jwt") }
        }
        #expect(await failure { _ = try await verifier.bearer(of: token) }?.code == .unauthenticated)
        _ = try await verifier.bearer(of: good)
    }

    @Test func hugeTokensAreRefusedUnread() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let provider = FakeProvider([key])
        var claims = FakeProvider.claims(time)
        claims["more"] = .string(String(repeating: "x", count: 20_000))
        let token = try FakeProvider.token(claims, by: key)
        #expect(
            await failure { _ = try await provider.verifier(time).bearer(of: token) }?.code
                == .unauthenticated)
        #expect(provider.requests == 0)
    }

    /// A new key is taken over at once, but made up ones lead to few requests.
    @Test func rotatesKeysWithoutAskingTooOften() async throws {
        let (old, new) = (
            FakeProvider.Key(id: "old", isEdwards: false), FakeProvider.Key(id: "new", isEdwards: true)
        )
        let provider = FakeProvider([old])
        let verifier = provider.verifier(time)
        func ask(_ key: FakeProvider.Key) async -> TarnError.Code? {
            await failure {
                _ = try await verifier.bearer(of: FakeProvider.token(FakeProvider.claims(time), by: key))
            }?.code
        }
        #expect(await ask(old) == nil)
        time.advance(by: .seconds(11))
        provider.rotate(to: [new, old])
        #expect(await ask(new) == nil)
        #expect(await ask(old) == nil)
        #expect(provider.requests == 2)
        for n in 0..<50 {
            #expect(await ask(FakeProvider.Key(id: "made up \(n)", isEdwards: false)) == .unauthenticated)
        }
        #expect(provider.requests == 2)
        // The old key is taken back, and is gone after an hour at the latest.
        provider.rotate(to: [new])
        time.advance(by: .seconds(3601))
        #expect(await ask(old) == .unauthenticated)
        #expect(await ask(new) == nil)
        #expect(provider.requests == 3)
    }

    @Test func knownKeysHoldWhileTheProviderIsDown() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let provider = FakeProvider([key])
        let verifier = provider.verifier(time)
        provider.setDown(true)
        func ask() async -> TarnError? {
            await failure {
                _ = try await verifier.bearer(of: FakeProvider.token(FakeProvider.claims(time), by: key))
            }
        }
        #expect(await ask()?.code == .storage)
        provider.setDown(false)
        time.advance(by: .seconds(11))
        #expect(await ask() == nil)
        provider.setDown(true)
        for _ in 0..<5 {
            time.advance(by: .seconds(3601))
            #expect(await ask() == nil)
        }
    }

    /// Many requests at once after a start ask the provider once.
    @Test func asksOnceForManyAtATime() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let provider = FakeProvider([key])
        let verifier = provider.verifier(time)
        let token = try FakeProvider.token(FakeProvider.claims(time), by: key)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await verifier.bearer(of: token) } }
            try await group.waitForAll()
        }
        #expect(provider.requests == 1)
    }

    @Test func leavesOutKeysThatItCannotUse() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let provider = FakeProvider([key])
        for text in [
            #"{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}"#,
            #"{"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"}"#,
            #"{"kty": "EC", "kid": "e", "crv": "secp256k1", "x": "AA", "y": "AA"}"#, #"{"kty": "new"}"#, "7",
        ] { provider.add(try JSONValue.parse(text)) }
        let verifier = provider.verifier(time)
        _ = try await verifier.bearer(of: FakeProvider.token(FakeProvider.claims(time), by: key))
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys": []}"#, #"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#, "\u{0}",
        "{\"keys\": [",
    ])
    func keySetsThatAreNoneAreLikeAProviderThatIsDown(_ text: String) async throws {
        let rules = OIDCRules(issuer: FakeProvider.issuer, audience: FakeProvider.audience)
        let verifier = OIDCVerifier(rules, time: time) { Array(text.utf8) }
        let token = try FakeProvider.token(
            FakeProvider.claims(time), by: FakeProvider.Key(id: "k", isEdwards: false))
        #expect(await failure { _ = try await verifier.bearer(of: token) }?.code == .storage)
    }

    @Test func groupsComeFromTheClaimThatTheSettingsName() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let fixture = try await IdentityFixture()
        _ = try await fixture.user("ada")
        for name in ["analysts", "people"] {
            try await fixture.catalog.createPrincipal(.group, name)
        }
        try await fixture.catalog.changeMembers(of: "people", adding: ["analysts"])
        fixture.identity.take(FakeProvider([key]).verifier(fixture.time) { $0.groupsClaim = "groups" })
        var claims = FakeProvider.claims(fixture.time)
        claims["groups"] = .array([.string("Analysts"), .string("unknown"), .string("admins")])
        let caller = try await fixture.identity.caller(showing: FakeProvider.token(claims, by: key))
        #expect(caller.principal.groupKeys == ["analysts", "people", "account users"])
        #expect(!caller.principal.isAdministrator)
        claims["groups"] = .object([:])
        let bad = try FakeProvider.token(claims, by: key)
        #expect(
            await failure { _ = try await fixture.identity.caller(showing: bad) }?.code == .unauthenticated)
    }

    @Test(arguments: [true, false]) func makesUsersOnlyWhenToldTo(_ makesUsers: Bool) async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let fixture = try await IdentityFixture()
        fixture.identity.take(FakeProvider([key]).verifier(fixture.time), makesUsers: makesUsers)
        let token = try FakeProvider.token(FakeProvider.claims(fixture.time, "new@example.org"), by: key)
        let error = await failure { _ = try await fixture.identity.caller(showing: token) }
        #expect((error == nil) == makesUsers)
        if !makesUsers { #expect(error?.code == .unauthenticated) }
        // Who was deactivated does not come back.
        let gone = try await fixture.user("gone")
        try await fixture.execute("UPDATE catalog_principals SET active = 0 WHERE id = ?", [gone.id])
        let old = try FakeProvider.token(FakeProvider.claims(fixture.time, "gone"), by: key)
        #expect(
            await failure { _ = try await fixture.identity.caller(showing: old) }?.code == .unauthenticated)
    }

    @Test func exchangesAJWTForASession() async throws {
        let key = FakeProvider.Key(id: "k", isEdwards: false)
        let fixture = try await IdentityFixture()
        _ = try await fixture.user("ada")
        fixture.identity.take(FakeProvider([key]).verifier(fixture.time))
        let token = try FakeProvider.token(FakeProvider.claims(fixture.time), by: key)
        let session = try await fixture.identity.exchange(subjectToken: token, lifetime: .seconds(3600))
        #expect(try await fixture.identity.caller(showing: session.secret.text).principal.name == "ada")
        // A session gives no longer one.
        #expect(
            await failure {
                _ = try await fixture.identity.exchange(
                    subjectToken: session.secret.text, lifetime: .seconds(3600))
            }?.code == .unauthenticated)
        fixture.time.advance(by: .seconds(3600))
        #expect(
            await failure { _ = try await fixture.identity.caller(showing: session.secret.text) }?.code
                == .unauthenticated)
    }

    @Test func clientCredentialsGiveNoMoreThanTheirToken() async throws {
        let fixture = try await IdentityFixture()
        let app = try await fixture.user("5f1c-app")
        let token = try await fixture.identity.createToken(
            for: app, lifetime: .seconds(100), scopes: try TokenScopes(words: ["unity-catalog", "read-only"]))
        let session = try await fixture.identity.session(
            clientID: "5F1C-APP", secret: token.secret.text, lifetime: .seconds(3600))
        let caller = try await fixture.identity.caller(showing: session.secret.text)
        #expect(caller.scopes.words == ["unity-catalog", "read-only"])
        #expect(session.expiresMicroseconds == token.expiresMicroseconds)
        for (id, secret) in [("other", token.secret.text), ("5f1c-app", "tarn_x"), ("", "")] {
            let error = await failure {
                _ = try await fixture.identity.session(clientID: id, secret: secret, lifetime: .seconds(60))
            }
            #expect(error?.message == IdentityService.refusal.message)
        }
    }
}
