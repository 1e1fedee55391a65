"""Opening a table of 10,000 commits x 10 files (90,050 live), without a checkpoint and with one at 9,900.

The data files do not exist: the query keeps no file (`id < 0` against the statistics of each), so all that is
measured is reading the log, building the snapshot, and looking at every file's statistics. deltalake opens the table
and counts the files that its own filter keeps; DuckDB's delta extension runs the same query as Tarn.
Tarn's time is that of the whole process; the peers' time starts after their imports.
"""

import json
import pathlib
import shutil
import time

import kit

NAME = "open_table"
COMMITS, FILES, FIRST_REMOVE = 10_000, 10, 50
LIVE = COMMITS * FILES - (COMMITS - FIRST_REMOVE)
SCHEMA = json.dumps({"type": "struct", "fields": [
    {"name": "id", "type": "long", "nullable": True, "metadata": {}},
    {"name": "name", "type": "string", "nullable": True, "metadata": {}},
    {"name": "amount", "type": "double", "nullable": True, "metadata": {}}]})


def file_name(commit, index):
    return f"part-{index:05}-{commit * 0x9E3779B97F4A7C15 % 2**64:016x}-{index:04}-c000.snappy.parquet"


def commit_text(commit):
    """One commit: ten adds with statistics; from commit 50 on also a remove of an older file."""
    when = 1_700_000_000_000 + commit * 1000
    actions = [{"commitInfo": {"timestamp": when, "operation": "WRITE", "operationParameters": {"mode": "Append"},
                               "isBlindAppend": commit < FIRST_REMOVE}}]
    if commit == 0:
        actions += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                    {"metaData": {"id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9", "format": {"provider": "parquet", "options": {}},
                                  "schemaString": SCHEMA, "partitionColumns": [], "configuration": {}, "createdTime": when}}]
    if commit >= FIRST_REMOVE:
        actions.append({"remove": {"path": file_name(commit - FIRST_REMOVE, 0), "deletionTimestamp": when,
                                   "dataChange": True, "extendedFileMetadata": True, "partitionValues": {}, "size": 5000}})
    for index in range(FILES):
        first = (commit * FILES + index) * 1000
        stats = {"numRecords": 1000, "minValues": {"id": first, "name": f"name {first}", "amount": first / 4},
                 "maxValues": {"id": first + 999, "name": f"name {first + 999}", "amount": (first + 999) / 4},
                 "nullCount": {"id": 0, "name": index, "amount": 0}}
        actions.append({"add": {"path": file_name(commit, index), "partitionValues": {}, "size": 5000,
                                "modificationTime": when, "dataChange": True, "stats": json.dumps(stats)}})
    return "".join(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)


def prepare():
    plain, pointed = kit.DATA / "log-no-checkpoint", kit.DATA / "log-checkpoint-9900"
    if not (plain / "done").exists():
        print("generating the log of 10,000 commits", flush=True)
        kit.remove(plain)
        (plain / "_delta_log").mkdir(parents=True)
        for commit in range(COMMITS):
            (plain / "_delta_log" / f"{commit:020}.json").write_text(commit_text(commit))
        (plain / "done").touch()
    if not (pointed / "done").exists():
        kit.remove(pointed)
        shutil.copytree(plain, pointed, ignore=shutil.ignore_patterns("done"))
        kit.peer(__file__, "checkpoint", pointed)
        (pointed / "done").touch()
    return {"no checkpoint": plain, "checkpoint at 9,900": pointed}


def peer_checkpoint(path):
    import deltalake
    deltalake.DeltaTable(path, version=9900).create_checkpoint()


def peer_deltalake(path):
    import deltalake
    import pyarrow.compute as pc
    import pyarrow as pa
    started = time.perf_counter()
    table = deltalake.DeltaTable(path)
    actions = pa.table(table.get_add_actions(flatten=True))
    kept = pc.sum(pc.less(actions["min.id"], 0)).as_py() or 0
    return {"seconds": time.perf_counter() - started, "files": actions.num_rows, "kept": kept}


def peer_deltalake_open(path):
    """Only opening: no file is looked at."""
    import deltalake
    started = time.perf_counter()
    version = deltalake.DeltaTable(path).version()
    return {"seconds": time.perf_counter() - started, "version": version}


def peer_duckdb(path):
    import duckdb
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute(f"LOAD '{kit.EXTENSIONS / 'delta.duckdb_extension'}'")
    started = time.perf_counter()
    (count,) = connection.execute(f"SELECT count(*) FROM delta_scan('{path}') WHERE id < 0").fetchone()
    return {"seconds": time.perf_counter() - started, "kept": count}


def refresh(table):
    """Seconds of the first query on a running server, of a repeat, and of the one after a new commit."""
    path = kit.DATA / "log-refresh"
    kit.remove(path)
    shutil.copytree(table, path)
    home = kit.new_home("open")
    kit.sql(home, f"CREATE TABLE t LOCATION '{path}';")
    query = "SELECT count(*) AS n FROM t WHERE id < 0"
    with kit.tarn_server(home) as server:
        first = server.statement(query)[1]
        repeat = min(server.statement(query)[1] for _ in range(5))
        (path / "_delta_log" / f"{COMMITS:020}.json").write_text(commit_text(COMMITS))
        after = server.statement(query)[1]
        peak = server.peak_bytes()
    kit.remove(path)
    return kit.Run(after, peak), first, repeat


def measure():
    rows, goals = [], []
    home = kit.new_home("open")
    tables = prepare()
    for case, path in tables.items():
        query = f"SELECT count(*) AS n FROM delta_scan('{path}') WHERE id < 0"
        ours = kit.median_of(lambda: kit.tarn("sql", "--home", home, "--format", "json", query))
        theirs = kit.median_of(lambda: kit.peer(__file__, "deltalake", path))
        assert theirs.facts["files"] == LIVE, theirs.facts
        opened = kit.median_of(lambda: kit.peer(__file__, "deltalake_open", path))
        duck = kit.median_of(lambda: kit.peer(__file__, "duckdb", path), runs=3)
        rows += [kit.row(case, "tarn sql (whole process)", ours), kit.row(case, "deltalake, files listed", theirs),
                 kit.row(case, "deltalake, only opened", opened), kit.row(case, "DuckDB delta", duck)]
        goals += [kit.Goal(f"{case}: time / deltalake", ours.seconds / theirs.seconds, 0.5),
                  kit.Goal(f"{case}: memory / deltalake", ours.peak_bytes / theirs.peak_bytes, 1.0)]
    after, first, repeat = refresh(tables["checkpoint at 9,900"])
    rows += [kit.row("server, after one new commit", "tarn serve", after, first=round(first, 4), repeat=round(repeat, 4))]
    goals.append(kit.Goal("refresh after one commit / first open", after.seconds / first, 0.2))
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
