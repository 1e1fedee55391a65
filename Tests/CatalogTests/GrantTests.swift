import Base
import Catalog
import LakehouseTesting
import Testing

@Suite struct GrantTests {
    let fixture: CatalogFixture
    var catalog: CatalogService { fixture.catalog }
    let table = QualifiedName(name: "t")
    var reference: SecurableReference { SecurableReference(table: table) }

    init() async throws {
        fixture = try await CatalogFixture()
        try await fixture.makeTable("t")
        for name in ["alice", "bob"] { try await fixture.catalog.createPrincipal(.user, name) }
        try await fixture.catalog.createPrincipal(.group, "team")
        try await fixture.catalog.changeMembers(of: "team", adding: ["alice"])
    }

    func asking(_ name: String) async throws -> CatalogService {
        catalog.acting(as: try await catalog.principal(named: name))
    }

    func main() throws -> SecurableReference { try SecurableReference(.catalog, fullName: "main") }
    func schema() throws -> SecurableReference { try SecurableReference(.schema, fullName: "main.default") }

    /// To read a table one needs USE CATALOG, USE SCHEMA and SELECT; without any one of them he cannot.
    @Test(arguments: [0, 1, 2]) func everyLevelIsNeeded(_ missing: Int) async throws {
        let needed = [
            (try main(), PrivilegeSet.useCatalog), (try schema(), .useSchema), (reference, .select),
        ]
        for (object, privilege) in needed { try await catalog.grant(privilege, on: object, to: ["alice"]) }
        let alice = try await asking("alice")
        _ = try await alice.table(table, requiring: .select)
        try await catalog.revoke(needed[missing].1, on: needed[missing].0, from: ["alice"])
        #expect(await failure { _ = try await alice.table(table, requiring: .select) } != nil)
        try await catalog.grant(needed[missing].1, on: needed[missing].0, to: ["team"])
        _ = try await alice.table(table, requiring: .select)
    }

    @Test func privilegesGoDownToWhatLiesInAContainer() async throws {
        try await catalog.grant([.useCatalog, .useSchema, .select], on: try main(), to: ["bob"])
        let bob = try await asking("bob")
        _ = try await bob.table(table, requiring: .select)
        let denied = await failure { _ = try await bob.table(table, requiring: [.select, .modify]) }
        #expect(denied?.code == .permissionDenied)
        #expect(denied?.message == "bob has no MODIFY on table main.default.t. Ask its owner to grant it.")
        let effective = try await catalog.effectiveGrants(on: reference, principal: "bob")
        #expect(effective.map(\.privilege) == [.select, .useCatalog, .useSchema])
        #expect(effective.allSatisfy { $0.isInherited && $0.fullName == "main" && $0.kind == .catalog })
        #expect(try await catalog.grants(on: reference).isEmpty)
    }

    @Test func effectiveGrantsComeThroughGroupsAndEverybody() async throws {
        try await catalog.grant(.select, on: reference, to: ["team"])
        try await catalog.grant(.modify, on: try schema(), to: ["account users"])
        try await catalog.grant(.createTable, on: try schema(), to: ["alice"])
        let effective = try await catalog.effectiveGrants(on: reference, principal: "alice")
        #expect(
            effective.map { "\($0.principal) \($0.privilege) \($0.fullName)" }
                == ["team SELECT main.default.t", "account users MODIFY main.default"])
        #expect(
            try await catalog.effectiveGrants(on: reference, principal: "bob").map(\.principal)
                == ["account users"])
    }

    /// Owners, MANAGE, owners of what it lies in and administrators decide; nobody else.
    @Test func whoMayGrant() async throws {
        try await catalog.grant([.useCatalog, .useSchema, .select], on: try main(), to: ["alice", "bob"])
        let alice = try await asking("alice")
        func tries() async -> TarnError? {
            await failure { try await alice.grant(.modify, on: reference, to: ["bob"]) }
        }
        #expect(await tries()?.message.contains("no MANAGE") == true)
        let ways: [(SecurableReference, PrivilegeSet)] = [
            (reference, .manage), (try schema(), .manage), (try main(), .manage), (.metastore, .manage),
        ]
        for (object, privilege) in ways {
            try await catalog.grant(privilege, on: object, to: ["team"])
            #expect(await tries() == nil)
            try await catalog.revoke(privilege, on: object, from: ["team"])
            #expect(await tries()?.code == .permissionDenied)
        }
        for object in [reference, try schema(), try main(), .metastore] {
            try await catalog.setOwner(of: object, to: "alice")
            #expect(await tries() == nil, "owner of \(object)")
            try await catalog.setOwner(of: object, to: "admins")
            #expect(await tries()?.code == .permissionDenied)
        }
    }

    /// ALL PRIVILEGES is everything but MANAGE, and one privilege of its own.
    @Test func allPrivilegesMeansAllButManage() async throws {
        try await catalog.grant(.all, on: try main(), to: ["alice"])
        let alice = try await asking("alice")
        _ = try await alice.table(table, requiring: [.select, .modify])
        #expect(await failure { try await alice.dropTable(table) }?.code == .permissionDenied)
        #expect(
            await failure { try await alice.grant(.select, on: reference, to: ["bob"]) }?.code
                == .permissionDenied)
        try await catalog.grant(.select, on: try main(), to: ["alice"])
        try await catalog.revoke(.all, on: try main(), from: ["alice"])
        #expect(try await catalog.grants(on: try main()).map(\.privilege) == [.select])
    }

    @Test func whatCannotBeGrantedIsRefusedWithWhatCan() async throws {
        let cases: [(PrivilegeSet, SecurableReference, [String], TarnError.Code, String)] = [
            (.useCatalog, reference, ["bob"], .invalidInput, "USE CATALOG cannot be granted on a table"),
            (.execute, reference, ["bob"], .invalidInput, "SELECT, MODIFY"),
            (
                .select, try SecurableReference(.table, fullName: "main.default.tt"), ["bob"], .notFound,
                "Did you mean main.default.t?"
            ),
            (
                .select, try SecurableReference(.volume, fullName: "main.default.t"), ["bob"], .notFound,
                "Volume main.default.t does not exist."
            ),
            (.select, reference, ["bobb"], .notFound, "Did you mean bob?"),
            (.select, reference, ["bob", "nobody at all"], .notFound, "\"nobody at all\""),
        ]
        for (privileges, object, principals, code, words) in cases {
            let error = await failure { try await catalog.grant(privileges, on: object, to: principals) }
            #expect(error?.code == code)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        // All or nothing.
        #expect(try await catalog.grants(on: reference).isEmpty)
        #expect(throws: TarnError.self) { try SecurableReference(.table, fullName: "a.b") }
        #expect(throws: TarnError.self) { try SecurableReference(.catalog, fullName: "a.b") }
    }

    /// Who may see an object sees the grants to himself; who decides about it sees all.
    @Test func grantsToOthersAreForThoseWhoDecide() async throws {
        try await catalog.grant([.useCatalog, .useSchema], on: try main(), to: ["account users"])
        try await catalog.grant(.select, on: reference, to: ["team", "bob"])
        let bob = try await asking("bob")
        #expect(try await bob.grants(on: reference).map(\.principal) == ["bob"])
        #expect(
            try await bob.effectiveGrants(on: reference).map(\.principal)
                == ["bob", "account users", "account users"])
        #expect(
            await failure { _ = try await bob.grants(on: reference, principal: "alice") }?.code == .notFound)
        #expect(try await bob.grants(to: "bob").map(\.fullName) == ["main.default.t"])
        #expect(try await bob.grants(to: "team").isEmpty)
        try await catalog.grant(.manage, on: reference, to: ["bob"])
        #expect(try await bob.grants(on: reference).map(\.principal) == ["bob", "bob", "team"])
        #expect(try await bob.grants(to: "team").map(\.privilege) == [.select])
    }

    /// What he may not see answers as what is not there: whole error, all calls.
    @Test func hiddenObjectsAnswerAsAbsentOnes() async throws {
        let bob = try await asking("bob")
        try await catalog.grant([.useCatalog], on: try main(), to: ["bob"])
        try await catalog.grant(.useSchema, on: try schema(), to: ["bob"])
        let absent = QualifiedName(name: "u")
        let calls: [@Sendable (QualifiedName) async throws -> Void] = [
            { _ = try await bob.table($0) },
            { _ = try await bob.table($0, requiring: .select) },
            { try await bob.dropTable($0) },
            { try await bob.renameTable($0, to: QualifiedName(name: "w")) },
            { try await bob.updateTable($0, EntryChanges(comment: .set("c"))) },
            { try await bob.grant(.select, on: SecurableReference(table: $0), to: ["bob"]) },
            { _ = try await bob.grants(on: SecurableReference(table: $0)) },
            { _ = try await bob.effectiveGrants(on: SecurableReference(table: $0)) },
            { try await bob.setOwner(of: SecurableReference(table: $0), to: "bob") },
        ]
        for call in calls {
            let hidden = await failure { try await call(table) }
            let missing = await failure { try await call(absent) }
            #expect(hidden?.code == .notFound)
            #expect(hidden?.message.replacing("default.t", with: "default.u") == missing?.message)
        }
        #expect(try await bob.tables().entries.isEmpty)
        #expect(try await bob.dropTable(table, ifExists: true) == nil)
        // Hidden schemas and catalogs are absent for IF EXISTS too.
        try await catalog.createCatalog("secret")
        #expect(try await bob.dropCatalog("secret", ifExists: true).isEmpty)
        try await catalog.createSchema("hidden")
        #expect(try await bob.dropSchema("hidden", ifExists: true).isEmpty)
        #expect(try await catalog.schemas().entries.map(\.name).contains("hidden"))
    }

    /// Many grant and revoke at once: each call holds wholly or not at all, none is lost.
    @Test func grantsAtOnceAreAllKept() async throws {
        let catalog = self.catalog
        let reference = self.reference
        for n in 0..<20 { try await catalog.createPrincipal(.user, "u\(n)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for n in 0..<20 {
                group.addTask {
                    try await catalog.grant([.select, .modify], on: reference, to: ["u\(n)"])
                    if n % 2 == 0 { try await catalog.revoke(.modify, on: reference, from: ["u\(n)"]) }
                }
            }
            try await group.waitForAll()
        }
        let grants = try await catalog.grants(on: reference)
        #expect(grants.filter { $0.privilege == .select }.count == 20)
        #expect(grants.filter { $0.privilege == .modify }.count == 10)
    }

    @Test func ownersOfATableNeedTheWayToIt() async throws {
        try await catalog.setOwner(of: reference, to: "alice")
        try await catalog.grant(.useCatalog, on: try main(), to: ["alice"])
        try await catalog.grant(.browse, on: try schema(), to: ["alice"])
        let alice = try await asking("alice")
        _ = try await alice.table(table)
        let error = await failure { _ = try await alice.dropTable(table) }
        #expect(
            error?.message == "alice has no USE SCHEMA on schema main.default. Ask its owner to grant it.")
        try await catalog.grant(.useSchema, on: try schema(), to: ["alice"])
        #expect(try await alice.dropTable(table) != nil)
    }
}
