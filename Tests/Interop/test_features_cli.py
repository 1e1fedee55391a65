"""The command line of the feature store: what it prints, what it refuses, and that a server beside it sees the same."""

import json
import time

import pytest

import features
import kit

KEYS = [1, 2, 3, 44, 99]


def call(lake, *arguments):
    return lake.run("features", *arguments, "--home", str(lake.home)).decode()


def call_json(lake, *arguments):
    return json.loads(call(lake, *arguments, "--json"))


def refused(lake, status, *arguments):
    """The message of a call that must fail with that exit status."""
    with pytest.raises(kit.Refused) as refusal:
        call(lake, *arguments)
    assert refusal.value.status == status, refusal.value.message
    return kit.expect_message(refusal.value.message)


def columns(answer):
    """name -> values, of an answer in Feast's form."""
    return {name: result["values"] for name, result in zip(answer["metadata"]["feature_names"], answer["results"])}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Definitions applied, nothing materialised; the tests that use it leave sources and definitions as they are."""
    lake = kit.Lakehouse(tmp_path_factory.mktemp("cli") / "home")
    features.prepare(lake)
    return lake


@pytest.fixture
def own_store(lake):
    features.prepare(lake, facts=300)
    return lake


# MARK: apply, list, describe

def test_apply_says_what_changed(lake, tmp_path):
    lake.script(f"CREATE TABLE trip_facts AS {features.TRIP_FACTS.format(facts=10)}",
                f"CREATE TABLE driver_profiles AS {features.PROFILES}")
    path = tmp_path / "features.yaml"
    path.write_text(features.DEFINITIONS)
    expected = {("entity", "driver"), ("feature_view", "trips"), ("feature_view", "profile"),
                ("feature_service", "everything")}

    def changes(*more):
        found = call_json(lake, "apply", str(path), *more)
        assert {(item["kind"], item["name"]) for item in found} == expected
        return {item["name"]: item["change"] for item in found}

    assert set(changes("--dry-run").values()) == {"created"}
    assert call_json(lake, "list") == []
    assert set(changes().values()) == {"created"}
    assert set(changes().values()) == {"unchanged"}
    path.write_text(features.DEFINITIONS.replace("ttl: 10d", "ttl: 20d"))
    assert changes() == {"driver": "unchanged", "trips": "updated", "profile": "unchanged", "everything": "unchanged"}


def test_apply_deletes_only_when_told(own_store, tmp_path):
    path = tmp_path / "less.yaml"
    cut = features.DEFINITIONS.index("feature_services:")
    path.write_text(features.DEFINITIONS[:cut])
    call(own_store, "apply", str(path))
    assert "everything" in {item["name"] for item in call_json(own_store, "list")}
    call(own_store, "apply", str(path), "--delete-others")
    assert "everything" not in {item["name"] for item in call_json(own_store, "list")}


def test_a_missing_file_and_one_that_is_no_text(store, tmp_path):
    assert "nowhere.yaml" in refused(store, 1, "apply", str(tmp_path / "nowhere.yaml"))
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused(store, 1, "apply", str(binary))


def test_list_and_describe(store):
    listed = {item["name"]: item for item in call_json(store, "list")}
    assert set(listed) == {"driver", "trips", "profile", "everything"}
    assert "main.default.trip_facts" in listed["trips"]["source"]
    for name in listed:
        assert name in call(store, "list") and name in call(store, "describe", name)
    view = call_json(store, "describe", "trips")
    assert [(field["name"], field["type"]) for field in view["features"]] == [("trips_today", "BIGINT"), ("rating", "DOUBLE")]
    assert [key["name"] for key in view["join_keys"]] == ["driver_id"]
    assert call_json(store, "describe", "everything")["columns"] == ["trips__trips_today", "trips__rating", "profile__city"]
    assert "trips" in refused(store, 1, "describe", "tripz")


# MARK: training sets

def test_a_spine_is_a_table_a_query_or_a_file(store, tmp_path):
    """All three give the same rows; so do a service and the list of its features."""
    path = tmp_path / "spine.parquet"
    path.write_bytes(store.run(*store.sql_arguments("SELECT * FROM spine", format="parquet")))
    ways = {"from_table": (["main.default.spine"], ["--service", "everything"]),
            "from_query": (["SELECT * FROM spine"], ["--features", "trips", "profile:city"]),
            "from_file": ([str(path)], ["--features", "trips:[trips_today, rating]", "profile"])}
    for name, (spine, asked) in ways.items():
        record = call_json(store, "training-set", name, "--spine", *spine, *asked)
        assert record["table"] == f"main.default.{name}" and record["rows"] == 600 and record["version"] == 0
        pinned = {source["table"]: source["version"] for source in record["sources"]}
        assert pinned.items() >= {"main.default.trip_facts": 0, "main.default.driver_profiles": 0}.items()
    tables = [store.arrow(f"SELECT * FROM {name} ORDER BY row_id") for name in ways]
    assert tables[0].column_names == ["row_id", "driver_id", "event_timestamp", "label", "trips_today", "rating", "city"]
    kit.same_rows(tables[0], tables[1])
    kit.same_rows(tables[0], tables[2])


def test_names_of_columns(store):
    call(store, "training-set", "full_names", "--spine", "main.default.spine", "--service", "everything",
         "--full-feature-names")
    names = {row["column_name"] for row in store.rows("DESCRIBE full_names")}
    assert names >= {"trips__trips_today", "trips__rating", "profile__city"}
    call(store, "training-set", "renamed", "--spine",
         "SELECT driver_id AS who, event_timestamp AS moment FROM spine", "--features", "trips:rating",
         "--key-column", "driver_id=who", "--timestamp-column", "moment")
    assert store.value("SELECT count(rating) FROM renamed") == store.value("SELECT count(trips__rating) FROM full_names")


def test_replace_is_the_next_version(own_store):
    arguments = ["training-set", "main.default.t", "--spine", "main.default.spine", "--service", "everything"]
    call(own_store, *arguments)
    message = refused(own_store, 1, *arguments)
    assert "main.default.t" in message and "exists" in message
    own_store.execute("INSERT INTO spine SELECT 1000, 1, TIMESTAMPTZ '2024-01-03 00:00:00+00', true")
    record = call_json(own_store, *arguments, "--replace")
    assert record["version"] == 1 and record["rows"] == 601
    assert own_store.value("SELECT count(*) FROM t AT (VERSION => 0)") == 600
    assert own_store.value("SELECT count(*) FROM t") == 601


def test_cut_from_older_versions(own_store):
    """A pinned version gives what the source held then, whatever was added since."""
    arguments = ["--spine", "main.default.spine", "--features", "trips:trips_today"]
    call(own_store, "training-set", "before", *arguments)
    own_store.execute("INSERT INTO trip_facts SELECT driver_id, known_at, created_at + INTERVAL 1 DAY, -1, rating"
                      " FROM trip_facts")
    call(own_store, "training-set", "after", *arguments)
    call(own_store, "training-set", "again", *arguments, "--version", "main.default.trip_facts=0")
    before, after, again = (own_store.rows(f"SELECT row_id, trips_today FROM {name} ORDER BY row_id")
                            for name in ("before", "after", "again"))
    assert before == again and before != after
    assert "7" in refused(own_store, 1, "training-set", "never", *arguments, "--version", "main.default.trip_facts=7")


@pytest.mark.parametrize("arguments, status, hint", [
    (["--spine", "SELECT 1::BIGINT AS driver_id", "--features", "trips"], 1, "event_timestamp"),
    (["--spine", "SELECT now() AS event_timestamp", "--features", "trips"], 1, "driver_id"),
    (["--spine", "SELECT 'x' AS driver_id, now() AS event_timestamp", "--features", "trips"], 1, "driver_id"),
    (["--spine", "SELECT 1::BIGINT AS driver_id, 'soon' AS event_timestamp", "--features", "trips"], 1, "event_timestamp"),
    (["--spine", "SELECT driver_id, event_timestamp, 1 AS rating FROM spine", "--features", "trips"], 1, "rating"),
    (["--spine", "SELECT FROM WHERE", "--features", "trips"], 1, ""),
    (["--spine", "main.default.spine", "--features", "trips:ratting"], 1, "rating"),
    (["--spine", "main.default.spine", "--features", "tripz"], 1, "trips"),
    (["--spine", "main.default.spine", "--features", "trips:"], 1, "trips:"),
    (["--spine", "no/such/file.parquet", "--features", "trips"], 1, "file.parquet"),
    (["--spine", "main.default.spine"], 2, "--service"),
    (["--spine", "main.default.spine", "--service", "everything", "--features", "trips"], 2, "--service"),
    (["--service", "everything"], 2, "--spine"),
    (["--spine", "main.default.spine", "--service", "everything", "--version", "trip_facts"], 2, "--version"),
    (["--spine", "main.default.spine", "--service", "everything", "--version", "trip_facts=-1"], 2, "--version"),
])
def test_a_refused_training_set_leaves_no_table(store, arguments, status, hint):
    assert hint in refused(store, status, "training-set", "main.default.never", *arguments)
    assert "never" not in json.dumps(store.rows("SHOW TABLES"))


# MARK: materialise and get

def newest(lake, until):
    """driver -> trips_today of the newest fact at or before a time, computed in SQL."""
    return {row["driver_id"]: row["trips_today"] for row in lake.rows(
        f"SELECT driver_id, trips_today FROM trip_facts WHERE known_at <= TIMESTAMPTZ '{until}' QUALIFY"
        " row_number() OVER (PARTITION BY driver_id ORDER BY known_at DESC, created_at DESC) = 1")}


def got(lake):
    answer = call_json(lake, "get", "--features", "trips:trips_today", "profile:city",
                       "--entity", "driver_id=" + ",".join(map(str, KEYS)))
    return dict(zip(KEYS, columns(answer)["trips_today"]))


def test_materialise_in_steps(own_store):
    """Up to a time, then what is new, then nothing; each step serves the newest row that it could see."""
    middle, end = "2024-01-20 00:00:00+00", "2027-01-01 00:00:00+00"
    assert set(got(own_store).values()) == {None}
    (first,) = call_json(own_store, "materialize", "trips", "--end", "2024-01-20T00:00:00Z")
    assert first["view"] == "trips" and first["written"] == len(newest(own_store, middle))
    assert got(own_store) == {key: newest(own_store, middle).get(key) for key in KEYS}
    second = {row["view"]: row for row in call_json(own_store, "materialize", "--incremental")}
    assert set(second) == {"trips", "profile"} and second["trips"]["start"].startswith("2024-01-20T00:00:00")
    assert got(own_store) == {key: newest(own_store, end).get(key) for key in KEYS}
    assert [row["written"] for row in call_json(own_store, "materialize", "--incremental")] == [0, 0]
    # An earlier end does not bring old rows back.
    call(own_store, "materialize", "--end", "2024-01-05")
    assert got(own_store) == {key: newest(own_store, end).get(key) for key in KEYS}
    assert call_json(own_store, "describe", "trips")["online_rows"] == len(newest(own_store, end))


@pytest.mark.parametrize("arguments, status, hint", [
    (["materialize", "tripz"], 1, "tripz"),
    (["materialize", "--end", "soon"], 2, "soon"),
    (["materialize", "--incremental", "--start", "2024-01-01"], 2, "--start"),
    (["get", "--service", "everything", "--entity", "driver_id=one"], 1, "driver_id"),
    (["get", "--service", "everything", "--entity", "driver=1"], 1, "driver_id"),
    (["get", "--service", "everything", "--entity", "driver_id"], 2, "driver_id"),
    (["get", "--service", "everythin", "--entity", "driver_id=1"], 1, "everything"),
    (["get", "--entity", "driver_id=1"], 2, "--service"),
    (["get", "--service", "everything"], 1, "driver_id"),
    (["gett"], 2, "--help"),
])
def test_wrong_calls(store, arguments, status, hint):
    assert hint in refused(store, status, *arguments)


def test_get_answers_as_the_server_does(own_store):
    """The same answer from the command line and over HTTP, at the same time; both see what either brings about."""
    call(own_store, "materialize", "--end", "2025-01-01")
    request = {"feature_service": "everything", "entities": {"driver_id": KEYS}}
    arguments = ["get", "--service", "everything", "--entity", "driver_id=" + ",".join(map(str, KEYS))]
    with kit.Server(own_store) as server:
        status, body = server.request("/get-online-features", request)
        assert status == 200 and json.loads(body) == call_json(own_store, *arguments)
        # Rows that a command writes are served at once.
        own_store.execute("INSERT INTO trip_facts VALUES (99, now() - INTERVAL 1 MINUTE, now(), 4711, 0.5)")
        call(own_store, "materialize", "--incremental")
        _, body = server.request("/get-online-features", request)
        answer = json.loads(body)
        assert columns(answer)["trips_today"][-1] == 4711 and answer["results"][1]["statuses"][-1] == "PRESENT"
        # Definitions that a command applies are known to the server soon.
        path = own_store.home.with_suffix(".yaml")
        path.write_text(features.DEFINITIONS + "  - name: late_comer\n    features: [trips]\n")
        call(own_store, "apply", str(path))
        deadline, status = time.monotonic() + 20, 404
        while status == 404 and time.monotonic() < deadline:
            status, body = server.request("/get-online-features", {**request, "feature_service": "late_comer"})
        # A server that never learns of them ends the loop by its deadline.
        assert status == 200, body


@pytest.fixture(scope="module")
def server(store):
    with kit.Server(store) as running:
        yield running


@pytest.mark.parametrize("body, hint", [
    ({"features": ["trips:rating", "trips:rating"], "entities": {"driver_id": [1]}}, "twice"),
    ({"features": ["trips:rating"], "feature_service": "everything", "entities": {"driver_id": [1]}}, "both"),
    ({"features": [7], "entities": {"driver_id": [1]}}, "features"),
    ({"features": [""], "entities": {"driver_id": [1]}}, "feature"),
    ({"features": [], "entities": {"driver_id": [1]}}, "feature"),
    ({"feature_service": 7, "entities": {"driver_id": [1]}}, "feature_service"),
    ({"feature_service": "everything", "entities": []}, "entities"),
    ({"feature_service": "everything", "entities": {"driver_id": [1], "other": [1]}}, "other"),
    ({"feature_service": "everything", "entities": {"driver_id": [True]}}, "driver_id"),
    ({"feature_service": "everything", "entities": {"driver_id": [1.5]}}, "driver_id"),
    ({"feature_service": "everything", "entities": {"driver_id": [[1]]}}, "driver_id"),
    ({"feature_service": "everything", "entities": {"driver_id": [1]}, "full_feature_names": "yes"}, "full_feature_names"),
    (b'{"feature_service": "everything", "entities": {"driver_id": [1]}} x', "JSON"),
    (b'{"feature_service": "every\\u00", "entities": {"driver_id": [1]}}', "JSON"),
    (b'{"feature_service": "everything", "entities": {"driver_id": [01]}}', "JSON"),
])
def test_bad_requests(server, body, hint):
    status, answer = server.request("/get-online-features", body)
    assert 400 <= status < 500, (status, answer)
    assert hint.lower() in kit.expect_message(answer).lower()
    assert "detail" in json.loads(answer), "Feast's errors are an object with 'detail'"
    server.alive()


def test_metrics_count_feature_requests(server):
    def count():
        _, text = server.request("/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if not line.startswith("#") and "_count" in line and "get-online-features" in line)

    before = count()
    server.request("/get-online-features", {"feature_service": "everything", "entities": {"driver_id": [1]}})
    assert count() == before + 1
