"""OPTIMIZE ZORDER BY (x, y) of 20M rows, and whether it really clusters: how many row groups an equality reads.

A row group counts as read if its footer's bounds allow the value; 200 values of each column are tried. One run of each,
since deltalake's takes minutes.
"""

import time

import kit
import tables

NAME = "zorder"


def peer_deltalake(path):
    import deltalake
    started = time.perf_counter()
    deltalake.DeltaTable(path).optimize.z_order(["x", "y"])
    return {"seconds": time.perf_counter() - started}


def peer_read_fraction(path, column):
    """The mean part of the row groups of the table's live files that an equality on the column reads."""
    import urllib.parse

    import deltalake
    import duckdb
    import pyarrow as pa
    actions = pa.table(deltalake.DeltaTable(path).get_add_actions())
    files = [f"{path}/{urllib.parse.unquote(name)}" for name in actions["path"].to_pylist()]
    low, high, groups = [], [], duckdb.connect().execute(f"""SELECT stats_min_value::BIGINT, stats_max_value::BIGINT
        FROM parquet_metadata({files}) WHERE path_in_schema = '{column}'""").fetchall()
    low, high = [group[0] for group in groups], [group[1] for group in groups]
    values = [100_000 * i // 200 + 7 for i in range(200)]
    read = sum(a <= value <= b for value in values for a, b in zip(low, high))
    return {"fraction": read / (len(values) * len(groups)), "groups": len(groups)}


def measure():
    base = tables.large()
    path = tables.copy(base, "tarn")
    home = tables.attached(path, "zorder")
    ours = kit.sql(home, "OPTIMIZE t ZORDER BY (x, y);")
    other = tables.copy(base, "deltalake")
    theirs = kit.peer(__file__, "deltalake", other)
    assert (got := tables.facts(path)) == (want := tables.facts(other)), (got, want)
    rows, goals = [], []
    fractions = {}
    for who, place in (("tarn", path), ("deltalake", other)):
        for column in ("x", "y"):
            facts = kit.peer(__file__, "read_fraction", place, column).facts
            fractions[who, column] = round(facts["fraction"], 4)
    for who, run in (("tarn", ours), ("deltalake", theirs)):
        rows.append(kit.row("OPTIMIZE ZORDER BY (x, y)", who, run, read_by_x=fractions[who, "x"],
                            read_by_y=fractions[who, "y"]))
    goals = [kit.Goal("time / deltalake", ours.seconds / theirs.seconds, 0.5),
             kit.Goal("peak memory in GiB", ours.peak_bytes / 2**30, 2)]
    goals += [kit.Goal(f"row groups read by an equality on {column}", fractions["tarn", column], 0.2)
              for column in ("x", "y")]
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
