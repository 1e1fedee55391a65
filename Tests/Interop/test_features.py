"""Features from outside: training sets against a brute-force join, materialise, serving, and bad definitions."""

import json
import random

import duckdb
import pytest

import features
import kit
from test_kill import KILLS, SEED, killed_after


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A lakehouse with features applied and materialised."""
    lake = kit.Lakehouse(tmp_path_factory.mktemp("features") / "home")
    features.prepare(lake)
    lake.run("features", "materialize", "--home", str(lake.home))
    return lake


def newest():
    """driver -> (trips_today, rating, city) as of the end of time, computed beside Tarn."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        trips = {row[0]: row[1:] for row in connection.execute(
            f"SELECT driver_id, trips_today, rating FROM ({features.TRIP_FACTS.format(facts=900)}) QUALIFY row_number()"
            " OVER (PARTITION BY driver_id ORDER BY known_at DESC, created_at DESC) = 1").fetchall()}
        cities = dict(connection.execute(
            f"SELECT driver_id, city FROM ({features.PROFILES}) QUALIFY row_number()"
            " OVER (PARTITION BY driver_id ORDER BY known_at DESC) = 1").fetchall())
    return trips, cities


def test_a_training_set_equals_the_brute_force_join(store):
    store.run("features", "training-set", "main.default.training", "--spine", "main.default.spine",
              "--service", "everything", "--home", str(store.home))
    rows = store.rows("SELECT row_id, trips_today, rating::VARCHAR AS rating, city FROM training ORDER BY row_id")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        expected = connection.execute(f"""SELECT row_id, trip.t, trip.r::VARCHAR, profile.c
            FROM ({features.BRUTE_FORCE.replace('{facts}', '900')}) ORDER BY row_id""").fetchall()
    assert [tuple(row.values()) for row in rows] == expected
    # The data has what the rules are about, else the equality proves little.
    assert any(row["trips_today"] is not None and row["rating"] is None for row in rows)
    assert any(row["trips_today"] is None for row in rows) and any(row["city"] is None for row in rows)


def test_a_training_set_names_the_versions_it_was_cut_from(store):
    store.run("features", "training-set", "main.default.pinned", "--spine", "main.default.spine",
              "--service", "everything", "--home", str(store.home))
    history = json.dumps(store.rows("DESCRIBE HISTORY pinned"))
    assert "trip_facts" in history and "driver_profiles" in history and "spine" in history


def test_what_is_served_is_the_newest_row(store):
    trips, cities = newest()
    drivers = list(range(45))
    with kit.Server(store) as server:
        status, body = server.request("/get-online-features", {
            "features": ["trips:trips_today", "trips:rating", "profile:city"], "entities": {"driver_id": drivers}})
    assert status == 200, body
    answer = json.loads(body)
    assert answer["metadata"]["feature_names"] == ["driver_id", "trips_today", "rating", "city"]
    columns = {name: result for name, result in zip(answer["metadata"]["feature_names"], answer["results"])}
    assert columns["driver_id"]["values"] == drivers
    for i, driver in enumerate(drivers):
        for name, (found, value) in {
                "trips_today": (driver in trips, trips.get(driver, (None, None))[0]),
                "rating": (driver in trips, trips.get(driver, (None, None))[1]),
                "city": (driver in cities, cities.get(driver))}.items():
            status = columns[name]["statuses"][i]
            if name != "city":
                # The facts are of 2024 and live ten days: known to the store, too old to be served as fresh.
                assert status in (("OUTSIDE_MAX_AGE", "NULL_VALUE") if found else ("NOT_FOUND",)), (driver, name, status)
                if status == "OUTSIDE_MAX_AGE" and columns[name]["values"][i] is not None:
                    assert columns[name]["values"][i] == value
            else:
                assert status == ("NOT_FOUND" if not found else "PRESENT" if value is not None else "NULL_VALUE")
                assert columns[name]["values"][i] == value


@pytest.mark.parametrize("body, pattern", [
    (b"", "json|body|empty"), (b"{", "json"), (b"[]", "object|json"), (b"null", "object|json"), (b"\xff", "json|utf"),
    (b"[" * 100_000, "json|deep|nest"),
    ({"features": ["trips:no_such"], "entities": {"driver_id": [1]}}, "no_such"),
    ({"features": ["nope:rating"], "entities": {"driver_id": [1]}}, "nope"),
    ({"features": ["rating"], "entities": {"driver_id": [1]}}, "rating"),
    ({"feature_service": "no_service", "entities": {"driver_id": [1]}}, "no_service"),
    ({"feature_service": "everything", "entities": {"driver": [1]}}, "driver"),
    ({"feature_service": "everything", "entities": {}}, "driver_id|entit"),
    ({"feature_service": "everything"}, "entit"),
    ({"entities": {"driver_id": [1]}}, "feature"),
    ({"feature_service": "everything", "entities": {"driver_id": ["one"]}}, "driver_id|number|integer"),
    ({"feature_service": "everything", "entities": {"driver_id": 1}}, "driver_id|list|array"),
    ({"feature_service": "everything", "entities": {"driver_id": [99999999999999999999]}}, "driver_id|range|integer"),
    ({"features": "trips:rating", "entities": {"driver_id": [1]}}, "features|list|array"),
])
def test_bad_requests_for_features(feature_server, body, pattern):
    status, answer = feature_server.request("/get-online-features", body)
    assert 400 <= status < 500, (status, answer)
    kit.expect_message(answer, pattern)
    feature_server.alive()


@pytest.fixture(scope="module")
def feature_server(store):
    with kit.Server(store) as running:
        yield running


def test_no_entities_is_no_error(feature_server):
    status, body = feature_server.request("/get-online-features",
                                          {"feature_service": "everything", "entities": {"driver_id": []}})
    assert status == 200 and all(not result["values"] for result in json.loads(body)["results"])


@pytest.mark.parametrize("change, pattern", [
    (("ttl: 10d", "ttl: soon"), "ttl"),
    (("ttl: 10d", "ttl: [1]"), "ttl"),
    (("dtype: Int64", "dtype: Int65"), "Int65[\\s\\S]*Int64"),
    (("table: main.default.trip_facts", "table: main.default.trip_fact"), "trip_fact[\\s\\S]*trip_facts"),
    (("timestamp_field: known_at", "timestamp_field: knwon_at"), "knwon_at[\\s\\S]*known_at"),
    (("name: rating", "name: ratting"), "ratting[\\s\\S]*rating"),
    (("entities: [driver]", "entities: [drivr]"), "drivr[\\s\\S]*driver"),
    (("features: [trips, profile]", "features: [trips, profiles]"), "profiles[\\s\\S]*profile"),
    (("join_keys: [driver_id]", "join_keys: [driverid]"), "driverid"),
    (("name: profile\n", "name: trips\n"), "trips"),
    (("- {name: rating, dtype: Float64}", "- {name: trips_today, dtype: Int64}"), "trips_today"),
    (("created_timestamp_column: created_at", "created_timestamp_column: rating"), "rating"),
    (("feature_views:", "feature_view:"), "feature_view"),
    (("project: interop", "project: [unclosed"), "line|yaml"),
    (("dtype: String", "dtype: Int64"), "city"),
])
def test_bad_definitions_change_nothing(store, tmp_path, change, pattern):
    assert change[0] in features.DEFINITIONS
    path = tmp_path / "bad.yaml"
    path.write_text(features.DEFINITIONS.replace(*change))
    before = store.run("features", "list", "--json", "--home", str(store.home))
    with pytest.raises(kit.Refused) as refusal:
        store.run("features", "apply", str(path), "--home", str(store.home))
    assert refusal.value.status == 1
    kit.expect_message(refusal.value.message, pattern)
    assert store.run("features", "list", "--json", "--home", str(store.home)) == before


@pytest.mark.parametrize("arguments, pattern", [
    (["main.default.t1", "--spine", "main.default.nope", "--service", "everything"], "nope"),
    (["main.default.t1", "--spine", "main.default.spine", "--service", "evrything"], "evrything[\\s\\S]*everything"),
    (["main.default.t1", "--spine", "main.default.driver_profiles", "--service", "everything"], "event_timestamp"),
    (["main.nowhere.t1", "--spine", "main.default.spine", "--service", "everything"], "nowhere"),
])
def test_bad_training_sets(store, arguments, pattern):
    with pytest.raises(kit.Refused) as refusal:
        store.run("features", "training-set", *arguments, "--home", str(store.home))
    assert refusal.value.status == 1
    kit.expect_message(refusal.value.message, pattern)
    assert "t1" not in json.dumps(store.rows("SHOW TABLES"))


def test_kill_during_materialize(tmp_path):
    """Kill -9 while features are written online: the store opens, serves whole rows only, and a repeat completes."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    lake = kit.Lakehouse(tmp_path / "home")
    # Enough that a run takes a while: 200,000 entities with three features that belong together.
    lake.script("CREATE TABLE facts AS SELECT i::BIGINT AS k, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS known_at,"
                " i::BIGINT AS a, i * 2 AS b, 'row ' || i AS c FROM range(200000) r(i)")
    path = tmp_path / "features.yaml"
    path.write_text("""
entities:
  - {name: k, join_keys: [k], value_type: INT64}
feature_views:
  - name: v
    entities: [k]
    source: {table: main.default.facts, timestamp_field: known_at}
    schema: [{name: a, dtype: Int64}, {name: b, dtype: Int64}, {name: c, dtype: String}]
""")
    lake.run("features", "apply", str(path), "--home", str(lake.home))
    hits, version = 0, 0
    keys = [chance.randrange(200_000) for _ in range(1000)]

    def served():
        """Offset of each key's row; a row whose values do not belong together fails."""
        with kit.Server(lake) as server:
            status, body = server.request("/get-online-features",
                                          {"features": ["v:a", "v:b", "v:c"], "entities": {"k": keys}})
        assert status == 200, body
        names, results = json.loads(body)["metadata"]["feature_names"], json.loads(body)["results"]
        values = {name: result["values"] for name, result in zip(names, results)}
        offsets = []
        for i, key in enumerate(keys):
            a, b, c = values["a"][i], values["b"][i], values["c"][i]
            if a is None:
                assert b is None and c is None
                offsets.append(None)
                continue
            offset = a - key
            assert b == key * 2 + offset and c == f"row {key + offset}", (key, a, b, c)
            offsets.append(offset)
        return offsets

    usual = 2.0
    for kill in range(KILLS):
        if kill % 10 == 0:
            # New facts for every entity, all shifted by the same amount: something to write again.
            version += 1
            lake.execute(f"INSERT INTO facts SELECT i::BIGINT, TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_hours({version}),"
                         f" i + {version}, i * 2 + {version}, 'row ' || (i + {version}) FROM range(200000) r(i)")
        hits += killed_after(lake.popen("features", "materialize", "--home", str(lake.home)),
                             chance.uniform(0, usual))
        if kill % 10 == 9:
            assert set(served()) <= {None, *range(version + 1)}
            lake.run("features", "materialize", "--home", str(lake.home))
            assert set(served()) == {version}
    print(f"{hits} of {KILLS} kills hit a running process")
    assert hits > 5
