import Base
import FeatureStore
import Foundation
import Lakehouse
import LakehouseTesting
import Testing

/// What a Swift program does to tables, through the public API.
@Suite struct LakehouseTableTests {
    private func rows(_ lake: Lakehouse, _ sql: String) async throws -> [[LakehouseValue]] {
        try await lake.sql(sql).rows.map(\.values)
    }

    @Test func changesRows() async throws {
        let folder = try TemporaryFolder("change")
        let lake = try await Lakehouse.open(folder.path + "/lake", creating: true)
        try await lake.sql("CREATE TABLE t (id BIGINT, city VARCHAR, place STRUCT(x DOUBLE, y DOUBLE))")
        let table = lake.table("main.default.t")
        let added = try await table.append("SELECT i AS id, 'c' || i AS city FROM range(10) r(i)")
        #expect(
            added.affectedRowCount == 10 && added.version == 1 && added.metrics["num_inserted_rows"] == 10)
        let deleted = try await table.delete(where: "id > $least", ["least": .integer(7)])
        #expect(deleted.affectedRowCount == 2 && deleted.metrics["numDeletedRows"] == 2)
        let updated = try await table.update(
            ["city": "upper(city)", "place": "{'x': 1.0, 'y': id}"], where: "id < 2")
        #expect(updated.affectedRowCount == 2)
        try await table.update(["place.x": "place.x + 1"], where: "id = 1")
        #expect(
            try await rows(lake, "SELECT city, place.x, place.y FROM t WHERE id = 1")
                == [[.text("C1"), .double(2), .double(1)]])
        let merged = try await table.merge(
            using: "SELECT * FROM (VALUES (0, 'gone'), (1, 'new'), (50, 'far')) v(id, city)",
            on: "t.id = s.id"
        )
        .whenMatched("s.city = 'gone'", .delete)
        .whenMatched(.update(["city": "s.city"]))
        .whenNotMatched(.insert(["id": "s.id", "city": "s.city"]))
        .whenNotMatchedBySource("t.id = 7", .delete)
        .run()
        #expect(
            [
                merged.metrics["num_updated_rows"], merged.metrics["num_deleted_rows"],
                merged.metrics["num_inserted_rows"],
            ]
                == [1, 2, 1])
        #expect(try await rows(lake, "SELECT sum(id)::BIGINT FROM t") == [[.integer(71)]])
        let error = try await #require(throws: TarnError.self) { try await table.delete(where: "idd = 1") }
        #expect(error.code == .invalidInput && error.message.contains("idd"))
        #expect(try await table.truncate().affectedRowCount == 7)
        await lake.close()
    }

    @Test func keepsTables() async throws {
        let folder = try TemporaryFolder("upkeep")
        let lake = try await Lakehouse.open(folder.path + "/lake", creating: true)
        try await lake.sql("CREATE TABLE t AS SELECT 1 AS id")
        let table = lake.table("t")
        try await table.append("SELECT 2 AS id")
        try await table.restore(to: .version(0))
        #expect(try await rows(lake, "SELECT count(*) FROM t") == [[.integer(1)]])
        try await table.clone(to: folder.path + "/copy", shallow: true, at: .version(1))
        let copy = lake.table(folder.path + "/copy")
        #expect(try await copy.delete().affectedRowCount == 2)
        #expect(try await copy.history(limit: 1).rows.first?["operation"]?.text == "DELETE")
        #expect(try await table.detail().rows.first?["version"]?.integer == 2)
        let refusal = try await #require(throws: TarnError.self) { try await table.vacuum(retainingHours: 0) }
        #expect(refusal.code == .failedPrecondition)
        // The clone's log still names the file that the restore took out of the table.
        #expect(try await table.vacuumPreview(retainingHours: 0, force: true).isEmpty)
        try await table.setProperties(["delta.checkpointInterval": "7"])
        try await table.addColumn("note", "VARCHAR")
        #expect(try await rows(lake, "SELECT * FROM t") == [[.integer(1), .null]])
        await lake.close()
    }

    /// VACUUM leaves what a training set was cut from.
    @Test func leavesWhatTrainingSetsNeed() async throws {
        let folder = try TemporaryFolder("pins")
        let lake = try await Lakehouse.open(folder.path + "/lake", creating: true)
        try await lake.sql(
            "CREATE TABLE events AS SELECT 1 AS driver_id, TIMESTAMPTZ '2026-01-01' AS ts, 2.5::DOUBLE AS rate"
        )
        try await lake.features.apply(
            yaml: """
                entities:
                  - {name: driver, join_keys: [driver_id]}
                feature_views:
                  - name: rates
                    entities: [driver]
                    source: {table: main.default.events, timestamp_field: ts}
                    schema: [{name: rate, dtype: Float64}]
                """)
        try await lake.sql("CREATE TABLE spine AS SELECT 1 AS driver_id, TIMESTAMPTZ '2026-01-02' AS ts")
        _ = try await lake.features.trainingSet(
            .init(
                table: "main.default.training", spine: .table("main.default.spine"),
                features: .list(["rates:rate"]), timeColumn: "ts"))
        let events = lake.table("events")
        try await events.overwrite(
            "SELECT 9 AS driver_id, TIMESTAMPTZ '2026-01-01' AS ts, 1.5::DOUBLE AS rate")
        try await events.overwrite(
            "SELECT 8 AS driver_id, TIMESTAMPTZ '2026-01-01' AS ts, 1.5::DOUBLE AS rate")
        // Version 0 is pinned, version 1 is not.
        #expect(try await events.vacuum(retainingHours: 0, force: true).metrics["numDeletedFiles"] == 1)
        #expect(try await rows(lake, "SELECT driver_id FROM events AT (VERSION => 0)") == [[.integer(1)]])
        await lake.close()
    }
}
