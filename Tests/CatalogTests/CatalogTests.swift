import Base
import Catalog
import Testing

@Suite struct CatalogAndSchemaTests {
    @Test func aNewMetastoreHasMainAndDefault() async throws {
        let fixture = try await CatalogFixture()
        #expect(try await fixture.catalog.catalogs().entries.map(\.name) == ["main"])
        #expect(try await fixture.catalog.schemas().entries.map(\.fullName) == ["main.default"])
        let again = try await fixture.reopened()
        #expect(try await again.catalog("main") == (try await fixture.catalog.catalog("main")))
        #expect(try await again.schemas().entries.count == 1)
    }

    @Test func theFirstOnesCannotBeDroppedOrRenamed() async throws {
        let catalog = try await CatalogFixture().catalog
        #expect(
            await failure { try await catalog.dropCatalog("MAIN", cascade: true) }?.code
                == .failedPrecondition)
        #expect(
            await failure { try await catalog.dropSchema("Default", cascade: true) }?.code
                == .failedPrecondition)
        #expect(
            await failure { try await catalog.renameCatalog("main", to: "x") }?.code == .failedPrecondition)
        #expect(
            await failure { try await catalog.renameSchema("default", to: "x") }?.code == .failedPrecondition)
        // Another catalog's default schema is like any other.
        try await catalog.createCatalog("other")
        #expect(try await catalog.dropSchema("default", in: "other").isEmpty)
    }

    @Test func namesKeepTheirCaseAndAreFoundInAny() async throws {
        let catalog = try await CatalogFixture().catalog
        let made = try await catalog.createSchema("Sales Déjà", comment: "c", properties: ["a": "1"])
        #expect(try await catalog.schema("SALES DE\u{301}JÀ", in: "Main") == made)
        #expect(made.name == "Sales Déjà" && made.comment == "c" && made.properties == ["a": "1"])
        let taken = await failure { try await catalog.createSchema("sales déjà") }
        #expect(taken?.code == .alreadyExists)
        #expect(taken?.message.contains("Sales Déjà") == true)
        #expect(try await catalog.createSchema("sales déjà", comment: "other", ifNotExists: true) == made)
        #expect(try await catalog.createCatalog("MAIN", ifNotExists: true).name == "main")
    }

    @Test func aMissingNameAnswersWithTheNearest() async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createCatalog("warehouse_eu")
        try await catalog.createSchema("sales")
        let noCatalog = await failure { _ = try await catalog.schemas(in: "warehose_eu") }
        #expect(
            noCatalog?.code == .notFound && noCatalog?.message.contains("Did you mean warehouse_eu?") == true)
        let noSchema = await failure { _ = try await catalog.schema("slaes") }
        #expect(noSchema?.message == "Schema main.slaes does not exist. Did you mean sales?")
        #expect(await failure { _ = try await catalog.schema("zzzzzzzz") }?.message.contains("mean") == false)
    }

    @Test func changesKeepTheIdAndMoveTheTime() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let made = try await catalog.createCatalog("lab", comment: "old", properties: ["a": "1", "b": "2"])
        fixture.time.advance(by: .seconds(5))
        let changed = try await catalog.updateCatalog(
            "lab", EntryChanges(comment: .set("new"), properties: ["a": nil, "c": "ü\n\""]))
        #expect(changed.id == made.id && changed.comment == "new")
        #expect(changed.properties == ["b": "2", "c": "ü\n\""])
        #expect(changed.createdMicroseconds == made.createdMicroseconds)
        #expect(changed.updatedMicroseconds == made.updatedMicroseconds + 5_000_000)
        #expect(try await catalog.updateCatalog("lab", EntryChanges()).comment == "new")
        #expect(try await catalog.updateCatalog("lab", EntryChanges(comment: .remove)).comment == nil)
        let renamed = try await catalog.renameCatalog("lab", to: "LAB")
        #expect(renamed.id == made.id && renamed.name == "LAB")
        try await catalog.createSchema("s", in: "lab")
        try await catalog.renameCatalog("lab", to: "work")
        let schema = try await catalog.renameSchema("s", in: "work", to: "t")
        #expect(schema.fullName == "work.t")
        #expect(
            try await catalog.updateSchema("t", in: "work", EntryChanges(comment: .set("x"))).comment == "x")
        #expect(await failure { try await catalog.renameCatalog("work", to: "Main") }?.code == .alreadyExists)
        #expect(
            await failure { try await catalog.renameSchema("t", in: "work", to: "DEFAULT") }?.code
                == .alreadyExists)
        #expect(
            await failure { try await catalog.renameSchema("t", in: "work", to: "a.b") }?.code
                == .invalidInput)
    }

    @Test func whatIsNotEmptyIsDroppedOnlyOnPurpose() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        try await catalog.createCatalog("lab")
        try await catalog.createSchema("s", in: "lab")
        let table = try await fixture.makeTable("lab.s.t")
        let other = try await fixture.makeTable("lab.default.u")
        let refusal = await failure { try await catalog.dropSchema("s", in: "lab") }
        #expect(refusal?.code == .failedPrecondition && refusal?.message.contains("CASCADE") == true)
        #expect(await failure { try await catalog.dropCatalog("lab") }?.code == .failedPrecondition)
        #expect(try await catalog.dropSchema("s", in: "lab", cascade: true).tables == [table])
        #expect(await failure { _ = try await catalog.schema("s", in: "lab") }?.code == .notFound)
        #expect(try await catalog.dropCatalog("lab", cascade: true).tables == [other])
        #expect(await failure { try await catalog.dropCatalog("lab") }?.code == .notFound)
        #expect(try await catalog.dropCatalog("lab", ifExists: true).isEmpty)
        #expect(try await catalog.dropSchema("s", in: "lab", ifExists: true).isEmpty)
        try await catalog.createCatalog("empty")
        #expect(try await catalog.dropCatalog("empty").isEmpty)
    }

    @Test func longListsComeInPages() async throws {
        let catalog = try await CatalogFixture().catalog
        for index in 0..<25 { try await catalog.createSchema("S\(100 + index)") }
        var names: [String] = []
        var next: String?
        var pages = 0
        repeat {
            let page = try await catalog.schemas(limit: 10, after: next)
            names += page.entries.map(\.name)
            next = page.next
            pages += 1
        } while next != nil
        #expect(pages == 3)
        #expect(names == ["default"] + (0..<25).map { "S\(100 + $0)" })
        #expect(try await catalog.schemas(limit: 26).next == nil)
        #expect(try await catalog.schemas(limit: 0).entries.count == 1)
        #expect(try await catalog.catalogs(limit: 1, after: "main").entries.isEmpty)
    }
}
