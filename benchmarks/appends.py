"""200 one-row appends by one writer, and 4 processes x 50 at once, to a table of two columns.

Tarn runs a script of INSERT statements, fsync on as always; its time is that of the whole process. deltalake's time
starts after its imports; it does not fsync. Among several processes the time is from the first start to the last end
for both, so that there imports count; `appending` beside it is the longest time that a deltalake process spent appending.
"""

import concurrent.futures
import json
import time

import kit

NAME = "appends"


def peer_create(path):
    import deltalake
    import pyarrow as pa
    schema = pa.schema([("n", pa.int64()), ("s", pa.string())])
    deltalake.DeltaTable.create(path, deltalake.Schema.from_arrow(schema))


def peer_append(path, first, count):
    import deltalake
    import deltalake.exceptions
    import pyarrow as pa
    started, gave_up = time.perf_counter(), 0
    for n in range(int(first), int(first) + int(count)):
        row = pa.table({"n": pa.array([n], pa.int64()), "s": [f"row {n}"]})
        while True:
            try:
                deltalake.write_deltalake(path, row, mode="append")
                break
            except deltalake.exceptions.CommitFailedError:
                gave_up += 1  # after its own 15 tries; a user would call it again
    return {"seconds": time.perf_counter() - started, "gave_up": gave_up}


def peer_check(path, rows, version):
    import deltalake
    table = deltalake.DeltaTable(path)
    numbers = table.to_pyarrow_table(columns=["n"])["n"].to_pylist()
    assert sorted(numbers) == list(range(int(rows))), f"{len(numbers)} rows, {len(set(numbers))} distinct"
    assert table.version() == int(version), table.version()


def fresh(who):
    path = kit.DATA / f"appends-{who}"
    kit.remove(path)
    if who == "deltalake":
        path.mkdir(parents=True)
        kit.peer(__file__, "create", path)
        return path, None
    home = kit.new_home("appends")
    kit.sql(home, f"CREATE TABLE t (n BIGINT, s VARCHAR) LOCATION '{path}';")
    return path, home


def append(who, path, home, first, count):
    if who == "deltalake":
        return kit.peer(__file__, "append", path, first, count)
    return kit.sql(home, "".join(f"INSERT INTO t VALUES ({n}, 'row {n}');\n" for n in range(first, first + count)))


def one_writer(who):
    path, home = fresh(who)
    measured = append(who, path, home, 0, 200)
    kit.peer(__file__, "check", path, 200, 200)
    return measured


def four_writers(who):
    path, home = fresh(who)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        started = time.perf_counter()
        runs = list(pool.map(lambda writer: append(who, path, home, writer * 50, 50), range(4)))
        seconds = time.perf_counter() - started
    kit.peer(__file__, "check", path, 200, 200)
    return kit.Run(seconds, max(run.peak_bytes for run in runs),
                   {"appending": max(run.facts.get("seconds", seconds) for run in runs)})


def measure():
    rows, goals = [], []
    for case, measured in (("200 by one writer", one_writer), ("4 processes x 50", four_writers)):
        # Medians of three: every run makes 200 commits.
        ours = kit.median_of(lambda: measured("tarn"), runs=3)
        theirs = kit.median_of(lambda: measured("deltalake"), runs=3)
        fastest = theirs.facts.get("appending", theirs.seconds)
        rows += [kit.row(case, "tarn", ours, commits_per_second=round(200 / ours.seconds, 1)),
                 kit.row(case, "deltalake", theirs, commits_per_second=round(200 / theirs.seconds, 1),
                         appending=round(fastest, 3))]
        goals.append(kit.Goal(f"{case}: commits a second / deltalake", fastest / ours.seconds, 3, at_most=False))
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
