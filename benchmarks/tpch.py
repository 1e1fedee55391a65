"""TPC-H at scale factor 1: Tarn over Delta tables beside DuckDB on the same rows in bare Parquet files.

Tarn runs as a server and is asked over HTTP, its answers being JSON text; DuckDB runs in Python and its rows are
fetched. Both use all cores. Each query once to warm up, then the median of five.
"""

import json
import statistics
import time

import kit

NAME = "tpch"
TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
RUNS = 5


def source():
    folder = kit.DATA / "tpch-sf1"
    if not (folder / "done").exists():
        print("generating TPC-H at scale factor 1", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        kit.peer(__file__, "generate", folder)
        (folder / "done").touch()
    return folder


def connect():
    import duckdb
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute(f"LOAD '{kit.EXTENSIONS / 'tpch.duckdb_extension'}'")
    return connection


def peer_generate(folder):
    import pathlib
    connection = connect()
    connection.execute("CALL dbgen(sf = 1)")
    for table in TABLES:
        connection.execute(f"COPY {table} TO '{folder}/{table}.parquet' (FORMAT parquet)")
    queries = connection.execute("SELECT query FROM tpch_queries() ORDER BY query_nr").fetchall()
    pathlib.Path(folder, "queries.json").write_text(json.dumps([text for (text,) in queries]))


def peer_duckdb(folder):
    """The median seconds of each query, and a digest of its rows."""
    import pathlib
    connection = connect()
    for table in TABLES:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{folder}/{table}.parquet'")
    medians, counts = [], []
    for query in json.loads(pathlib.Path(folder, "queries.json").read_text()):
        times = []
        for _ in range(RUNS + 1):
            started = time.perf_counter()
            rows = connection.execute(query).fetchall()
            times.append(time.perf_counter() - started)
        medians.append(statistics.median(times[1:]))
        counts.append(first_figures(rows))
    return {"seconds": sum(medians), "medians": medians, "answers": counts}


def first_figures(rows):
    """How many rows, and the first one with its numbers rounded: enough to see that both answer the same."""
    def plain(value):
        try:
            return f"{float(value):.4g}"
        except (TypeError, ValueError):
            return str(value)
    return [len(rows), [plain(value) for value in rows[0]] if rows else []]


def measure():
    folder = source()
    theirs = kit.peer(__file__, "duckdb", folder)
    home = kit.new_home("tpch")
    kit.sql(home, "".join(f"CREATE TABLE {table} AS SELECT * FROM '{folder}/{table}.parquet';\n" for table in TABLES))
    medians, answers = [], []
    with kit.tarn_server(home) as server:
        for query in json.loads((folder / "queries.json").read_text()):
            times = []
            for _ in range(RUNS + 1):
                rows, seconds = server.statement(query)
                times.append(seconds)
            medians.append(statistics.median(times[1:]))
            answers.append(first_figures(rows))
        ours = kit.Run(sum(medians), server.peak_bytes())
    different = [i + 1 for i, (a, b) in enumerate(zip(answers, theirs.facts["answers"])) if a != b]
    assert not different, f"other rows than DuckDB's in queries {different}"
    rows = [kit.row("sum of 22", "tarn serve, Delta", ours), kit.row("sum of 22", "DuckDB, bare Parquet", theirs)]
    rows += [{"case": f"Q{i + 1}", "who": "tarn / DuckDB", "seconds": f"{a:.4f} / {b:.4f}", "ratio": round(a / b, 2)}
             for i, (a, b) in enumerate(zip(medians, theirs.facts["medians"]))]
    return rows, [kit.Goal("sum / DuckDB", ours.seconds / theirs.seconds, 1.05),
                  kit.Goal("worst query / DuckDB", max(a / b for a, b in zip(medians, theirs.facts["medians"])), 1.3)]


if __name__ == "__main__":
    kit.serve_peers(globals())
