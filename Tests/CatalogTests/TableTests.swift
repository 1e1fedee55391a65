import Base
import Catalog
import LakehouseTesting
import Metastore
import Testing

@Suite struct TableTests {
    @Test func aTableIsPlannedMadeAndAdded() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let plan = try await catalog.planTable(try QualifiedName("Orders"))
        #expect(plan.kind == .managed && plan.location == "/lake house/warehouse/" + plan.id)
        #expect(await failure { _ = try await catalog.table(try QualifiedName("orders")) }?.code == .notFound)
        let made = try await catalog.addTable(plan, comment: "c", properties: ["p": "v"])
        #expect(made.id == plan.id && made.name.description == "main.default.Orders")
        #expect(try await catalog.table(try QualifiedName("ORDERS")) == made)
        #expect(try await catalog.table(id: made.id) == made)
        #expect(try await catalog.tables().entries == [made])
        #expect(
            await failure { _ = try await catalog.planTable(try QualifiedName("orders")) }?.code
                == .alreadyExists)
        #expect(
            await failure { _ = try await catalog.planTable(try QualifiedName("no.t")) }?.code == .notFound)
        #expect(
            await failure { _ = try await catalog.planTable(QualifiedName(name: "a.b")) }?.code
                == .invalidInput)
    }

    /// Two make a table of one name at once: the second to finish loses, and nothing of it is left.
    @Test func ofTwoPlansWithOneNameTheFirstWins() async throws {
        let catalog = try await CatalogFixture().catalog
        let name = try QualifiedName("t")
        let (one, two) = (
            try await catalog.planTable(name), try await catalog.planTable(QualifiedName(name: "T"))
        )
        #expect(one.location != two.location)
        try await catalog.addTable(one)
        #expect(await failure { try await catalog.addTable(two) }?.code == .alreadyExists)
        #expect(await failure { try await catalog.addTable(one) }?.code == .alreadyExists)
        #expect(try await catalog.table(name).id == one.id)
        #expect(try await catalog.unlisted(among: [one.id, two.id, "stray"]) == [two.id, "stray"])
    }

    @Test func aPlanWhoseSchemaIsGoneOrRenamedIsTreatedRight() async throws {
        let catalog = try await CatalogFixture().catalog
        try await catalog.createSchema("a")
        try await catalog.createSchema("b")
        let (one, two) = (
            try await catalog.planTable(try QualifiedName("a.t")),
            try await catalog.planTable(try QualifiedName("b.t"))
        )
        try await catalog.dropSchema("a")
        try await catalog.renameSchema("b", to: "c")
        #expect(await failure { try await catalog.addTable(one) }?.code == .notFound)
        #expect(try await catalog.addTable(two).name.description == "main.c.t")
    }

    @Test func externalTablesStayWhereTheyAre() async throws {
        let fixture = try await CatalogFixture()
        let table = try await fixture.makeTable("t", location: "/data/a b/é=1/")
        #expect(table.kind == .external && table.location == "/data/a b/é=1")
        #expect(try await fixture.makeTable("u", location: "s3://bucket/t").location == "s3://bucket/t")
        for bad in [
            "data/t", "", "/data/../etc", "/lake house/warehouse/x", "/lake house//warehouse/", "/a\0b",
        ] {
            let error = await failure { _ = try await fixture.makeTable("bad", location: bad) }
            #expect(error?.code == .invalidInput, "\(bad)")
            #expect(error?.message.contains("/lake house") == false)
        }
        // The warehouse may move with the home; what lies elsewhere does not.
        let moved = try await fixture.reopened(warehouse: "/new")
        let managed = try await fixture.makeTable("m")
        #expect(try await moved.table(try QualifiedName("m")).location == "/new/" + managed.id)
        #expect(try await moved.table(try QualifiedName("t")).location == "/data/a b/é=1")
    }

    @Test func aMissingTableAnswersWithTheNearest() async throws {
        let fixture = try await CatalogFixture()
        try await fixture.catalog.createSchema("sales")
        for name in ["orders", "sales.customers"] { try await fixture.makeTable(name) }
        let near = await failure { _ = try await fixture.catalog.table(try QualifiedName("ordres")) }
        #expect(
            near?.message == "Table main.default.ordres does not exist. Did you mean main.default.orders?")
        let elsewhere = await failure { _ = try await fixture.catalog.table(try QualifiedName("Customers")) }
        #expect(elsewhere?.message.contains("Did you mean main.sales.Customers?") == true)
        #expect(near?.context.map(\.value) == ["main.default.ordres"])
    }

    @Test func renamingKeepsIdPlaceAndProperties() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        try await catalog.createSchema("s")
        let made = try await fixture.makeTable("t")
        try await fixture.makeTable("s.t")
        try await fixture.makeTable("taken")
        try await catalog.updateTable(
            try QualifiedName("t"), EntryChanges(comment: .set("c"), properties: ["a": "b"]))
        // To a schema that has a table of the old name.
        let moved = try await catalog.renameTable(try QualifiedName("t"), to: try QualifiedName("s.U"))
        #expect(
            moved.id == made.id && moved.location == made.location && moved.name.description == "main.s.U")
        #expect(moved.comment == "c" && moved.properties == ["a": "b"])
        #expect(
            try await catalog.renameTable(try QualifiedName("s.u"), to: try QualifiedName("s.u")).name.name
                == "u")
        let taken = await failure {
            _ = try await catalog.renameTable(try QualifiedName("s.u"), to: try QualifiedName("TAKEN"))
        }
        #expect(taken?.code == .alreadyExists)
        #expect(await failure { _ = try await catalog.table(try QualifiedName("t")) }?.code == .notFound)
    }

    @Test func droppingFreesTheNameAndTellsWhatToRemove() async throws {
        let fixture = try await CatalogFixture()
        let made = try await fixture.makeTable("t")
        #expect(try await fixture.catalog.dropTable(try QualifiedName("T")) == made)
        #expect(try await fixture.catalog.table(id: made.id) == nil)
        #expect(
            await failure { try await fixture.catalog.dropTable(try QualifiedName("t")) }?.code == .notFound)
        #expect(try await fixture.catalog.dropTable(try QualifiedName("t"), ifExists: true) == nil)
        #expect(try await fixture.catalog.dropTable(try QualifiedName("no.t"), ifExists: true) == nil)
        #expect(try await fixture.makeTable("t").id != made.id)
    }

    /// Three processes write one file at once, and every table they reported is there.
    @Test func severalProcessesShareTheFile() async throws {
        let fixture = try await CatalogFixture()
        let workers = try ["a", "b"].map {
            try WorkerProcess(["catalog-churn", fixture.home.address, $0, "15"])
        }
        for round in 0..<15 { try await fixture.makeTable("own\(round)") }
        for worker in workers {
            var lines = 0
            while let line = worker.readLine() {
                lines += 1
                #expect(line == "\(lines)")
            }
            #expect(worker.wait() == 0 && lines == 15)
        }
        let names = try await fixture.catalog.tables(limit: 1000).entries.map(\.name.name)
        #expect(names.count == 45)
        #expect(try await fixture.catalog.schemas().entries.map(\.name) == ["default"])
    }

    /// Killed at any moment, the catalog holds whole steps only, what was reported is there, and the name is free.
    @Test func killedAtAnyMomentTheCatalogIsWhole() async throws {
        let fixture = try await CatalogFixture()
        let random = SeededRandomSource(seed: 7)
        for attempt in 0..<8 {
            let worker = try WorkerProcess(["catalog-churn", fixture.home.address, "k\(attempt)_", "500"])
            var last = 0
            for _ in 0..<(1 + random.next() % 5) { last = Int(worker.readLine() ?? "") ?? last }
            for _ in 0..<(random.next() % 4000) { await Task.yield() }
            worker.kill()
            let catalog = try await fixture.reopened()
            for round in 1...last {
                #expect(throws: Never.self) { try QualifiedName("k\(attempt)_\(round)") }
                _ = try await catalog.table(QualifiedName(name: "k\(attempt)_\(round)"))
            }
            for schema in try await catalog.schemas().entries where schema.name != "default" {
                // Tables are never left without their schema; what is half done can be dropped.
                #expect(try await catalog.tables(in: schema.name).entries.count <= 3)
                try await catalog.dropSchema(schema.name, cascade: true)
            }
            try await catalog.createSchema("k\(attempt)__schema")
            try await catalog.dropSchema("k\(attempt)__schema")
        }
    }
}
