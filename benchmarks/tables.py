"""The large Delta table of the workloads that change one: 20M rows in 40 files, made once and copied for each run.

Columns: `id` ascending over the files, `r` a random number below a million, `x` and `y` random numbers below 100,000,
`v` a number to change, `name` a text. The log is deltalake's own, from the files' footers; copies are hard links, for
neither Tarn nor deltalake ever changes a data file.
"""

import os
import subprocess

import kit

FILES = 40
ROWS = kit.scaled(20_000_000, FILES)
COLUMNS = """i AS id, (hash(i) % 1000000)::BIGINT AS r, (hash(i + 1) % 100000)::INTEGER AS x,
    (hash(i + 2) % 100000)::INTEGER AS y, (hash(i + 3) % 1000000) / 100.0 AS v, 'name ' || hash(i + 4) % 1000000 AS name"""


def peer_make_large(path, rows):
    import deltalake
    import duckdb
    rows, connection = int(rows), duckdb.connect()
    os.makedirs(path)
    for file in range(FILES):
        first, last = rows * file // FILES, rows * (file + 1) // FILES
        connection.execute(f"""COPY (SELECT {COLUMNS} FROM range({first}, {last}) t(i))
            TO '{path}/part-{file:03}.parquet' (FORMAT parquet)""")
    deltalake.convert_to_deltalake(path)


def large():
    """The table to copy."""
    path = kit.DATA / f"large-{ROWS}"
    if not (path / "_delta_log").exists():
        print(f"generating {ROWS:,} rows in {FILES} files", flush=True)
        kit.remove(path)
        kit.peer(__file__, "make_large", path, ROWS)
    return path


def copy(source, name):
    """A table of its own for one run."""
    target = kit.DATA / "copies" / name
    kit.remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-al", source, target], check=True)
    return target


def attached(path, name, deletion_vectors=True):
    """A home whose table `t` is the one at the path."""
    home = kit.new_home(name)
    kit.sql(home, f"CREATE TABLE t LOCATION '{path}';")
    if deletion_vectors:
        kit.sql(home, "ALTER TABLE t SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true');")
    return home


def peer_facts(path, columns):
    """What a table holds, by a reader that had no part in the change: to see that both did the same."""
    import duckdb
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute(f"LOAD '{kit.EXTENSIONS / 'delta.duckdb_extension'}'")
    row = connection.execute(f"SELECT {columns} FROM delta_scan('{path}')").fetchone()
    return {"facts": [str(value) for value in row]}


def facts(path, columns="count(*), sum(id), sum(v::DECIMAL(18,4)), min(name), max(name), sum(length(name))"):
    return kit.peer(__file__, "facts", path, columns).facts["facts"]


if __name__ == "__main__":
    kit.serve_peers(globals())
