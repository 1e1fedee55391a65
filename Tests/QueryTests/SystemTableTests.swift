import Base
import Catalog
import Foundation
import LakehouseTesting
import Metastore
import Query
import Tables
import Testing

/// Nobody learns from Tarn's own tables what he may not see elsewhere.
@Suite struct SystemTableTests {
    private static let user = Principal(
        id: "u1", kind: .user, name: "ann@example.com", groupIDs: ["account users"],
        groupKeys: ["account users"])

    /// `a.seen` may be read by the user, `a.browsed` only looked at, `a.hidden` and `b.hidden` not.
    private static func lake() async throws -> TestLake {
        let lake = try await TestLake()
        for statement in [
            "CREATE SCHEMA a", "CREATE SCHEMA b", "CREATE TABLE a.seen AS SELECT 'secret' AS v",
            "CREATE TABLE a.browsed AS SELECT 1 AS w", "CREATE TABLE a.hidden AS SELECT 1 AS x",
            "CREATE TABLE b.hidden AS SELECT 1 AS y", "DELETE FROM a.seen WHERE v = 'other secret'",
            "DELETE FROM a.seen WHERE v = 'secret'",
        ] { _ = try await lake.query.run(statement, context: QueryContext()) }
        let metastore = try await Metastore.open(
            path: lake.folder.path + "/metastore.sqlite", migrations: CatalogMigrations.all)
        let ids = try await (
            lake.catalog.table(QualifiedName("a.seen")).id, lake.catalog.table(QualifiedName("a.browsed")).id,
            lake.catalog.table(QualifiedName("b.hidden")).id
        )
        try await metastore.write { db in
            _ = try db.execute(
                "INSERT INTO catalog_principals VALUES ('u1', 'user', 'ann@example.com', 'ann@example.com', NULL, NULL, 1, 0, 0)"
            )
            _ = try db.execute(
                "INSERT INTO catalog_principals VALUES ('u2', 'user', 'bob@example.com', 'bob@example.com', NULL, NULL, 1, 0, 0)"
            )
            for (table, principal, privilege) in [
                (ids.0, "u1", "SELECT"), (ids.1, "account users", "BROWSE"), (ids.2, "u2", "SELECT"),
            ] {
                _ = try db.execute(
                    "INSERT INTO catalog_grants VALUES (?, ?, ?, 'owner', 0)", [table, principal, privilege])
            }
            for table in [ids.0, ids.2] {
                _ = try db.execute(
                    "INSERT INTO catalog_tags VALUES (?, '', 'kind', 'fact', NULL, 0)", [table])
            }
        }
        return lake
    }

    private static let sights: [(sql: String, owner: [String], user: [String])] = [
        (
            "SELECT full_name FROM system.tables ORDER BY 1",
            [
                "[\"main.a.browsed\"]", "[\"main.a.hidden\"]", "[\"main.a.seen\"]", "[\"main.b.hidden\"]",
            ], ["[\"main.a.browsed\"]", "[\"main.a.seen\"]"]
        ),
        (
            "SELECT table_name, column_name FROM system.columns ORDER BY ALL",
            ["[\"browsed\",\"w\"]", "[\"hidden\",\"x\"]", "[\"hidden\",\"y\"]", "[\"seen\",\"v\"]"],
            ["[\"browsed\",\"w\"]", "[\"seen\",\"v\"]"]
        ),
        (
            "SELECT table_name FROM information_schema.tables WHERE table_schema <> 'default' ORDER BY ALL",
            ["[\"browsed\"]", "[\"hidden\"]", "[\"hidden\"]", "[\"seen\"]"], ["[\"browsed\"]", "[\"seen\"]"]
        ),
        (
            "SELECT table_name FROM system.storage ORDER BY ALL",
            ["[\"browsed\"]", "[\"hidden\"]", "[\"hidden\"]", "[\"seen\"]"], ["[\"seen\"]"]
        ),
        (
            "SELECT count(*) FROM system.history WHERE operation_parameters LIKE '%secret%'", ["[1]"], ["[0]"]
        ),
        ("SELECT count(DISTINCT full_name) FROM system.history", ["[4]"], ["[1]"]),
        ("SELECT count(location) FROM system.tables", ["[4]"], ["[0]"]),
        (
            "SELECT principal, privilege FROM system.grants ORDER BY ALL",
            [
                "[\"account users\",\"BROWSE\"]", "[\"ann@example.com\",\"SELECT\"]",
                "[\"bob@example.com\",\"SELECT\"]",
            ], ["[\"account users\",\"BROWSE\"]", "[\"ann@example.com\",\"SELECT\"]"]
        ),
        (
            "SELECT object_name FROM system.tags ORDER BY ALL",
            ["[\"main.a.seen\"]", "[\"main.b.hidden\"]"], ["[\"main.a.seen\"]"]
        ),
        (
            "SELECT name FROM system.principals WHERE kind = 'user' ORDER BY 1",
            ["[\"ann@example.com\"]", "[\"bob@example.com\"]"], ["[\"ann@example.com\"]"]
        ),
    ]

    @Test func everybodySeesHisOwnShareOfEachTable() async throws {
        let lake = try await Self.lake()
        for (sql, owner, user) in Self.sights {
            #expect(try await lake.rows(sql, context: QueryContext()) == owner, "the owner: \(sql)")
            #expect(
                try await lake.rows(sql, context: QueryContext(principal: Self.user)) == user,
                "the user: \(sql)")
        }
    }

    /// A table whose files are gone does not hide the others.
    @Test func oneDamagedTableDoesNotHideTheOthers() async throws {
        let lake = try await Self.lake()
        let folder = try await lake.catalog.table(QualifiedName("a.seen")).location
        try removeFolder(folder + "/_delta_log")
        lake.tables.forget(localFolder: folder)
        let rows = try await lake.rows("SELECT full_name FROM system.storage ORDER BY 1")
        #expect(rows == ["[\"main.a.browsed\"]", "[\"main.a.hidden\"]", "[\"main.b.hidden\"]"])
    }

    /// A name in the filter spares opening the other tables.
    @Test func aFilterOnNamesOpensOnlyThatTable() async throws {
        let lake = try await Self.lake()
        let folder = try await lake.catalog.table(QualifiedName("a.seen")).location
        let other = try await lake.catalog.table(QualifiedName("b.hidden")).location
        lake.tables.forget(localFolder: folder)
        lake.tables.forget(localFolder: other)
        _ = try await lake.rows(
            "SELECT * FROM system.history WHERE table_name = 'seen' AND schema_name = 'a'")
        #expect(lake.tables.isOpen(localFolder: folder))
        #expect(!lake.tables.isOpen(localFolder: other))
    }
}

private func removeFolder(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
