import Base
import Catalog
import LakehouseTesting
import Metastore
import Testing

@Suite struct PagingTests {
    /// Every page's token leads to the next page; all pages together are the list.
    @Test(arguments: MetastoreKind.allCases) func tokensLeadThroughAList(_ kind: MetastoreKind) async throws {
        let fixture = try await CatalogFixture(kind)
        for n in 0..<25 { try await fixture.makeTable("t\(n)") }
        var names: [String] = []
        var token: String?
        repeat {
            let place = try await fixture.catalog.place(of: token, in: ["tables", "main", "default"])
            let page = try await fixture.catalog.tables(limit: 7, after: place)
            names += page.entries.map(\.name.name)
            token = try await fixture.catalog.pageToken(page.next, in: ["tables", "main", "default"])
        } while token != nil
        #expect(names == (0..<25).map { "t\($0)" }.sorted())
    }

    @Test(arguments: MetastoreKind.allCases) func aTokenIsOpaqueAndHoldsOnOtherServers(_ kind: MetastoreKind)
        async throws
    {
        let fixture = try await CatalogFixture(kind)
        let token = try #require(try await fixture.catalog.pageToken("a secret name", in: ["q"]))
        #expect(token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        let other = try await fixture.reopened()
        #expect(try await other.place(of: token, in: ["q"]) == "a secret name")
        #expect(try await other.place(of: "", in: ["q"]) == nil)
    }

    @Test(arguments: [
        "x", "AAAA", "....", "a+b/", "é", String(repeating: "A", count: 9_000), "\0", "null", "0",
    ])
    func madeUpTokensAreRefused(_ token: String) async throws {
        let catalog = try await CatalogFixture().catalog
        let error = await failure { _ = try await catalog.place(of: token, in: ["q"]) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("not one of this list") == true)
    }

    @Test func aTokenOfAnotherListPrincipalOrMetastoreIsRefused() async throws {
        let fixture = try await CatalogFixture()
        let catalog = fixture.catalog
        let token = try #require(try await catalog.pageToken("k", in: ["tables", "ab"]))
        for query in [["tables", "a"], ["tablesab"], ["tables", "ab", ""], ["schemas", "ab"], []] {
            #expect(
                await failure { _ = try await catalog.place(of: token, in: query) }?.code == .invalidInput)
        }
        let somebody = catalog.acting(as: user("u"))
        #expect(
            await failure { _ = try await somebody.place(of: token, in: ["tables", "ab"]) }?.code
                == .invalidInput)
        let elsewhere = try await CatalogFixture(seed: 2).catalog
        #expect(
            await failure { _ = try await elsewhere.place(of: token, in: ["tables", "ab"]) }?.code
                == .invalidInput)
        var changed = Array(token)
        changed[3] = changed[3] == "A" ? "B" : "A"
        #expect(
            await failure { _ = try await catalog.place(of: String(changed), in: ["tables", "ab"]) }?.code
                == .invalidInput)
    }

    /// Whoever sees few of many gets just those, whatever way the page is found.
    @Test(arguments: [1, 3, 1000])
    func aPrincipalSeesHisOwnOnly(_ limit: Int) async throws {
        let fixture = try await CatalogFixture()
        var wanted: [String] = []
        for n in 100..<160 {
            let table = try await fixture.makeTable("t\(n)")
            if n % 20 == 7 {
                try await fixture.grant("SELECT", on: table.id, to: "u")
                wanted.append("t\(n)")
            }
        }
        try await fixture.grant("USE SCHEMA", on: try await fixture.catalog.schema("default").id, to: "u")
        try await fixture.grant("USE CATALOG", on: try await fixture.catalog.catalog("main").id, to: "u")
        let catalog = fixture.catalog.acting(as: user("u"))
        var names: [String] = []
        var place: String?
        repeat {
            let page = try await catalog.tables(limit: limit, after: place)
            names += page.entries.map(\.name.name)
            place = page.next
        } while place != nil
        #expect(names == wanted)
    }
}
