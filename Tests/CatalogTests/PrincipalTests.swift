import Base
import Catalog
import LakehouseTesting
import Testing

@Suite struct PrincipalTests {
    @Test func namesAreSharedByAllKindsWhateverTheirCase() async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createPrincipal(.user, "Alice")
        for kind in Principal.Kind.allCases {
            let error = await failure { try await catalog.createPrincipal(kind, "ALICE") }
            #expect(error?.code == .alreadyExists)
        }
        #expect(try await catalog.principalEntry(named: "aLiCe").name == "Alice")
        #expect(try await catalog.createPrincipal(.user, "alice", ifNotExists: true).name == "Alice")
        let error = await failure { _ = try await catalog.principalEntry(named: "alcie") }
        #expect(error?.message.contains("Did you mean Alice?") == true)
    }

    @Test(arguments: ["", " a", "a ", "a\nb", "\u{0}", String(repeating: "x", count: 256)])
    func badNamesAreRefused(_ name: String) async throws {
        let catalog = try await CatalogFixture().catalog
        #expect(await failure { try await catalog.createPrincipal(.user, name) }?.code == .invalidInput)
    }

    @Test(arguments: ["a b", "o'hara@x.com", "a\"b`c", "日本", "a/b.c;--", "%_"])
    func namesMayHoldWhateverElse(_ name: String) async throws {
        let fixture = try await CatalogFixture()
        try await fixture.catalog.createPrincipal(.user, name)
        try await fixture.catalog.createPrincipal(.group, "g")
        try await fixture.catalog.changeMembers(of: "g", adding: [name])
        #expect(try await fixture.catalog.members(of: "g").map(\.name) == [name])
        #expect(try await fixture.catalog.principal(named: name).groupKeys.contains("g"))
    }

    /// A group is in itself neither directly nor through others, however long the way.
    @Test func groupsNeverGoInCircles() async throws {
        let catalog = try await CatalogFixture().catalog
        for name in ["a", "b", "c", "d"] { try await catalog.createPrincipal(.group, name) }
        try await catalog.changeMembers(of: "a", adding: ["b"])
        try await catalog.changeMembers(of: "b", adding: ["c"])
        try await catalog.changeMembers(of: "c", adding: ["d"])
        for (group, member) in [("a", "a"), ("b", "a"), ("c", "a"), ("d", "a"), ("d", "b")] {
            let error = await failure { try await catalog.changeMembers(of: group, adding: [member]) }
            #expect(error?.code == .failedPrecondition, "\(member) in \(group)")
            #expect(
                await failure { try await catalog.setMembers(of: group, to: [member]) }?.code
                    == .failedPrecondition)
        }
        // What failed changed nothing.
        #expect(try await catalog.members(of: "b").map(\.name) == ["c"])
        // A diamond is no circle.
        try await catalog.changeMembers(of: "a", adding: ["d"])
        #expect(try await catalog.groups(of: "d").map(\.name) == ["a", "account users", "b", "c"])
    }

    @Test func theBuiltInGroupsStay() async throws {
        let catalog = try await CatalogFixture().catalog
        for name in [Principal.administrators, Principal.everybody] {
            #expect(await failure { try await catalog.dropPrincipal(name) }?.code == .failedPrecondition)
            #expect(
                await failure { try await catalog.updatePrincipal(name, PrincipalChanges(name: "x")) }?.code
                    == .failedPrecondition)
            #expect(
                await failure { try await catalog.updatePrincipal(name, PrincipalChanges(isActive: false)) }?
                    .code
                    == .failedPrecondition)
        }
        try await catalog.createPrincipal(.user, "u")
        try await catalog.createPrincipal(.group, "g")
        #expect(
            await failure { try await catalog.changeMembers(of: "account users", adding: ["u"]) }?.code
                == .failedPrecondition)
        #expect(
            await failure { try await catalog.changeMembers(of: "g", adding: ["account users"]) }?.code
                == .failedPrecondition)
    }

    /// What somebody owned is the administrators' when he is dropped, and nobody of his name gets it back.
    @Test func droppingAnOwnerLeavesHisThingsToTheAdministrators() async throws {
        let fixture = try await CatalogFixture()
        let table = try await fixture.makeTable("t")
        try await fixture.catalog.createPrincipal(.user, "u")
        let reference = SecurableReference(table: table.name)
        try await fixture.catalog.setOwner(of: reference, to: "u")
        try await fixture.catalog.grant([.select], on: reference, to: ["u"])
        let dropped = try await fixture.catalog.dropPrincipal("u")
        #expect(dropped?.ownedCount == 1)
        #expect(try await fixture.catalog.table(table.name).securable.ownerID == nil)
        #expect(try await fixture.catalog.grants(on: reference).isEmpty)
        #expect(try await fixture.catalog.dropPrincipal("u", ifExists: true) == nil)
        #expect(await failure { try await fixture.catalog.dropPrincipal("u") }?.code == .notFound)
    }

    @Test func whoIsDeactivatedCannotActUntilHeIsActiveAgain() async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createPrincipal(.servicePrincipal, "robot")
        try await catalog.updatePrincipal("robot", PrincipalChanges(isActive: false))
        #expect(await failure { _ = try await catalog.principal(named: "robot") }?.code == .notFound)
        try await catalog.updatePrincipal("robot", PrincipalChanges(displayName: .some("R"), isActive: true))
        #expect(try await catalog.principal(named: "robot").kind == .servicePrincipal)
        #expect(try await catalog.principalEntry(named: "robot").displayName == "R")
    }

    @Test func onlyAdministratorsChangePrincipals() async throws {
        let fixture = try await CatalogFixture()
        try await fixture.catalog.createPrincipal(.user, "u")
        try await fixture.catalog.createPrincipal(.group, "mine")
        try await fixture.catalog.createPrincipal(.group, "other")
        try await fixture.catalog.changeMembers(of: "mine", adding: ["u"])
        let asUser = fixture.catalog.acting(as: try await fixture.catalog.principal(named: "u"))
        let attempts: [@Sendable () async throws -> Void] = [
            { try await asUser.createPrincipal(.user, "v") },
            { try await asUser.dropPrincipal("u") },
            { try await asUser.updatePrincipal("u", PrincipalChanges(name: "w")) },
            { try await asUser.changeMembers(of: "mine", adding: ["u"]) },
            { try await asUser.setMembers(of: "admins", to: ["u"]) },
        ]
        for attempt in attempts { #expect(await failure(attempt)?.code == .permissionDenied) }
        // He knows of himself and his groups only, and others are not there for him.
        #expect(try await asUser.principals().entries.map(\.name) == ["account users", "mine", "u"])
        let hidden = await failure { _ = try await asUser.principalEntry(named: "other") }
        let absent = await failure { _ = try await asUser.principalEntry(named: "otherr") }
        #expect(hidden?.message == absent?.message.replacing("otherr", with: "other"))
        try await fixture.catalog.changeMembers(of: "admins", adding: ["u"])
        let asAdministrator = fixture.catalog.acting(as: try await fixture.catalog.principal(named: "u"))
        try await asAdministrator.createPrincipal(.user, "v")
        #expect(try await asAdministrator.principals(.user, limit: 1).entries.map(\.name) == ["u"])
        #expect(
            try await asAdministrator.principals(.user, limit: 1, after: "u").entries.map(\.name) == ["v"])
    }
}
