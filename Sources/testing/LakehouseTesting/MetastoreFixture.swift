package import Metastore

/// The databases that a metastore can be in: `arguments:` of every suite about what is kept there.
package enum MetastoreKind: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqlite, postgres

    package var description: String { rawValue }
}

/// An empty metastore for one test, in a folder or a schema of its own.
package final class MetastoreFixture: Sendable {
    package let kind: MetastoreKind
    package let location: MetastoreLocation
    private let folder: TemporaryFolder?

    package init(_ kind: MetastoreKind) async throws {
        self.kind = kind
        switch kind {
        case .sqlite:
            let folder = try TemporaryFolder("metastore")
            self.folder = folder
            location = .file(folder.path + "/metastore.sqlite")
        case .postgres:
            folder = nil
            location = .postgres(try PostgresLocation(try await PostgresServer.forTests().freshAddress()))
        }
    }

    /// Opens it; several times is as several processes do.
    package func open(
        _ migrations: [MetastoreMigration], busyTimeout: Duration = .seconds(30)
    ) async throws -> Metastore {
        try await Metastore.open(location, migrations: migrations, busyTimeout: busyTimeout)
    }
}
