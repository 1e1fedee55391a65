"""Online features: 100,000 entities x 10 features in 2 views, 1 and 100 entities a request, 8 connections (wrk).

Beside Tarn: `feast serve` with SQLite and with Redis, one worker, access log off. Client and servers share the
machine. The answers for some entities are compared before anything is measured.
"""

import contextlib
import json
import pathlib
import socket
import subprocess
import time

import kit

NAME = "online"
ENTITIES = 100_000
VIEWS = {"v1": "abcde", "v2": "fghij"}
REFERENCES = [f"{view}:{view}_{letter}" for view, letters in VIEWS.items() for letter in letters]


def source():
    folder = kit.DATA / "online"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        kit.peer(__file__, "generate", folder)
        (folder / "done").touch()
    return folder


def peer_generate(folder):
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for view, letters in VIEWS.items():
        columns = ", ".join(f"(hash(i + {ord(letter)}) % 1000000 / 1024.0)::DOUBLE AS {view}_{letter}" for letter in letters)
        connection.execute(f"""COPY (SELECT i AS entity, TIMESTAMPTZ '2024-06-01 00:00:00+00' + to_seconds(i) AS event_timestamp,
            {columns} FROM range({ENTITIES}) r(i)) TO '{folder}/{view}.parquet'""")


def peer_feast(folder, repository, store):
    """Applies and materialises a Feast repository; `feast serve` then finds it."""
    import datetime
    import feast
    from feast.types import Float64
    pathlib.Path(repository).mkdir(parents=True, exist_ok=True)
    pathlib.Path(repository, "feature_store.yaml").write_text(json.dumps({
        "project": "bench", "provider": "local", "registry": f"{repository}/registry.db",
        "offline_store": {"type": "duckdb"}, "online_store": json.loads(store), "entity_key_serialization_version": 3}))
    feature_store = feast.FeatureStore(repository)
    entity = feast.Entity(name="entity", join_keys=["entity"], value_type=feast.ValueType.INT64)
    views = [feast.FeatureView(
        name=view, entities=[entity], ttl=datetime.timedelta(0),
        schema=[feast.Field(name=f"{view}_{letter}", dtype=Float64) for letter in letters],
        source=feast.FileSource(name=f"{view}_source", path=f"{folder}/{view}.parquet", timestamp_field="event_timestamp"))
        for view, letters in VIEWS.items()]
    feature_store.apply([entity, *views])
    started = time.perf_counter()
    feature_store.materialize(datetime.datetime(2024, 1, 1), datetime.datetime(2025, 1, 1), disable_event_timestamp=False)
    return {"seconds": time.perf_counter() - started}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def redis():
    port = free_port()
    folder = kit.DATA / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
                               stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.1)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def feast_server(folder, store):
    repository = kit.DATA / f"feast-{store['type']}"
    kit.remove(repository)
    kit.peer(__file__, "feast", folder, repository, json.dumps(store), python=kit.FEAST_PYTHON)
    port = free_port()
    command = [kit.DEPS / "venv-feast/bin/feast", "-c", repository, "serve", "-h", "127.0.0.1", "-p", port,
               "--no-access-log"]
    with kit.Server(command, ready=None, url=f"http://127.0.0.1:{port}") as server:
        yield server


def definitions():
    views = "".join(f"""
  - name: {view}
    entities: [entity]
    source: {{table: main.default.{view}, timestamp_field: event_timestamp}}
    schema: [{', '.join(f'{{name: {view}_{letter}, dtype: Float64}}' for letter in letters)}]"""
                    for view, letters in VIEWS.items())
    return f"entities:\n  - {{name: entity, join_keys: [entity], value_type: INT64}}\nfeature_views:{views}\n"


@contextlib.contextmanager
def tarn_server(folder):
    home = kit.new_home("online")
    kit.sql(home, "".join(f"CREATE TABLE {view} AS SELECT * FROM '{folder}/{view}.parquet';\n" for view in VIEWS))
    file = pathlib.Path(home, "features.yaml")
    file.write_text(definitions())
    kit.tarn("features", "apply", file, "--home", home)
    kit.tarn("features", "materialize", "--home", home)
    with kit.tarn_server(home) as server:
        yield server


def request_script(entities):
    """Random entities in every request, the same sequence for every server."""
    return f"""
math.randomseed(7)
local head = '{{"features":{json.dumps(REFERENCES)},"entities":{{"entity":['
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  local keys = {{}}
  for i = 1, {entities} do keys[i] = math.random(0, {ENTITIES - 1}) end
  return wrk.format(nil, "/get-online-features", nil, head .. table.concat(keys, ",") .. "]}}}}")
end
"""


def values(server, keys):
    answer = server.post("/get-online-features", {"features": REFERENCES, "entities": {"entity": keys}})
    names = answer["metadata"]["feature_names"]
    found = {name.split("__")[-1]: result["values"] for name, result in zip(names, answer["results"])}
    return {name: found[name] for name in ["entity", *(reference.split(":")[1] for reference in REFERENCES)]}


def load(server, case, who, entities):
    url = server.url
    kit.wrk(url, request_script(entities), seconds=3)
    runs = sorted((kit.wrk(url, request_script(entities), seconds=8) for _ in range(3)),
                  key=lambda one: one["requests_per_second"])
    middle = runs[1]
    assert middle["bad_responses"] == 0, f"{who}: {middle}"
    return {"case": case, "who": who, "peak_mib": round(server.peak_bytes() / 2**20, 1), **middle}


def measure():
    folder, rows, answers = source(), [], {}
    keys = list(range(0, ENTITIES, ENTITIES // 25))
    sizes = {"1 entity": 1, "100 entities": 100}
    with contextlib.ExitStack() as stack:
        servers = {"tarn serve": lambda: tarn_server(folder),
                   "feast serve, SQLite": lambda: feast_server(
                       folder, {"type": "sqlite", "path": str(kit.DATA / "feast-sqlite" / "online.db")}),
                   "feast serve, Redis": lambda: feast_server(
                       folder, {"type": "redis", "connection_string": stack.enter_context(redis())})}
        # One server at a time: the others must not take the processor.
        for who, start in servers.items():
            with start() as server:
                answers[who] = values(server, keys)
                rows += [load(server, case, who, entities) for case, entities in sizes.items()]
    assert all(answer == answers["tarn serve"] for answer in answers.values()), "the servers answer differently"
    goals = []
    for case in sizes:
        rates = {row["who"]: row["requests_per_second"] for row in rows if row["case"] == case}
        best = max(rate for who, rate in rates.items() if who != "tarn serve")
        goals.append(kit.Goal(f"{case}: requests a second / feast's best", rates["tarn serve"] / best, 40, at_most=False))
    p99 = next(row["p99_ms"] for row in rows if row["who"] == "tarn serve" and row["case"] == "1 entity")
    return rows, [*goals, kit.Goal("1 entity: p99 in ms", p99, 2)]


if __name__ == "__main__":
    kit.serve_peers(globals())
