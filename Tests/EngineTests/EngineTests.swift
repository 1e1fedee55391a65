import Base
import Engine
import TableModel
import Testing

/// Sessions, statements, streams: what every caller relies on.
@Suite struct EngineTests {
    @Test func sumsThroughColumnBuffers() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1))
        defer { engine.close() }
        let total = try await engine.onSessionThread { connection -> Int64 in
            let result = try connection.stream("SELECT x, x::VARCHAR AS s FROM range(10000) t(x)")
            #expect(result.columnNames == ["x", "s"])
            #expect(result.columnTypes == [.int64, .varchar])
            var total: Int64 = 0
            while let chunk = try result.nextChunk() {
                let numbers = chunk.column(0)
                let texts = chunk.column(1)
                let values = try #require(numbers.int64s)
                for row in 0..<chunk.rowCount {
                    total += values[row]
                    #expect(texts.string(row) == String(values[row]))
                }
            }
            return total
        }
        #expect(total == 49_995_000)
    }

    @Test func runsSeveralStatementsAndGivesTheLastResult() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        let value = try await engine.onSessionThread { connection in
            try connection.execute(
                "CREATE TEMP TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT sum(a) FROM t"
            ).firstScalar()
        }
        #expect(value == .integer(3))
    }

    @Test func countsChangedRows() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        try await engine.withSession { session in
            try await session.execute("CREATE TABLE t (a INT)")
            #expect(try await session.execute("INSERT INTO t SELECT * FROM range(7)") == 7)
            #expect(try await session.execute("DELETE FROM t WHERE a > 3") == 3)
        }
    }

    @Test func bindsParametersByPlaceAndByName() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        try await engine.onSessionThread { connection in
            #expect(try connection.execute("SELECT $2 - $1", [3, 10]).firstScalar() == .integer(7))
            #expect(try connection.execute("SELECT ? || ?", ["a", "b"]).firstScalar() == .string("ab"))
            #expect(
                try connection.execute("SELECT $x + $y", named: ["x": 1, "y": 2]).firstScalar() == .integer(3)
            )
            let statement = try connection.prepare("SELECT $v * 2 AS doubled")
            #expect(statement.parameterNames == ["v"])
            for value in [Int64(1), 5, -9] {
                #expect(
                    try statement.execute(named: ["v": .int64(value)]).firstScalar() == .integer(value * 2))
            }
        }
    }

    /// Two sessions for eight tasks: all finish, and never more than two run.
    @Test func sharesTwoSessionsAmongEightTasks() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 2, connections: 2))
        defer { engine.close() }
        let sums = try await withThrowingTaskGroup(of: Scalar.self) { group in
            for n in 1...8 {
                group.addTask {
                    try await engine.withSession { session in
                        try await session.run { connection in
                            try connection.execute(
                                "SELECT sum(x)::BIGINT FROM range($1) t(x)", [.int64(Int64(n) * 1_000)]
                            )
                            .firstScalar()
                        }
                    }
                }
            }
            return try await group.reduce(into: Set<Scalar>()) { $0.insert($1) }
        }
        let wanted = (1...8).map { (n: Int64) -> Scalar in
            let count = n * 1_000
            return .integer(count * (count - 1) / 2)
        }
        #expect(sums == Set(wanted))
        #expect(engine.trusted.freeSessionCount == 2)
    }

    @Test func interruptsTheStatementOfACancelledTaskAndKeepsTheSession() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1))
        defer { engine.close() }
        let started = AsyncStream<Void>.makeStream()
        let task = Task {
            try await engine.onSessionThread { connection in
                started.continuation.finish()
                _ = try connection.execute(
                    "SELECT count(*) FROM range(100000000) a(x), range(100000000) b(y) WHERE x * y % 7 = 3")
            }
        }
        for await _ in started.stream {}
        task.cancel()
        let error = await #expect(throws: TarnError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        let after = try await engine.onSessionThread { try $0.execute("SELECT 42").firstScalar() }
        #expect(after == .integer(42))
    }

    @Test func saysWhereTheStatementIsWrong() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        try await engine.onSessionThread { connection in
            let error = #expect(throws: TarnError.self) {
                try connection.execute("SELECT\n  1 +\n  nowhere FROM range(3) t(x)")
            }
            #expect(error?.code == .invalidInput)
            let context = Dictionary(uniqueKeysWithValues: error?.context.map { ($0.name, $0.value) } ?? [])
            #expect(context["position"] == "15")
            #expect(context["line"] == "3")
            #expect(context["column"] == "3")
            #expect(error?.message.contains("nowhere") == true)
        }
    }
}
