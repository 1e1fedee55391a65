import Base
import Foundation
import LakehouseTesting
import Metastore
import Testing

/// What is SQLite's alone.
@Suite struct SQLiteMetastoreTests {
    private let first = MetastoreMigration("test-1", sql: "CREATE TABLE a (x INTEGER NOT NULL) STRICT")

    @Test func everyCommitIsOnDisk() async throws {
        let store = try await MetastoreFixture(.sqlite).open([first])
        let settings = try await store.write { db in
            [
                try db.value("PRAGMA journal_mode") as String?,
                try (db.value("PRAGMA synchronous") as Int?).map(String.init),
                try (db.value("PRAGMA foreign_keys") as Int?).map(String.init),
            ]
        }
        #expect(settings == ["wal", "2", "1"])
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
}
