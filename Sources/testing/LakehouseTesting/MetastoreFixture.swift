import Foundation
package import Metastore

/// The databases that a metastore can be in: `arguments:` of every suite about what is kept there.
package enum MetastoreKind: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqlite, postgres

    /// Where tests keep a metastore that do not say: `TARN_TEST_METASTORE=postgres` runs all of them over PostgreSQL.
    package static var byDefault: MetastoreKind {
        ProcessInfo.processInfo.environment["TARN_TEST_METASTORE"].flatMap(MetastoreKind.init) ?? .sqlite
    }

    package var description: String { rawValue }
}

/// An empty metastore for one test, in a folder or a schema of its own.
package final class MetastoreFixture: Sendable {
    package let kind: MetastoreKind
    package let location: MetastoreLocation
    /// The path or URL, as another process needs it.
    package let address: String
    private let folder: TemporaryFolder?

    /// - Parameters:
    ///   - kind: The database.
    ///   - folder: Where a file goes; `nil` makes a folder that goes with this object.
    /// - Throws: When no PostgreSQL can be started.
    package init(_ kind: MetastoreKind = .byDefault, in folder: TemporaryFolder? = nil) async throws {
        self.kind = kind
        switch kind {
        case .sqlite:
            let folder = try folder ?? TemporaryFolder("metastore")
            self.folder = folder
            address = folder.path + "/metastore.sqlite"
            location = .file(address)
        case .postgres:
            self.folder = nil
            address = try await PostgresServer.forTests().freshAddress()
            location = .postgres(try PostgresLocation(address))
        }
    }

    /// Opens it; several times is as several processes do.
    package func open(
        _ migrations: [MetastoreMigration], busyTimeout: Duration = .seconds(30)
    ) async throws -> Metastore {
        try await Metastore.open(location, migrations: migrations, busyTimeout: busyTimeout)
    }
}
