import Base
import Foundation
import LakehouseTesting
import Metastore
import Testing

@Suite struct MetastoreTests {
    private let first = MetastoreMigration("test-1", sql: "CREATE TABLE a (x INTEGER NOT NULL) STRICT")
    private let second = MetastoreMigration(
        "test-2", sql: "CREATE TABLE b (y TEXT); INSERT INTO b VALUES ('made')")

    private func code(_ body: () async throws -> Void) async -> TarnError.Code? {
        do { try await body() } catch { return (error as? TarnError)?.code }
        return nil
    }

    @Test func migrationsRunOnceAndInOrder() async throws {
        let folder = try TemporaryFolder("metastore")
        let path = folder.path + "/m.sqlite"
        var store = try await Metastore.open(path: path, migrations: [first])
        try await store.write { try $0.execute("INSERT INTO a VALUES (7)") }
        try store.close()
        for _ in 0..<2 {
            store = try await Metastore.open(path: path, migrations: [first, second])
            #expect(try await store.read { try $0.value("SELECT sum(x) FROM a") as Int? } == 7)
            #expect(try await store.read { try $0.column("SELECT y FROM b") as [String] } == ["made"])
            try store.close()
        }
        // An older program meets tables that it does not know.
        #expect(await code { _ = try await Metastore.open(path: path, migrations: [first]) } == .unsupported)
    }

    @Test func aMigrationThatFailsLeavesTheStoreAsItWas() async throws {
        let folder = try TemporaryFolder("metastore")
        let path = folder.path + "/m.sqlite"
        let broken = MetastoreMigration("test-2") { db in
            try db.execute("CREATE TABLE b (y TEXT)")
            throw TarnError(.internal, "half way")
        }
        #expect(
            await code { _ = try await Metastore.open(path: path, migrations: [first, broken]) } == .internal)
        let store = try await Metastore.open(path: path, migrations: [first, second])
        #expect(try await store.read { try $0.column("SELECT y FROM b") as [String] } == ["made"])
    }

    @Test func aWriteIsAllOrNothingAndDurable() async throws {
        let folder = try TemporaryFolder("metastore")
        let store = try await Metastore.open(path: folder.path + "/m.sqlite", migrations: [first])
        let failure = await code {
            try await store.write { db in
                try db.execute("INSERT INTO a VALUES (1)")
                throw TarnError(.conflict, "stop")
            }
        }
        #expect(failure == .conflict)
        #expect(try await store.read { try $0.value("SELECT count(*) FROM a") as Int? } == 0)
        let settings = try await store.write { db in
            [
                try db.value("PRAGMA journal_mode") as String?,
                try (db.value("PRAGMA synchronous") as Int?).map(String.init),
                try (db.value("PRAGMA foreign_keys") as Int?).map(String.init),
            ]
        }
        #expect(settings == ["wal", "2", "1"])
        try store.close()
        #expect(await code { _ = try await store.read { _ in 1 } } == .failedPrecondition)
    }

    /// Errors of the database become errors of the house, without its SQL and without paths.
    @Test func errorsAreTypedAndTellNoPaths() async throws {
        let folder = try TemporaryFolder("metastore")
        let path = folder.path + "/m.sqlite"
        try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: path))
        var errors: [TarnError] = []
        do { _ = try await Metastore.open(path: path, migrations: [first]) } catch { errors.append(error) }
        do { _ = try await Metastore.open(path: folder.path + "/none/m.sqlite", migrations: [first]) } catch {
            errors.append(error)
        }
        let store = try await Metastore.open(path: folder.path + "/n.sqlite", migrations: [first])
        do { try await store.read { try $0.execute("SELECT * FROM secret_place") } } catch {
            errors.append(error)
        }
        #expect(errors.map(\.code) == [.corruptMetadata, .storage, .internal])
        for error in errors {
            #expect(!error.message.contains(folder.path) && !error.message.contains("secret_place"))
        }
    }

    /// Two processes' worth of connections: the second writer waits for the first, and gives up in the end.
    @Test func aWriterWaitsForAnotherAndGivesUpInTheEnd() async throws {
        let folder = try TemporaryFolder("metastore")
        let path = folder.path + "/m.sqlite"
        let one = try await Metastore.open(path: path, migrations: [first])
        let two = try await Metastore.open(path: path, migrations: [first], busyTimeout: .milliseconds(20))
        let error = try await one.write { db in
            try db.execute("INSERT INTO a VALUES (1)")
            return WaitingWriter.tryToWrite(two)
        }
        #expect(error?.code == .storage && error?.isRetryable == true)
        try await two.write { try $0.execute("INSERT INTO a VALUES (2)") }
        #expect(try await one.read { try $0.value("SELECT sum(x) FROM a") as Int? } == 3)
    }
}

/// Writes from inside another store's transaction, which has to block its thread meanwhile.
private enum WaitingWriter {
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
