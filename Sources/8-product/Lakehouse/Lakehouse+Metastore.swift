import Base
import Foundation
import Metastore

/// What `tarn metastore info` shows.
package struct MetastoreInfo: Sendable {
    /// `sqlite` or `postgres`.
    package let database: String
    /// Path or URL, without passwords.
    package let location: String
    package let objectCount: Int64
    package let principalCount: Int64
    package let grantCount: Int64
}

/// How much a backup or a restore copied.
package struct MetastoreReport: Sendable {
    package let tableCount: Int
    package let rowCount: Int
}

extension Lakehouse {
    package func metastoreInfo() async throws -> MetastoreInfo {
        let counts = try await metastore.read { db in
            try ["catalog_securables", "catalog_principals", "catalog_grants"].map { table in
                try db.value("SELECT count(*) FROM \(table)") ?? 0 as Int64
            }
        }
        let (database, location): (String, String) =
            switch try Self.metastoreLocation(home, settings) {
            case .file(let path): ("sqlite", path)
            case .postgres(let location): ("postgres", location.description)
            case .memory: ("sqlite", "in memory")
            }
        return MetastoreInfo(
            database: database, location: location, objectCount: counts[0], principalCount: counts[1],
            grantCount: counts[2])
    }

    /// Writes everything that the metastore holds at one moment into a new file, while others go on.
    ///
    /// - Throws: `.alreadyExists` if the file is there, `.storage` if the disk refuses.
    package func backUpMetastore(
        to path: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> MetastoreReport {
        let copied = try await metastore.backUp(
            to: path, migrations: Self.metastoreMigrations, progress: progress)
        return MetastoreReport(tableCount: copied.tableCount, rowCount: copied.rowCount)
    }

    /// Fills an empty metastore from a backup.
    ///
    /// - Throws: `.failedPrecondition` unless it is empty, `.notFound`, `.corruptMetadata` or `.unsupported` for the file.
    package func restoreMetastore(
        from path: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> MetastoreReport {
        let copied = try await metastore.restore(
            from: path, migrations: Self.metastoreMigrations, progress: progress)
        return MetastoreReport(tableCount: copied.tableCount, rowCount: copied.rowCount)
    }
}
