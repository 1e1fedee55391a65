import Base
import Catalog
import LakehouseTesting
import Metastore
import Testing

@Suite struct TagTests {
    private func table(_ fixture: CatalogFixture) async throws -> SecurableReference {
        let entry = try await fixture.makeTable("t")
        try await fixture.catalog.setColumns(
            of: entry.id,
            [
                CatalogColumn(
                    name: "Email", key: "col-1", position: 0, typeText: "string", typeName: "STRING"),
                CatalogColumn(name: "age", position: 1, typeText: "int", typeName: "INT"),
            ])
        return SecurableReference(table: entry.name)
    }

    @Test(arguments: MetastoreKind.allCases) func tagsAreSetChangedListedAndTakenAway(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let object = try await table(fixture)
        let catalog = fixture.catalog
        try await catalog.setTags(["team": "red", "raw": ""], on: object)
        try await catalog.setTags(["pii": "mail"], on: object, column: "EMAIL")
        try await catalog.setTags(["team": "blue"], on: object)
        #expect(
            try await catalog.allTags(of: object).map { [$0.column ?? "", $0.key, $0.value] }
                == [["", "raw", ""], ["", "team", "blue"], ["Email", "pii", "mail"]])
        try await catalog.unsetTags(["raw"], on: object)
        #expect(try await catalog.tags(of: object).map(\.key) == ["team"])
        let missing = await failure { try await catalog.unsetTags(["taem"], on: object) }
        #expect(missing?.code == .notFound && missing?.message.contains("Did you mean team?") == true)
        try await catalog.unsetTags(["taem"], on: object, ifExists: true)
        #expect(
            await failure { try await catalog.setTags(["a": ""], on: object, column: "emial") }?.message
                .contains(
                    "Did you mean Email?") == true)
    }

    /// A renamed column keeps its tags; a dropped one is not listed any more, and one that comes anew has none.
    @Test(arguments: MetastoreKind.allCases) func columnTagsFollowTheColumn(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let object = try await table(fixture)
        let catalog = fixture.catalog
        let id = try await catalog.securable(object).id
        try await catalog.setTags(["pii": ""], on: object, column: "email")
        func column(_ name: String, _ key: String) -> CatalogColumn {
            CatalogColumn(name: name, key: key, position: 0, typeText: "string", typeName: "STRING")
        }
        try await catalog.setColumns(of: id, [column("mail", "col-1")])
        #expect(try await catalog.allTags(of: object).map(\.column) == ["mail"])
        try await catalog.setColumns(of: id, [column("mail", "col-2")])
        #expect(try await catalog.allTags(of: object).isEmpty)
        #expect(try await catalog.tags(of: object, column: "mail").isEmpty)
    }

    @Test(arguments: [
        "", " a", "a ", "a.b", "a,b", "a-b", "a=b", "a/b", "a:b", "a\nb", String(repeating: "k", count: 257),
        "system.certification_status",
    ])
    func keysThatCannotBeAreRefused(_ key: String) async throws {
        let fixture = try await CatalogFixture()
        let object = try await table(fixture)
        #expect(
            await failure { try await fixture.catalog.setTags([key: "v"], on: object) }?.code == .invalidInput
        )
    }

    @Test(arguments: ["it's", "\"", "a b", "é", "日本", "%", "; DROP TABLE t", "{}", "$1", "?", "<x>", "*"])
    func keysAndValuesMayHoldWhatIsSpecialElsewhere(_ text: String) async throws {
        let fixture = try await CatalogFixture()
        let object = try await table(fixture)
        try await fixture.catalog.setTags([text: text], on: object)
        #expect(try await fixture.catalog.tags(of: object).map { [$0.key, $0.value] } == [[text, text]])
    }

    @Test func thereIsALimit() async throws {
        let fixture = try await CatalogFixture()
        let object = try await table(fixture)
        let tags = Dictionary(uniqueKeysWithValues: (0..<CatalogTag.limit).map { ("k\($0)", "v") })
        try await fixture.catalog.setTags(tags, on: object)
        #expect(
            await failure { try await fixture.catalog.setTags(["more": ""], on: object) }?.code
                == .resourceExhausted)
        #expect(try await fixture.catalog.tags(of: object).count == CatalogTag.limit)
    }

    @Test func marksAreOneOfTwo() async throws {
        let fixture = try await CatalogFixture()
        let object = try await table(fixture)
        try await fixture.catalog.mark(object, as: .certified)
        try await fixture.catalog.mark(object, as: .deprecated)
        #expect(
            try await fixture.catalog.tags(of: object).map { [$0.key, $0.value] }
                == [["system.certification_status", "deprecated"]])
        #expect(try await fixture.catalog.search("t").entries.first?.certification == .deprecated)
        try await fixture.catalog.mark(object, as: nil)
        try await fixture.catalog.mark(object, as: nil)
        #expect(try await fixture.catalog.tags(of: object).isEmpty)
    }

    @Test(arguments: MetastoreKind.allCases) func taggingTakesApplyTag(_ kind: MetastoreKind) async throws {
        let fixture = try await CatalogFixture(kind)
        let object = try await table(fixture)
        let id = try await fixture.catalog.securable(object).id
        let somebody = fixture.catalog.acting(as: user("u"))
        #expect(await failure { try await somebody.setTags(["a": ""], on: object) }?.code == .notFound)
        try await fixture.grant("USE SCHEMA", on: try await fixture.catalog.schema("default").id, to: "u")
        try await fixture.grant("USE CATALOG", on: try await fixture.catalog.catalog("main").id, to: "u")
        try await fixture.grant("SELECT", on: id, to: "u")
        let refusal = await failure { try await somebody.setTags(["a": ""], on: object) }
        #expect(refusal?.code == .permissionDenied && refusal?.message.contains("APPLY TAG") == true)
        #expect(try await somebody.tags(of: object).isEmpty)
        try await fixture.grant("APPLY TAG", on: id, to: "u")
        try await somebody.setTags(["a": ""], on: object)
        #expect(try await somebody.tags(of: object).map(\.createdBy) == ["u"])
    }
}
