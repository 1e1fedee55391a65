import Base
import Foundation
import LakehouseTesting
import Metastore
import Testing

/// What holds for a metastore in whichever database it is.
@Suite struct MetastoreContractTests {
    private let first = MetastoreMigration("test-1", sql: "CREATE TABLE a (x INTEGER NOT NULL) STRICT")
    private let second = MetastoreMigration(
        "test-2", sql: "CREATE TABLE b (y TEXT); INSERT INTO b VALUES ('made')")

    @Test(arguments: MetastoreKind.allCases)
    func migrationsRunOnceAndInOrder(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        var store = try await fixture.open([first])
        try await store.write { try $0.execute("INSERT INTO a VALUES (7)") }
        try store.close()
        for _ in 0..<2 {
            store = try await fixture.open([first, second])
            #expect(try await store.read { try $0.value("SELECT sum(x) FROM a") as Int? } == 7)
            #expect(try await store.read { try $0.column("SELECT y FROM b") as [String] } == ["made"])
            try store.close()
        }
        // An older program meets tables that it does not know.
        #expect(await code { _ = try await fixture.open([first]) } == .unsupported)
    }

    @Test(arguments: MetastoreKind.allCases)
    func aMigrationThatFailsLeavesTheStoreAsItWas(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let broken = MetastoreMigration("test-2") { db in
            try db.execute("CREATE TABLE b (y TEXT)")
            throw TarnError(.internal, "half way")
        }
        #expect(await code { _ = try await fixture.open([first, broken]) } == .internal)
        let store = try await fixture.open([first, second])
        #expect(try await store.read { try $0.column("SELECT y FROM b") as [String] } == ["made"])
    }

    /// Several servers that start at the same time make the tables once.
    @Test(arguments: MetastoreKind.allCases)
    func migrationsOfSeveralOpenersRunOnce(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let stores = try await withThrowingTaskGroup(of: Metastore.self) { group in
            for _ in 0..<6 { group.addTask { try await fixture.open([first, second]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for store in stores {
            #expect(try await store.read { try $0.column("SELECT y FROM b") as [String] } == ["made"])
        }
    }

    @Test(arguments: MetastoreKind.allCases)
    func aWriteIsAllOrNothing(_ kind: MetastoreKind) async throws {
        let store = try await MetastoreFixture(kind).open([first])
        let failure = await code {
            try await store.write { db in
                try db.execute("INSERT INTO a VALUES (1)")
                throw TarnError(.conflict, "stop")
            }
        }
        #expect(failure == .conflict)
        #expect(try await store.read { try $0.value("SELECT count(*) FROM a") as Int? } == 0)
        try await store.write { try $0.execute("INSERT INTO a VALUES (2)") }
        #expect(try await store.read { try $0.value("SELECT count(*) FROM a") as Int? } == 1)
        try store.close()
        #expect(await code { _ = try await store.read { _ in 1 } } == .failedPrecondition)
        #expect(await code { _ = try await store.write { _ in 1 } } == .failedPrecondition)
        #expect(await code { _ = try await store.changeToken() } == .failedPrecondition)
    }

    /// Two processes' worth of connections: the second writer waits for the first, and gives up in the end.
    @Test(arguments: MetastoreKind.allCases)
    func aWriterWaitsForAnotherAndGivesUpInTheEnd(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let one = try await fixture.open([first])
        let two = try await fixture.open([first], busyTimeout: .milliseconds(20))
        let error = try await one.write { db in
            try db.execute("INSERT INTO a VALUES (1)")
            return WaitingWriter.tryToWrite(two)
        }
        #expect(error?.code == .storage && error?.isRetryable == true)
        try await two.write { try $0.execute("INSERT INTO a VALUES (2)") }
        #expect(try await one.read { try $0.value("SELECT sum(x) FROM a") as Int? } == 3)
    }

    /// Read, add one, write: no update is lost, whichever of two processes makes it.
    @Test(arguments: MetastoreKind.allCases)
    func writersComeOneAfterTheOther(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let stores = [try await fixture.open([first]), try await fixture.open([first])]
        try await stores[0].write { try $0.execute("INSERT INTO a VALUES (0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    try await stores[number % 2].write { db in
                        let x: Int = try db.value("SELECT x FROM a") ?? -1000
                        try db.execute("UPDATE a SET x = ?", [x + 1])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await stores[1].read { try $0.value("SELECT x FROM a") as Int? } == 60)
    }

    /// A reader sees one moment, and nobody waits for it.
    @Test(arguments: MetastoreKind.allCases)
    func aReaderSeesOneMoment(_ kind: MetastoreKind) async throws {
        let fixture = try await MetastoreFixture(kind)
        let (one, two) = (try await fixture.open([first]), try await fixture.open([first]))
        let counts = try await one.read { db in
            let before: Int? = try db.value("SELECT count(*) FROM a")
            let error = WaitingWriter.tryToWrite(two)
            return [before, error == nil ? 1 : 0, try db.value("SELECT count(*) FROM a") as Int?]
        }
        #expect(counts == [0, 1, 0])
        #expect(try await one.read { try $0.value("SELECT count(*) FROM a") as Int? } == 1)
    }

    @Test(arguments: MetastoreKind.allCases)
    func aReaderCannotWrite(_ kind: MetastoreKind) async throws {
        let store = try await MetastoreFixture(kind).open([first])
        #expect(await code { _ = try await store.read { try $0.execute("INSERT INTO a VALUES (1)") } } != nil)
        #expect(try await store.read { try $0.value("SELECT count(*) FROM a") as Int? } == 0)
    }
}

/// The code of the error that `body` fails with; `nil` if it does not.
func code(_ body: () async throws -> Void) async -> TarnError.Code? {
    do { try await body() } catch {
        return (error as? TarnError)?.code ?? TarnError.Code(rawValue: "\(error)")
    }
    return nil
}

/// Writes from inside another store's transaction, which has to block its thread meanwhile.
enum WaitingWriter {
    static func tryToWrite(_ store: Metastore) -> TarnError? {
        let done = DispatchSemaphore(value: 0)
        let result = ErrorBox()
        Task.detached {
            do throws(TarnError) {
                try await store.write { try $0.execute("INSERT INTO a VALUES (9)") }
            } catch {
                result.set(error)
            }
            done.signal()
        }
        done.wait()
        return result.error
    }

    private final class ErrorBox: @unchecked Sendable {
        private let lock = NSLock()
        private var value: TarnError?
        func set(_ error: TarnError) { lock.withLock { value = error } }
        var error: TarnError? { lock.withLock { value } }
    }
}
