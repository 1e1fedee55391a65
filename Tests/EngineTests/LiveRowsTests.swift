import Base
import Engine
import TableModel
import Testing

struct LiveRowsTests {
    private func numbers(_ engine: Engine, _ sql: String) async throws -> [Int64] {
        try await engine.onSessionThread { connection in
            let result = try connection.execute(sql)
            var numbers: [Int64] = []
            while let chunk = try result.nextChunk() {
                numbers += Array(try #require(chunk.column(0).int64s))
            }
            return numbers
        }
    }

    /// Rows in any order and of several files at once are each tested by their own file's set.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func testsEveryRow(_ seed: UInt64) async throws {
        let engine = try Engine(settings: EngineSettings(threads: 2, connections: 2))
        let random = SeededRandomSource(seed: seed)
        var sets: [Set<UInt64>] = []
        for _ in 0..<3 {
            var set: Set<UInt64> = []
            for _ in 0..<random.next() % 3000 { set.insert(random.next() % 9000) }
            sets.append(set)
        }
        let live = engine.liveRows([
            .all, .without(RowBitmap(sets[1])), .only(RowBitmap(sets[2])),
        ])
        func wanted(_ file: UInt64, _ row: UInt64) -> Bool {
            file == 0 || (file == 1 ? !sets[1].contains(row) : sets[2].contains(row))
        }
        let expected = (0..<3).flatMap { file in
            (0..<9000).filter { wanted(file, $0) }.map { Int64(file * 9000 + $0) }
        }
        let test = live.condition(file: "(i // 9000)::UBIGINT", row: "i % 9000")
        let straight = "SELECT i FROM range(27000) t(i) WHERE \(test) ORDER BY i"
        #expect(try await numbers(engine, straight) == expected, "seed \(seed)")
        let shuffled =
            "SELECT i FROM (SELECT i FROM range(27000) t(i) ORDER BY hash(i + \(seed))) WHERE \(test) ORDER BY i"
        #expect(try await numbers(engine, shuffled) == expected, "seed \(seed)")
    }

    /// A plan keeps its rows; a statement planned after they are gone is an error.
    @Test func refusesRowsThatAreGone() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 2, connections: 2))
        var live: LiveRows? = engine.liveRows([.without(RowBitmap([1]))])
        let sql = "SELECT i FROM range(3) t(i) WHERE \(live?.condition(file: "0::UBIGINT", row: "i") ?? "")"
        #expect(try await numbers(engine, sql) == [0, 2])
        live = nil
        await #expect(throws: TarnError.self) { try await self.numbers(engine, sql) }
    }

    @Test func refusesAFileOutOfTheScan() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 2, connections: 2))
        let live = engine.liveRows([.only(RowBitmap([1]))])
        let sql = "SELECT i FROM range(3) t(i) WHERE \(live.condition(file: "i::UBIGINT", row: "1"))"
        await #expect(throws: TarnError.self) { try await self.numbers(engine, sql) }
        withExtendedLifetime(live) {}
    }
}
