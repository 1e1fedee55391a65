import Base
import Lakehouse
import LakehouseServer
import Testing

@Suite struct SearchTests {
    private static let path = "/api/2.1/tarn/search"

    private func run(_ probe: HTTPProbe, _ sql: String) async throws {
        let body = JSONValue.object(["statement": .string(sql), "wait_timeout": .string("50s")]).jsonText
        let answer = try await probe.post("/api/2.0/sql/statements", body)
        #expect(try answer.json()["status"]?["state"]?.string == "SUCCEEDED", "\(answer.text)")
    }

    @Test func whatIsFoundSaysWhereAndWhatItIs() async throws {
        try await withServer { probe, _ in
            try await run(probe, "CREATE TABLE orders (id INT, email STRING COMMENT 'of the buyer')")
            try await run(probe, "ALTER TABLE orders SET CERTIFIED")
            let hit = try await probe.get(Self.path + "?query=BUYER").json()["results"]?[0]
            #expect(hit?["kind"]?.string == "table" && hit?["full_name"]?.string == "main.default.orders")
            #expect(hit?["certification"]?.string == "certified")
            #expect(hit?["matched_in"]?[0]?.string == "column" && hit?["columns"]?[0]?.string == "email")
            let none = try await probe.get(Self.path + "?query=buyer&kind=volume,schema").json()
            #expect(none["results"]?.array?.isEmpty == true && none["next_page_token"] == nil)
        }
    }

    /// Tokens lead through all pages, and are good for their own search only.
    @Test func pagesAreBoundToTheirSearch() async throws {
        try await withServer { probe, _ in
            for n in 0..<5 { try await run(probe, "CREATE TABLE sale_\(n) (a INT)") }
            var names: [String] = []
            var token = ""
            repeat {
                let page = try await probe.get(Self.path + "?query=sale&max_results=2&page_token=\(token)")
                    .json()
                names += (page["results"]?.array ?? []).compactMap { $0["name"]?.string }
                token = page["next_page_token"]?.string ?? ""
                if !token.isEmpty {
                    for other in ["?query=sales", "?query=sale&kind=table"] {
                        let refused = try await probe.get(Self.path + other + "&page_token=\(token)")
                        #expect(refused.status == 400)
                    }
                }
            } while !token.isEmpty
            #expect(names == (0..<5).map { "sale_\($0)" })
        }
    }

    @Test(arguments: [
        "", "?query=", "?query=a&kind=tables", "?query=a&max_results=-1", "?query=a&max_results=x",
        "?query=a&page_token=AAAA", "?query=%00",
    ])
    func whatCannotBeSearchedIsRefused(_ query: String) async throws {
        try await withServer { probe, _ in
            let answer = try await probe.get(Self.path + query)
            #expect(answer.status == 400)
            #expect(try answer.json()["error_code"]?.string != nil)
        }
    }
}
