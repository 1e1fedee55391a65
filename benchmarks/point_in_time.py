"""A point-in-time join: a spine of 1M rows x 3 views of 10M rows each over 200,000 entities, and a tenth of that.

DuckDB's ASOF joins and Polars' join_asof are written by hand and write one Parquet file; Feast (DuckDB offline store)
runs at a tenth. Tarn cuts a training set: a Delta table that records its sources' versions. Tarn's time is that of the
whole process; the peers' time starts after their imports. The answers are compared as counts and sums.
"""

import json
import pathlib
import time

import kit

NAME = "point_in_time"
VIEWS = ["v1", "v2", "v3"]
TTL_DAYS = {"v3": 30}
SIZES = {"1M x 3 x 10M": (1_000_000, 10_000_000, 200_000), "a tenth": (100_000, 1_000_000, 20_000)}


def source(case):
    spine, facts, entities = SIZES[case]
    folder = kit.DATA / f"pit-{spine}"
    if not (folder / "done").exists():
        print(f"generating {case}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        kit.peer(__file__, "generate", folder, spine, facts, entities)
        (folder / "done").touch()
    return folder


def peer_generate(folder, spine, facts, entities):
    """Facts in the order in which they happened over 2024, no two at one instant; a spine in no order."""
    import duckdb
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    step = 31_536_000_000_000 // int(facts)
    for number, view in enumerate(VIEWS):
        connection.execute(f"""COPY (SELECT (hash(i * 3 + {number}) % {entities})::BIGINT AS entity,
            TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_microseconds(i * {step}) AS event_timestamp,
            (hash(i + 1) % 100000 / 1000.0)::DOUBLE AS {view}_a, (hash(i + 2) % 100000 / 1000.0)::DOUBLE AS {view}_b,
            (hash(i + 3) % 1000)::BIGINT AS {view}_c FROM range({facts}) r(i)) TO '{folder}/{view}.parquet'""")
    connection.execute(f"""COPY (SELECT i AS row_id, (hash(i * 7 + 1) % ({entities} * 101 // 100))::BIGINT AS entity,
        TIMESTAMPTZ '2024-01-15 00:00:00+00' + to_microseconds((hash(i * 7 + 2) % 30000000000000)::BIGINT) AS event_timestamp,
        hash(i * 7 + 3) % 2 = 0 AS label FROM range({spine}) r(i)) TO '{folder}/spine.parquet'""")


FEATURES = [f"{view}_{letter}" for view in VIEWS for letter in "abc"]
# Rounded, since sums of floating point numbers depend on their order.
DIGEST = "SELECT count(*), " + ", ".join(f"count({name}), round(sum({name}))::BIGINT" for name in FEATURES) + " FROM "


def peer_digest(relation):
    import duckdb
    return {"digest": list(duckdb.connect().execute(DIGEST + relation).fetchone())}


def peer_duckdb(folder, target):
    import duckdb
    connection = duckdb.connect()
    joins, columns = [], []
    for view in VIEWS:
        joins.append(f"ASOF LEFT JOIN '{folder}/{view}.parquet' {view} ON s.entity = {view}.entity"
                     f" AND s.event_timestamp >= {view}.event_timestamp")
        fresh = f"{view}.event_timestamp >= s.event_timestamp - INTERVAL {TTL_DAYS[view]} DAY" if view in TTL_DAYS else None
        for letter in "abc":
            name = f"{view}.{view}_{letter}"
            columns.append(f"CASE WHEN {fresh} THEN {name} END AS {view}_{letter}" if fresh else name)
    started = time.perf_counter()
    connection.execute(f"COPY (SELECT s.*, {', '.join(columns)} FROM '{folder}/spine.parquet' s {' '.join(joins)})"
                       f" TO '{target}' (FORMAT parquet)")
    return {"seconds": time.perf_counter() - started}


def peer_polars(folder, target):
    import polars as pl
    started = time.perf_counter()
    joined = pl.scan_parquet(f"{folder}/spine.parquet").sort("event_timestamp")
    for view in VIEWS:
        facts = pl.scan_parquet(f"{folder}/{view}.parquet").set_sorted("event_timestamp")
        joined = joined.join_asof(facts, on="event_timestamp", by="entity", strategy="backward",
                                  tolerance=f"{TTL_DAYS[view]}d" if view in TTL_DAYS else None, check_sortedness=False)
    joined.collect().write_parquet(target)
    return {"seconds": time.perf_counter() - started}


def peer_feast(folder, target):
    import datetime
    import tempfile
    import pandas
    import pyarrow.parquet as pq
    import feast
    from feast.repo_config import RepoConfig
    from feast.types import Float64, Int64
    with tempfile.TemporaryDirectory() as repository:
        store = feast.FeatureStore(config=RepoConfig(
            project="bench", provider="local", registry=f"{repository}/registry.db", offline_store={"type": "duckdb"},
            online_store={"type": "sqlite", "path": f"{repository}/online.db"}, entity_key_serialization_version=3))
        entity = feast.Entity(name="entity", join_keys=["entity"], value_type=feast.ValueType.INT64)
        views = [feast.FeatureView(
            name=view, entities=[entity], ttl=datetime.timedelta(days=TTL_DAYS.get(view, 0)),
            schema=[feast.Field(name=f"{view}_{letter}", dtype=Int64 if letter == "c" else Float64) for letter in "abc"],
            source=feast.FileSource(name=f"{view}_source", path=f"{folder}/{view}.parquet",
                                    timestamp_field="event_timestamp")) for view in VIEWS]
        store.apply([entity, *views])
        spine = pandas.read_parquet(f"{folder}/spine.parquet")
        started = time.perf_counter()
        table = store.get_historical_features(
            entity_df=spine, features=[f"{view}:{view}_{letter}" for view in VIEWS for letter in "abc"]).to_arrow()
        pq.write_table(table, target)
        return {"seconds": time.perf_counter() - started}


def definitions():
    views = "".join(f"""
  - name: {view}
    entities: [entity]
    ttl: {TTL_DAYS.get(view, 0)}d
    source: {{table: main.default.{view}, timestamp_field: event_timestamp}}
    schema: [{{name: {view}_a, dtype: Float64}}, {{name: {view}_b, dtype: Float64}}, {{name: {view}_c, dtype: Int64}}]"""
                    for view in VIEWS)
    return f"""
entities:
  - {{name: entity, join_keys: [entity], value_type: INT64}}
feature_views:{views}
feature_services:
  - {{name: all, features: [{', '.join(VIEWS)}]}}
"""


def tarn_home(folder):
    home = kit.new_home(folder.name)
    kit.sql(home, "".join(f"CREATE TABLE {name} AS SELECT * FROM '{folder}/{name}.parquet';\n"
                          for name in [*VIEWS, "spine"]))
    file = pathlib.Path(home, "features.yaml")
    file.write_text(definitions())
    kit.tarn("features", "apply", file, "--home", home)
    return home


def training_set(home):
    kit.sql(home, "DROP TABLE IF EXISTS training;")
    return kit.tarn("features", "training-set", "main.default.training", "--spine", "main.default.spine",
                    "--service", "all", "--home", home)


def measure():
    rows, goals = [], []
    for case in SIZES:
        folder, target = source(case), kit.DATA / "pit-out.parquet"
        tenth = case == "a tenth"
        home = tarn_home(folder)
        ours = kit.median_of(lambda: training_set(home), runs=5 if tenth else 3)
        text = kit.tarn("sql", "--home", home, "--format", "json", DIGEST + "training").facts["output"]
        digests = {"tarn": [int(value) for value in json.loads(text)[0].values()]}
        peers = {"DuckDB ASOF by hand": ("duckdb", kit.PYTHON), "Polars join_asof": ("polars", kit.PYTHON)}
        if tenth:
            peers["Feast, DuckDB store"] = ("feast", kit.FEAST_PYTHON)
        measured = {}
        for who, (name, python) in peers.items():
            measured[who] = kit.median_of(lambda: kit.peer(__file__, name, folder, target, python=python),
                                          runs=1 if name == "feast" else 3)
            digests[who] = kit.peer(__file__, "digest", f"'{target}'").facts["digest"]
            target.unlink()
        assert all(digest == digests["tarn"] for digest in digests.values()), f"different answers: {digests}"
        rows += [kit.row(case, "tarn training-set", ours)] + [kit.row(case, who, run) for who, run in measured.items()]
        duck = measured["DuckDB ASOF by hand"]
        if not tenth:
            goals += [kit.Goal("time / DuckDB ASOF", ours.seconds / duck.seconds, 1.0),
                      kit.Goal("memory / DuckDB ASOF", ours.peak_bytes / duck.peak_bytes, 1.0)]
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
