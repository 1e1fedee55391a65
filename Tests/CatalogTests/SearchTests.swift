import Base
import Catalog
import LakehouseTesting
import Metastore
import Testing

@Suite struct SearchTests {
    private func names(_ catalog: CatalogService, _ text: String, kinds: Set<SecurableKind> = []) async throws
        -> [String]
    {
        try await catalog.search(text, kinds: kinds, limit: 100).entries.map {
            $0.nameParts.joined(separator: ".")
        }
    }

    @Test(arguments: MetastoreKind.allCases) func namesThatBeginSoComeFirstThenNamesThenTheRest(
        _ kind: MetastoreKind
    ) async throws {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        let other = try await fixture.makeTable("customers")
        try await catalog.updateTable(other.name, EntryChanges(comment: .set("who placed orders")))
        try await fixture.makeTable("open_orders")
        try await fixture.makeTable("orders_2024")
        try await fixture.makeTable("Orders")
        try await fixture.makeTable("unrelated")
        #expect(
            try await names(catalog, "orders")
                == ["Orders", "orders_2024", "open_orders", "customers"].map { "main.default." + $0 })
        #expect(try await names(catalog, "ord 20") == ["main.default.orders_2024"])
        #expect(try await names(catalog, "orders placed") == ["main.default.customers"])
        #expect(try await names(catalog, "ORDERS", kinds: [.volume]).isEmpty)
        #expect(try await names(catalog, "nothing").isEmpty)
    }

    @Test(arguments: MetastoreKind.allCases) func whatChangesIsFoundAtOnceAndWhatGoesIsNot(
        _ kind: MetastoreKind
    ) async throws {
        let fixture = try await CatalogFixture(kind)
        let catalog = fixture.catalog
        let table = try await fixture.makeTable("t")
        let object = SecurableReference(table: table.name)
        try await catalog.setColumns(
            of: table.id,
            [
                CatalogColumn(
                    name: "emailAddress", position: 0, typeText: "string", typeName: "STRING",
                    comment: "façade")
            ])
        for text in ["email", "address", "EMAILADDRESS", "facade", "FAÇ"] {
            let hit = try #require(try await catalog.search(text).entries.first)
            #expect(hit.columns == ["emailAddress"] && hit.places == [.column])
        }
        try await catalog.setTags(["team": "red squad"], on: object)
        #expect(try await catalog.search("squad").entries.map(\.places) == [[.tag]])
        try await catalog.unsetTags(["team"], on: object)
        #expect(try await names(catalog, "squad").isEmpty)
        try await catalog.renameTable(table.name, to: QualifiedName(name: "fresh"))
        #expect(try await names(catalog, "fresh") == ["main.default.fresh"])
        #expect(try await names(catalog, "t").isEmpty)
        try await catalog.dropTable(QualifiedName(name: "fresh"))
        #expect(try await names(catalog, "fresh").isEmpty)
        #expect(try await names(catalog, "email").isEmpty)
        try await catalog.createCatalog("shop")
        try await catalog.createVolume(try QualifiedName("shop.default.shopping"))
        #expect(try await names(catalog, "shop") == ["shop", "shop.default.shopping"])
        try await catalog.dropCatalog("shop", cascade: true)
        #expect(try await names(catalog, "shop").isEmpty)
    }

    /// What is searched for is text: no operator of the search engines below has a meaning.
    @Test(
        arguments: [
            "\"", "'", "a\" OR name:b", "AND", "NOT x", "a*", "(", ")", "^a", "{name}", "a:b", "a & b", "!a",
            "a<->b",
            "--", ";", "\\", "%", "_", "😀", "日本", "NEAR(a b)", "' || '", "a\0b\u{1F}", "\u{10FFFF}",
        ], MetastoreKind.allCases)
    func hostileTextsFindWhatHoldsThem(_ text: String, _ kind: MetastoreKind) async throws {
        let fixture = try await CatalogFixture(kind)
        try await fixture.makeTable("harmless")
        #expect(try await names(fixture.catalog, text).isEmpty)
        let name = "x" + text.filter { !"\\./\0\u{1F}".contains($0) }
        try await fixture.makeTable(QualifiedName(name: name).description)
        #expect(try await names(fixture.catalog, name) == ["main.default." + name])
    }

    @Test(arguments: [
        "", "  ", "\0", "\u{1F}\n", String(repeating: "x", count: 1001), String(repeating: "ab ", count: 17),
    ])
    func textsThatCannotBeSearchedForAreRefused(_ text: String) async throws {
        let catalog = try await CatalogFixture().catalog
        let repeated = text.hasPrefix("ab") ? (0..<17).map { "w\($0)" }.joined(separator: " ") : text
        #expect(await failure { _ = try await catalog.search(repeated) }?.code == .invalidInput)
    }

    /// Pages of any size give everything once, in one order.
    @Test(arguments: [1, 2, 5, 100], MetastoreKind.allCases)
    func pagesGiveEverythingOnce(_ size: Int, _ kind: MetastoreKind) async throws {
        let fixture = try await CatalogFixture(kind)
        for n in 0..<6 { try await fixture.makeTable("sale_\(n)") }
        for n in 0..<6 { try await fixture.makeTable("big_sale_\(n)") }
        for n in 0..<6 {
            let table = try await fixture.makeTable("other_\(n)")
            try await fixture.catalog.updateTable(table.name, EntryChanges(comment: .set("of a sale")))
        }
        let all = try await names(fixture.catalog, "sale")
        #expect(all.count == 18 && Set(all).count == 18)
        var found: [String] = []
        var place: String?
        repeat {
            let page = try await fixture.catalog.search("sale", limit: size, after: place)
            #expect(page.entries.count <= size)
            found += page.entries.map { $0.nameParts.joined(separator: ".") }
            place = page.next
        } while place != nil
        #expect(found == all)
    }

    /// A principal finds what he may see, and learns nothing of the rest.
    @Test(arguments: MetastoreKind.allCases) func onlyWhatThePrincipalMaySeeIsFound(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let mine = try await fixture.makeTable("report_mine")
        try await fixture.makeTable("report_secret")
        let somebody = fixture.catalog.acting(as: user("u"))
        #expect(try await names(somebody, "report").isEmpty)
        try await fixture.grant("SELECT", on: mine.id, to: "u")
        // The schema is not his to see: nor is what lies in it.
        #expect(try await names(somebody, "report").isEmpty)
        try await fixture.grant("USE SCHEMA", on: try await fixture.catalog.schema("default").id, to: "u")
        try await fixture.grant("USE CATALOG", on: try await fixture.catalog.catalog("main").id, to: "u")
        #expect(try await names(somebody, "report") == ["main.default.report_mine"])
    }

    /// A metastore from before the search: what is there is found after the upgrade.
    @Test(arguments: MetastoreKind.allCases)
    func whatWasThereBeforeTheSearchIsFound(_ kind: MetastoreKind) async throws {
        let home = try await MetastoreFixture(kind)
        let older = CatalogMigrations.all.filter { !$0.name.hasPrefix("catalog-search") }
        let before = try await home.open(older)
        try await before.write { db in
            for (id, kind, parent, name) in [
                ("c", "catalog", "metastore", "main"), ("s", "schema", "c", "default"),
                ("t", "table", "s", "Old"),
            ] {
                try db.execute(
                    """
                    INSERT INTO catalog_securables (id, kind, parent_id, name, name_key, comment, properties,
                        detail, created_us, updated_us)
                    VALUES (?, ?, ?, ?, ?, 'relic', '{}', '{"kind":"managed","format":"delta"}', 0, 0)
                    """, [id, kind, parent, name, name.lowercased()])
            }
            try db.execute(
                "INSERT INTO catalog_tags (securable_id, column_key, tag_key, tag_value, created_us) VALUES ('t', '', 'team', 'red', 0)"
            )
        }
        try before.close()
        let catalog = try await CatalogService.open(
            try await home.open(CatalogMigrations.all), warehouse: "/w/warehouse")
        #expect(try await names(catalog, "old") == ["main.default.Old"])
        #expect(try await names(catalog, "red") == ["main.default.Old"])
        #expect(try await names(catalog, "relic", kinds: [.table]) == ["main.default.Old"])
    }
}
