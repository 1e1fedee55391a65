import Base
import Catalog
import FeatureStore
import Lakehouse
import Query
import Testing

/// Online features are for those who may read the tables that they come from.
@Suite struct FeastAccessTests {
    private static let definitions = """
        entities:
          - {name: driver, join_keys: [driver_id], value_type: INT64}
        feature_views:
          - name: trips
            entities: [driver]
            source: {table: main.default.facts, timestamp_field: at}
            schema: [{name: n, dtype: Int64}]
        """

    private func ask(_ probe: HTTPProbe, _ token: String, _ feature: String = "trips:n") async throws
        -> HTTPAnswer
    {
        try await probe.send(
            "POST", "/get-online-features", #"{"features": ["\#(feature)"], "entities": {"driver_id": [1]}}"#,
            headers: ["Authorization": "Bearer \(token)"])
    }

    @Test func needsSelectOnTheSource() async throws {
        try await withServer({ $0.auth.mode = "required" }) { probe, lake in
            try await lake.sql("CREATE TABLE facts (driver_id BIGINT, at TIMESTAMP, n BIGINT)")
            _ = try await lake.features.apply(yaml: Self.definitions)
            let token = try await lake.token("ada")
            // Not even seen: the words of a feature that does not exist.
            let hidden = try await ask(probe, token)
            let absent = try await ask(probe, token, "tripz:n")
            #expect(hidden.status == 404 && absent.status == 404)
            #expect(hidden.text == absent.text)
            let catalog = try await lake.catalog
            let table = try SecurableReference(.table, parts: ["main", "default", "facts"])
            try await catalog.grant(
                [.useCatalog], on: try SecurableReference(.catalog, parts: ["main"]), to: ["ada"])
            try await catalog.grant(
                [.useSchema], on: try SecurableReference(.schema, parts: ["main", "default"]), to: ["ada"])
            try await catalog.grant([.browse], on: table, to: ["ada"])
            #expect(try await ask(probe, token).status == 403)
            try await catalog.grant([.select], on: table, to: ["ada"])
            for _ in 0..<2 {
                let answer = try await ask(probe, token)
                #expect(answer.status == 200, "\(answer.text)")
            }
            try await catalog.revoke([.select], on: table, from: ["ada"])
            #expect(try await ask(probe, token).status == 403)
        }
    }
}
