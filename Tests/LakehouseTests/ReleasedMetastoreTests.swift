import Base
import Foundation
import GRDB
import Lakehouse
import LakehouseTesting
import Metastore
import Testing

/// Metastores as released versions left them, opened by this one.
@Suite struct ReleasedMetastoreTests {
    /// A file made from a dump in Tests/MetastoreTests/Released.
    private func file(_ dump: String, in folder: TemporaryFolder) throws -> String {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../MetastoreTests/Released/\(dump).sql").standardizedFileURL
        let path = folder.path + "/metastore.sqlite"
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: try String(contentsOf: source, encoding: .utf8))
        }
        try queue.close()
        return path
    }

    /// Everything that the first release knew of catalogs, schemas, tables and features is there, under the same ids.
    private func checkContent(_ metastore: Metastore) async throws {
        let securables = try await metastore.read { db in
            try db.rows(
                """
                SELECT id, kind, parent_id, name, name_key, comment, properties, location, detail, created_us, updated_us
                FROM catalog_securables WHERE kind <> 'metastore' ORDER BY id
                """
            ).map { row in row.values.map(Self.text).joined(separator: "|") }
        }
        #expect(
            securables == [
                "c1|catalog|metastore|main|main|-|{}|-|{}|1|1",
                "c2|catalog|metastore|Verkäufe|verkäufe|it's \"ours\"|{\"a\":\"1\"}|-|{}|2|3",
                "s1|schema|c1|default|default|-|{}|-|{}|4|4",
                "s2|schema|c2|Übersicht|übersicht|c|{\"b\":\"2\"}|-|{}|5|6",
                "t1|table|s1|Orders|orders|all of them|{\"k\":\"v\"}|-|{\"kind\":\"managed\",\"format\":\"delta\"}|7|8",
                "t2|table|s2|a.b \"c\"|a.b \"c\"|-|{}|/data/a b|{\"kind\":\"external\",\"format\":\"delta\"}|9|9",
            ])
        let features = try await metastore.read { db in
            try [
                "SELECT revision, next_online_id FROM feature_registry",
                "SELECT kind, name, version, definition, layout, online_id, created_us, updated_us FROM feature_objects ORDER BY name",
                "SELECT online_id, view, end_us, source_table_id, source_version, row_count, updated_us FROM feature_materializations",
                "SELECT table_id, version, name, record, created_us FROM feature_training_sets",
            ].flatMap { sql in try db.rows(sql).map { $0.values.map(Self.text).joined(separator: "|") } }
        }
        #expect(
            features == [
                "5|3", "entity|driver|1|{\"name\":\"driver\"}|-|-|10|10",
                "featureView|trips|2|{\"name\":\"trips\"}|{\"keys\":[]}|2|11|12", "2|trips|13|t1|4|1000|14",
                "t1|3|main.default.set|{\"r\":1}|15",
            ])
    }

    private static func text(_ value: MetastoreValue) -> String {
        switch value {
        case .null: "-"
        case .integer(let number): "\(number)"
        case .text(let text): text
        default: "?"
        }
    }

    @Test(arguments: ["catalog-1"])
    func openingKeepsAllThatWasThere(_ dump: String) async throws {
        let folder = try TemporaryFolder("released")
        let path = try file(dump, in: folder)
        for _ in 0..<2 {
            let metastore = try await Metastore.open(path: path, migrations: Lakehouse.metastoreMigrations)
            try await checkContent(metastore)
            try metastore.close()
        }
        // The program that made it does not know it any more, and says so.
        let first = Lakehouse.metastoreMigrations.filter { ["catalog-1", "features-1"].contains($0.name) }
        let error = await #expect(throws: TarnError.self) {
            _ = try await Metastore.open(path: path, migrations: first)
        }
        #expect(error?.code == .unsupported)
    }

    /// The way from an old file into a database: a restore brings it up to date, and leaves the file alone.
    @Test(arguments: MetastoreKind.allCases)
    func anOldFileIsRestoredIntoEitherDatabase(_ kind: MetastoreKind) async throws {
        let folder = try TemporaryFolder("released")
        let path = try file("catalog-1", in: folder)
        let before = try Data(contentsOf: URL(filePath: path))
        let metastore = try await MetastoreFixture(kind).open(Lakehouse.metastoreMigrations)
        _ = try await metastore.restore(from: path, migrations: Lakehouse.metastoreMigrations)
        try await checkContent(metastore)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
        let again = await #expect(throws: TarnError.self) {
            _ = try await metastore.restore(from: path, migrations: Lakehouse.metastoreMigrations)
        }
        #expect(again?.code == .failedPrecondition)
        // Foreign keys hold as before.
        let broken = await #expect(throws: TarnError.self) {
            _ = try await metastore.write { try $0.execute("DELETE FROM catalog_securables WHERE id = 'c2'") }
        }
        #expect(broken != nil)
    }
}
