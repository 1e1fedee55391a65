"""20M rows x 10 columns from a Parquet file: CREATE TABLE AS into Delta, DuckDB's COPY to Parquet, deltalake's write.

The peers' time starts after their imports; Tarn's is that of the whole process. DuckDB writes one file a thread or one
in all as it likes; all use Snappy.
"""

import time

import kit

NAME = "bulk"
ROWS = 20_000_000
MEMORY_LIMIT_BYTES = 8 << 30


def source():
    path = kit.DATA / "bulk.parquet"
    if not path.exists():
        print("generating 20M rows x 10 columns", flush=True)
        kit.DATA.mkdir(parents=True, exist_ok=True)
        kit.peer(__file__, "generate", path)
    return path


def peer_generate(path):
    import duckdb
    duckdb.connect().execute(f"""COPY (
        SELECT i AS id, (hash(i) % 1000000)::BIGINT AS customer, (hash(i + 1) % 100000) / 100.0 AS amount,
            TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i // 10) AS placed, DATE '2024-01-01' + (i // 864000)::INTEGER AS day,
            'product ' || hash(i + 2) % 5000 AS product, ['web', 'shop', 'phone'][1 + (hash(i + 3) % 3)::BIGINT] AS channel,
            (hash(i + 4) % 100)::INTEGER AS quantity, hash(i + 5) % 10 = 0 AS returned,
            CASE WHEN i % 7 = 0 THEN NULL ELSE (hash(i + 6) % 1000000) / 1e6 END AS score
        FROM range({ROWS}) r(i)) TO '{path}.part' (FORMAT parquet)""")
    import os
    os.replace(f"{path}.part", path)


def peer_duckdb(path, target):
    import duckdb
    connection = duckdb.connect(config={"memory_limit": f"{MEMORY_LIMIT_BYTES}B"})
    started = time.perf_counter()
    connection.execute(f"COPY (SELECT * FROM '{path}') TO '{target}' (FORMAT parquet)")
    return {"seconds": time.perf_counter() - started}


def peer_deltalake(path, target):
    import deltalake
    import pyarrow.dataset as ds
    started = time.perf_counter()
    deltalake.write_deltalake(target, ds.dataset(path).scanner().to_reader())
    return {"seconds": time.perf_counter() - started}


def peer_count(target):
    import deltalake
    import pyarrow as pa
    import pyarrow.compute as pc
    actions = pa.table(deltalake.DeltaTable(target).get_add_actions(flatten=True))
    assert pc.sum(actions["num_records"]).as_py() == ROWS


def measure():
    path, target = source(), kit.DATA / "bulk-out"

    def duckdb():
        kit.remove(target)
        target.mkdir()
        return kit.peer(__file__, "duckdb", path, target / "out.parquet")

    def deltalake():
        kit.remove(target)
        return kit.peer(__file__, "deltalake", path, target)

    def tarn():
        kit.remove(target)
        home = kit.new_home("bulk")
        return kit.sql(home, f"CREATE TABLE t LOCATION '{target}' AS SELECT * FROM '{path}';")

    ours = kit.median_of(tarn, runs=3)
    kit.peer(__file__, "count", target)
    duck, theirs = kit.median_of(duckdb, runs=3), kit.median_of(deltalake, runs=1, warm_up=0)
    kit.remove(target)
    case = "20M rows x 10 columns"
    rows = [kit.row(case, who, run, rows_per_second=int(ROWS / run.seconds))
            for who, run in (("tarn CREATE TABLE AS", ours), ("DuckDB COPY", duck), ("deltalake write", theirs))]
    return rows, [kit.Goal("time / DuckDB COPY", ours.seconds / duck.seconds, 1.05),
                  kit.Goal("time / deltalake", ours.seconds / theirs.seconds, 0.8),
                  kit.Goal("peak memory / DuckDB COPY", ours.peak_bytes / duck.peak_bytes, 1.2)]


if __name__ == "__main__":
    kit.serve_peers(globals())
