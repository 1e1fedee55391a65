import Base
import Engine
import Foundation
import TableModel
import Testing

/// Sessions are lent in turn, forget what their borrower did, and never stop working.
@Suite struct SessionTests {
    @Test func forgetsTheStateOfTheLastBorrower() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        try await engine.withSession { session in
            try await session.execute("CREATE TEMP TABLE mine (a INT)")
            try await session.execute("SET TimeZone = 'Asia/Tokyo'")
            try await session.execute("BEGIN")
            try await session.execute("CREATE TABLE unfinished (a INT)")
        }
        try await engine.onSessionThread { connection in
            #expect(throws: TarnError.self) { try connection.execute("SELECT * FROM mine") }
            #expect(throws: TarnError.self) { try connection.execute("SELECT * FROM unfinished") }
            #expect(
                try connection.execute("SELECT current_setting('TimeZone')").firstScalar() == .string("UTC"))
            try connection.execute("BEGIN")
        }
        try await engine.onSessionThread { _ = try $0.execute("BEGIN") }
    }

    /// A stream that is read slowly is made slowly: the rows of 10^12 are never all made.
    @Test func makesRowsOnlyWhileTheyAreRead() async throws {
        let settings = EngineSettings(memoryLimit: "200MB", threads: 1, connections: 1)
        try await withConnection(settings) { connection in
            let result = try connection.stream("SELECT i, i::VARCHAR FROM range(1000000000000) r(i)")
            for _ in 0..<10 { _ = try result.nextChunk() }
            result.close()
            #expect(try connection.execute("SELECT 1").firstScalar() == .integer(1))
        }
    }

    @Test func saysThatAStreamWasEndedByTheNextStatement() async throws {
        try await withConnection { connection in
            let result = try connection.stream("SELECT i FROM range(100000) r(i)")
            _ = try result.nextChunk()
            try connection.execute("SELECT 1")
            let error = #expect(throws: TarnError.self) { try result.nextChunk() }
            #expect(error?.code == .failedPrecondition)
        }
    }

    @Test func readsACursorBetweenOtherWork() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 2, connections: 1))
        defer { engine.close() }
        let sum = try await engine.withSession { session in
            let cursor = try await session.openCursor("SELECT i FROM range($1) r(i)", [10_000])
            #expect(cursor.columnNames == ["i"])
            var sum: Int64 = 0
            while let part = try await cursor.next({ chunk in chunk.column(0).int64s?.reduce(0, +) ?? 0 }) {
                sum += part
                await Task.yield()
            }
            return sum
        }
        #expect(sum == 49_995_000)
    }

    /// Cancellation at many moments: before, at the start of, and during a statement.
    ///
    /// Each time the answer is
    /// `.cancelled` or the result, and the session works on.
    @Test func survivesCancellationAtAnyMoment() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1))
        defer { engine.close() }
        for round in 0..<60 {
            let task = Task {
                try await engine.onSessionThread { connection in
                    try connection.execute(
                        "SELECT count(*) FROM range(100000) a(x), range(100000) b(y) WHERE (x + y) % 7 = 3"
                    )
                    .firstScalar()
                }
            }
            for _ in 0..<round { await Task.yield() }
            let spins = round % 10 * 2_000
            var waste = 0
            for step in 0..<spins { waste &+= step }
            task.cancel()
            let result = await task.result
            guard case .failure(let error) = result else {
                Issue.record("a statement of minutes ended by itself, \(waste)")
                return
            }
            #expect((error as? TarnError)?.code == .cancelled)
            #expect(
                try await engine.onSessionThread { try $0.execute("SELECT 42").firstScalar() } == .integer(42)
            )
        }
    }

    @Test func cancelsACallerThatWaitsForASession() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        try await engine.withSession { _ in
            let waiting = Task { try await engine.withSession { _ in 1 } }
            while engine.trusted.waitingCount == 0 { await Task.yield() }
            waiting.cancel()
            let error = await #expect(throws: TarnError.self) { try await waiting.value }
            #expect(error?.code == .cancelled)
        }
        #expect(try await engine.withSession { _ in 2 } == 2)
    }

    /// Callers get the one session in the order in which they came.
    @Test func lendsInTurn() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        let order = Order()
        try await engine.withSession { _ in
            for number in 0..<8 {
                _ = Task {
                    try await engine.withSession { _ in await order.add(number) }
                }
                while engine.trusted.waitingCount <= number { await Task.yield() }
            }
        }
        while await order.numbers.count < 8 { await Task.yield() }
        #expect(await order.numbers == Array(0..<8))
    }

    private actor Order {
        var numbers: [Int] = []
        func add(_ number: Int) { numbers.append(number) }
    }

    @Test func usersAndTarnDoNotWaitForEachOther() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 1))
        defer { engine.close() }
        let value = try await engine.user.withSession { _ in
            try await engine.onSessionThread { try $0.execute("SELECT 7").firstScalar() }
        }
        #expect(value == .integer(7))
    }

    @Test func interruptsWhatRunsWhenItIsClosed() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1))
        let started = AsyncStream<Void>.makeStream()
        let task = Task {
            try await engine.onSessionThread { connection in
                started.continuation.finish()
                _ = try connection.execute(
                    "SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE x * y % 7 = 3")
            }
        }
        for await _ in started.stream {}
        engine.close()
        await #expect(throws: TarnError.self) { try await task.value }
        let error = await #expect(throws: TarnError.self) { try await engine.withSession { _ in 1 } }
        #expect(error?.code == .failedPrecondition)
    }

    @Test func tellsHowFarAStatementIs() async throws {
        let engine = try Engine(settings: EngineSettings(threads: 1, connections: 1, tracksProgress: true))
        defer { engine.close() }
        try await engine.withSession { session in
            try await session.execute("CREATE TABLE t AS SELECT i FROM range(200000) r(i)")
            let task = Task {
                try await session.execute("SELECT count(*) FROM t a, t b WHERE a.i * b.i % 7 = 3")
            }
            var seen: Double?
            let deadline = ContinuousClock.now + .seconds(20)
            while seen == nil, ContinuousClock.now < deadline {
                await Task.yield()
                if let progress = session.progress, progress > 0 { seen = progress }
            }
            task.cancel()
            _ = await task.result
            #expect(try #require(seen) <= 1)
        }
    }

    /// A session keeps to one thread, and no two sessions share one.
    @Test func runsOnAThreadOfItsOwn() async throws {
        let engine = try Engine(settings: EngineSettings(connections: 2))
        defer { engine.close() }
        try await engine.withSession { first in
            try await engine.withSession { second in
                var threads: [UInt] = []
                for session in [first, second, first, second] {
                    threads.append(try await session.run { _ in UInt(pthread_self()) })
                }
                #expect(threads[0] == threads[2] && threads[1] == threads[3])
                #expect(threads[0] != threads[1])
            }
        }
    }
}
