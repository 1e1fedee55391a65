"""The change data feed of 100 versions: updates, deletes and appends that deltalake made on a table of 1M rows.

All columns of all changes are read: Tarn adds them up, deltalake gathers them as Arrow and adds them up.
"""

import time

import kit

NAME = "change_feed"
ROWS, VERSIONS = kit.scaled(1_000_000, 1000), 100


def peer_make(path):
    import deltalake
    import pyarrow as pa
    rows = pa.table({"id": pa.array(range(ROWS), pa.int64()), "v": pa.array([1.5] * ROWS, pa.float64()),
                     "name": [f"name {n % 1000}" for n in range(ROWS)]})
    for file in range(10):
        deltalake.write_deltalake(path, rows.slice(ROWS * file // 10, ROWS // 10), mode="append",
                                  configuration={"delta.enableChangeDataFeed": "true"})
    first, step = deltalake.DeltaTable(path).version() + 1, max(1, ROWS // 500)
    for version in range(VERSIONS):
        low, table = version * step, deltalake.DeltaTable(path)
        if version % 3 == 0:
            table.update(predicate=f"id >= {low} AND id < {low + step}", updates={"v": "v + 1"})
        elif version % 3 == 1:
            table.delete(f"id >= {low} AND id < {low + step // 2}")
        else:
            deltalake.write_deltalake(path, rows.slice(low, step), mode="append")
    return {"first": first, "last": deltalake.DeltaTable(path).version()}


def peer_read(path, first, last):
    import deltalake
    import pyarrow as pa
    import pyarrow.compute as pc
    started = time.perf_counter()
    changes = pa.table(deltalake.DeltaTable(path).load_cdf(int(first), int(last)).read_all())
    facts = {"n": changes.num_rows, "ids": pc.sum(changes["id"]).as_py(), "v": pc.sum(changes["v"]).as_py(),
             "letters": pc.sum(pc.utf8_length(changes["name"].cast(pa.string()))).as_py(),
             "kinds": pc.count_distinct(changes["_change_type"].cast("string")).as_py(),
             "versions": pc.count_distinct(changes["_commit_version"]).as_py(),
             "times": pc.count_distinct(changes["_commit_timestamp"]).as_py()}
    return {"seconds": time.perf_counter() - started, "facts": facts}


def measure():
    path = kit.DATA / f"change-feed-{ROWS}"
    versions = path / "done"
    if not versions.exists():
        print(f"generating {VERSIONS} versions of changes", flush=True)
        kit.remove(path)
        made = kit.peer(__file__, "make", path).facts
        versions.write_text(f"{made['first']} {made['last']}")
    first, last = versions.read_text().split()
    home = kit.new_home("change-feed")
    kit.sql(home, f"CREATE TABLE t LOCATION '{path}';")
    query = f"""SELECT count(*) AS n, sum(id)::BIGINT AS ids, sum(v) AS v, sum(length(name))::BIGINT AS letters,
        count(DISTINCT _change_type) AS kinds, count(DISTINCT _commit_version) AS versions,
        count(DISTINCT _commit_timestamp) AS times FROM table_changes('t', {first}, {last})"""
    ours = kit.median_of(lambda: kit.tarn("sql", "--home", home, "--format", "json", query))
    theirs = kit.median_of(lambda: kit.peer(__file__, "read", path, first, last))
    (got,) = kit.json.loads(ours.facts["output"])
    want = theirs.facts["facts"]
    assert {name: float(value) for name, value in got.items()} == {name: float(value) for name, value in want.items()}, \
        (got, want)
    case = f"{VERSIONS} versions, {want['n']:,} changes"
    return ([kit.row(case, "tarn", ours), kit.row(case, "deltalake", theirs)],
            [kit.Goal("time / deltalake", ours.seconds / theirs.seconds, 0.5),
             kit.Goal("memory / deltalake", ours.peak_bytes / theirs.peak_bytes, 1)])


if __name__ == "__main__":
    kit.serve_peers(globals())
