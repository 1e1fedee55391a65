import Base
import Catalog
import LakehouseTesting
import Testing

/// What is remembered about who may do what never outlives a change, whoever made it.
@Suite struct AccessCacheTests {
    let fixture: CatalogFixture
    let alice: CatalogService
    let table = QualifiedName(name: "t")

    init() async throws {
        fixture = try await CatalogFixture()
        try await fixture.makeTable("t")
        try await fixture.catalog.createPrincipal(.user, "alice")
        let everything = try SecurableReference(.catalog, fullName: "main")
        try await fixture.catalog.grant([.useCatalog, .useSchema], on: everything, to: ["alice"])
        try await fixture.catalog.grant(.select, on: SecurableReference(table: table), to: ["alice"])
        alice = fixture.catalog.acting(as: try await fixture.catalog.principal(named: "alice"))
        for _ in 0..<3 { _ = try await alice.table(table, requiring: .select) }
    }

    @Test func aRevokedPrivilegeIsGoneAtOnce() async throws {
        try await fixture.catalog.revoke(.select, on: SecurableReference(table: table), from: ["alice"])
        #expect(await failure { _ = try await alice.table(table) }?.code == .notFound)
    }

    /// The other service has the same file open, as another process has.
    @Test func whatAnotherProcessRevokesIsGoneAtOnce() async throws {
        let other = try await fixture.reopened()
        try await other.revoke(.select, on: SecurableReference(table: table), from: ["alice"])
        #expect(await failure { _ = try await alice.table(table, requiring: .select) }?.code == .notFound)
        try await other.grant(.select, on: SecurableReference(table: table), to: ["alice"])
        _ = try await alice.table(table, requiring: .select)
    }

    @Test func aTableThatTookAnothersNameIsAnotherTable() async throws {
        let old = try await alice.table(table)
        try await fixture.catalog.dropTable(table)
        try await fixture.makeTable("t")
        #expect(await failure { _ = try await alice.table(table) }?.code == .notFound)
        #expect(try await fixture.catalog.table(table).id != old.id)
    }

    /// One who reads lends nothing to another, nor to himself with other groups.
    @Test func nobodyIsTakenForSomebodyElse() async throws {
        for other in [user("bob"), user("alice", groups: ["x"])] {
            let asking = fixture.catalog.acting(as: other)
            #expect(await failure { _ = try await asking.table(table) }?.code == .notFound)
        }
        _ = try await alice.table(table, requiring: .select)
        #expect(
            await failure { _ = try await alice.table(table, requiring: .modify) }?.code == .permissionDenied)
    }
}
