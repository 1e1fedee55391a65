import Base
import Testing

@Suite struct BlockingPoolTests {
    @Test func mapKeepsTheOrder() async throws {
        let pool = BlockingPool(name: "test", threadCount: 3)
        let squares = try await pool.map(count: 1000) { $0 * $0 }
        #expect(squares == (0..<1000).map { $0 * $0 })
        #expect(try await pool.map(count: 0) { $0 }.isEmpty)
    }

    @Test func anErrorEndsTheMap() async {
        let pool = BlockingPool(name: "test", threadCount: 2)
        await #expect(throws: TarnError.self) {
            _ = try await pool.map(count: 100) { index -> Int in
                if index == 57 { throw TarnError(.internal, "57") }
                return index
            }
        }
    }

    @Test func uuidsAreWellFormed() {
        let id = SeededRandomSource(seed: 1).uuid()
        #expect(
            id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }

    @Test func nearNamesAreFound() {
        #expect(nearestNames(to: "ordres", among: ["orders", "users", "ORDER"]) == ["ORDER", "orders"])
        #expect(didYouMean("zzz", among: ["orders"]) == "")
    }
}
