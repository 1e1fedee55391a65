"""MERGE of 200,000 updates and 20,000 inserts, and of one row, into a table of 20M rows in 40 files.

The updates are spread over all files. Tarn's time is that of the whole process, reading its source included; it marks
rows by deletion vectors. deltalake's time starts after its imports and with the source in memory.
"""

import time

import kit
import tables

NAME = "merge"


def peer_source(path, updates, inserts):
    import duckdb
    rows, updates, inserts = tables.ROWS, int(updates), int(inserts)
    # A step that has no factor in common with the rows: every update another row, none near the one before.
    duckdb.connect().execute(f"""COPY (
        WITH s AS (SELECT (i * 7919 + 17) % {rows} AS i FROM range({updates}) u(i)
            UNION ALL SELECT {rows} + i FROM range({inserts}) n(i))
        SELECT i AS id, 5::BIGINT AS r, 6::INTEGER AS x, 7::INTEGER AS y, 0.25 AS v, 'merged ' || i AS name FROM s)
        TO '{path}' (FORMAT parquet)""")


def peer_deltalake(path, source):
    import deltalake
    import pyarrow.parquet as pq
    rows = pq.read_table(source)
    started = time.perf_counter()
    figures = (deltalake.DeltaTable(path)
               .merge(rows, predicate="t.id = s.id", source_alias="s", target_alias="t")
               .when_matched_update_all().when_not_matched_insert_all().execute())
    return {"seconds": time.perf_counter() - started, "updated": figures["num_target_rows_updated"]}


def measure_case(case, updates, inserts, time_limit, memory_limit):
    source = kit.DATA / f"merge-{tables.ROWS}-{updates}-{inserts}.parquet"
    if not source.exists():
        kit.peer(__file__, "source", source, updates, inserts)
    base, results = tables.large(), {}

    def tarn():
        path = tables.copy(base, "tarn")
        home = tables.attached(path, "merge")
        run = kit.sql(home, f"""MERGE INTO t USING (SELECT * FROM '{source}') AS s ON t.id = s.id
            WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;""")
        results["tarn"] = path
        return run

    def deltalake():
        path = tables.copy(base, "deltalake")
        results["deltalake"] = path
        return kit.peer(__file__, "deltalake", path, source)

    ours, theirs = kit.median_of(tarn, runs=3), kit.median_of(deltalake, runs=3)
    got, want = tables.facts(results["tarn"]), tables.facts(results["deltalake"])
    assert got == want, (got, want)
    assert int(got[0]) == tables.ROWS + inserts, got
    rows = [kit.row(case, "tarn", ours), kit.row(case, "deltalake", theirs)]
    return rows, [kit.Goal(f"{case}: time / deltalake", ours.seconds / theirs.seconds, time_limit),
                  kit.Goal(f"{case}: memory / deltalake", ours.peak_bytes / theirs.peak_bytes, memory_limit)]


def measure():
    updates, inserts = kit.scaled(200_000), kit.scaled(20_000)
    rows, goals = measure_case(f"{updates:,} updates, {inserts:,} inserts", updates, inserts, 0.3, 0.5)
    more, further = measure_case("one row", 1, 0, 0.05, 0.1)
    return rows + more, goals + further


if __name__ == "__main__":
    kit.serve_peers(globals())
