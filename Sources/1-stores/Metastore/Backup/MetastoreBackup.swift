package import Base
import Foundation
import GRDB
import Glibc

/// What a backup or a restore copied.
package struct MetastoreCopy: Sendable, Hashable {
    package var tableCount = 0
    package var rowCount = 0
}

extension Metastore {
    /// Writes a copy of everything at one moment into a new SQLite file, whichever database the metastore is in.
    ///
    /// Others read and write meanwhile. The file is complete and on disk, or not there.
    ///
    /// - Parameters:
    ///   - path: Of the file, which must not exist. Only its owner may read it.
    ///   - migrations: As for `open`.
    ///   - progress: Is told how many rows have been copied, now and then.
    /// - Returns: What was copied.
    /// - Throws: `.alreadyExists` if the file is there, `.storage` if the disk refuses.
    package func backUp(
        to path: String, migrations: [MetastoreMigration],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(TarnError) -> MetastoreCopy {
        if access(path, F_OK) == 0 { throw MetastoreBackup.exists }
        let partial = path + ".partial-\(SystemRandomSource().uuid())"
        defer { for end in ["", "-journal"] { unlink(partial + end) } }
        do {
            let file = try await BlockingPool.files.run {
                try MetastoreBackup.makeFile(partial, migrations: migrations)
            }
            let copied = try await store.read { source in
                try file.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA foreign_keys = OFF")
                    var copied = MetastoreCopy()
                    try db.inTransaction(.immediate) {
                        let target = MetastoreConnection(driver: SQLiteDriver(db))
                        copied = try MetastoreBackup.copy(
                            try MetastoreBackup.tables(target), from: source, to: target, progress)
                        return .commit
                    }
                    return copied
                }
            }
            try await BlockingPool.files.run {
                try file.read { db in try MetastoreBackup.check(db) }
                try file.close()
                try MetastoreBackup.publish(partial, as: path)
            }
            return copied
        } catch { throw MetastoreFailure.tarnError(error, doing: "back the metastore up") }
    }

    /// Fills this metastore, in which nothing may be yet, from a backup or from another home's file.
    ///
    /// All or nothing. A backup of an older version is brought up to date on the way; the file stays as it is.
    ///
    /// - Parameters:
    ///   - path: Of the file.
    ///   - migrations: As for `open`.
    ///   - progress: Is told how many rows have been copied, now and then.
    /// - Returns: What was copied.
    /// - Throws: `.notFound`, `.corruptMetadata` or `.unsupported` for the file, `.failedPrecondition` if this
    ///   metastore is not empty.
    package func restore(
        from path: String, migrations: [MetastoreMigration],
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(TarnError) -> MetastoreCopy {
        let folder = FileManager.default.temporaryDirectory.path
        let scratch = "\(folder)/tarn-restore-\(SystemRandomSource().uuid()).sqlite"
        defer { for end in ["", "-journal"] { unlink(scratch + end) } }
        do {
            let (file, empty) = try await BlockingPool.files.run {
                let file = try MetastoreBackup.readFile(path, into: scratch, migrations: migrations)
                let empty = try DatabaseQueue()
                try SQLiteStore.migrate(empty, migrations)
                return (file, try empty.read { db in try MetastoreBackup.rowCounts(SQLiteDriver(db)) })
            }
            return try await store.write { target in
                if try MetastoreBackup.rowCounts(target.driver, of: Array(empty.keys)) != empty {
                    throw TarnError(
                        .failedPrecondition,
                        "The metastore is not empty. Restore into a new home, or into another schema of the database."
                    )
                }
                return try file.read { db in
                    let source = MetastoreConnection(driver: SQLiteDriver(db))
                    return try MetastoreBackup.withDeferredKeys(target) {
                        try MetastoreBackup.copy(
                            try MetastoreBackup.tables(source), from: source, to: target, progress)
                    }
                }
            }
        } catch { throw MetastoreFailure.tarnError(error, doing: "restore the metastore") }
    }
}
