"""A table of 1,000,000 files: opening it, writing a checkpoint, VACUUM.

The files are empty but there, so that VACUUM has a folder of a million names to list; a thousand more of them are
older than the retention and belong to no version. Each time is that of a whole call on a table that is not open yet:
for Tarn's the whole process (the checkpoint falls due with an INSERT of one row), for deltalake's after its imports.
"""

import json
import os
import time

import kit

NAME = "many_files"
FILES = kit.scaled(1_000_000, 1000)
COMMITS, FOLDERS, STRAYS = 100, 100, 1000
LONG_AGO = time.time() - 30 * 86_400


def add(number):
    low = number * 1000
    statistics = {"numRecords": 1000, "minValues": {"id": low, "day": f"2024-01-{number % 28 + 1:02}"},
                  "maxValues": {"id": low + 999, "day": f"2024-01-{number % 28 + 1:02}"},
                  "nullCount": {"id": 0, "day": 0}}
    return {"add": {"path": file_name(number), "partitionValues": {}, "size": 100_000,
                    "modificationTime": 1_700_000_000_000, "dataChange": True,
                    "stats": json.dumps(statistics, separators=(",", ":"))}}


def file_name(number):
    return f"f{number % FOLDERS:02}/part-{number:07}-c000.snappy.parquet"


def peer_make(path):
    log = f"{path}/_delta_log"
    os.makedirs(log)
    schema = {"type": "struct", "fields": [
        {"name": "id", "type": "long", "nullable": True, "metadata": {}},
        {"name": "day", "type": "date", "nullable": True, "metadata": {}}]}
    start = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
             {"metaData": {"id": "4ce2b3b4-1f0e-4f6e-9d7c-0d6a7b9f2c11",
                           "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(schema),
                           "partitionColumns": [], "createdTime": 1_700_000_000_000,
                           "configuration": {"delta.checkpointInterval": str(COMMITS)}}}]
    for commit in range(COMMITS):
        actions = [{"commitInfo": {"timestamp": 1_700_000_000_000 + commit, "operation": "WRITE"}}]
        actions += start if commit == 0 else []
        actions += [add(n) for n in range(FILES * commit // COMMITS, FILES * (commit + 1) // COMMITS)]
        with open(f"{log}/{commit:020}.json", "w") as file:
            file.writelines(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
    for folder in range(FOLDERS):
        os.makedirs(f"{path}/f{folder:02}")
    for number in range(FILES):
        os.close(os.open(f"{path}/{file_name(number)}", os.O_CREAT | os.O_WRONLY, 0o644))


def prepare():
    path = kit.DATA / f"many-files-{FILES}"
    if not (path / "done").exists():
        print(f"generating a table of {FILES:,} files", flush=True)
        kit.remove(path)
        kit.peer(__file__, "make", path)
        (path / "done").touch()
    return path


def reset(path, keep_checkpoint=False):
    """The log as it was made, and a thousand strays from long ago."""
    for file in (path / "_delta_log").iterdir():
        is_made = file.name.endswith(".json") and file.name[:20].isdigit() and int(file.name[:20]) < COMMITS
        if not is_made and not (keep_checkpoint and "checkpoint" in file.name):
            file.unlink()
    for number in range(STRAYS):
        stray = path / f"f{number % FOLDERS:02}" / f"stray-{number:04}.parquet"
        stray.touch()
        os.utime(stray, (LONG_AGO, LONG_AGO))


def strays(path):
    return sum(1 for folder in path.glob("f[0-9][0-9]") for _ in folder.glob("stray-*"))


def peer_open(path):
    import deltalake
    import pyarrow as pa
    started = time.perf_counter()
    table = deltalake.DeltaTable(path)
    files = pa.table(table.get_add_actions()).num_rows
    return {"seconds": time.perf_counter() - started, "files": files}


def peer_checkpoint(path):
    import deltalake
    started = time.perf_counter()
    deltalake.DeltaTable(path).create_checkpoint()
    return {"seconds": time.perf_counter() - started}


def peer_vacuum(path):
    import deltalake
    started = time.perf_counter()
    removed = deltalake.DeltaTable(path).vacuum(retention_hours=168, dry_run=False, full=True)
    return {"seconds": time.perf_counter() - started, "removed": len(removed)}


def ours_theirs(case, ours, theirs, limit):
    rows = [kit.row(case, "tarn", ours), kit.row(case, "deltalake", theirs)]
    return rows, [kit.Goal(f"{case}: time / deltalake", ours.seconds / theirs.seconds, limit)]


def measure():
    path = prepare()
    reset(path)
    home = kit.new_home("many-files")
    kit.sql(home, f"CREATE TABLE t LOCATION '{path}';")
    rows, goals = [], []

    def checkpoint():
        reset(path)
        run = kit.sql(home, "INSERT INTO t VALUES (1, DATE '2024-01-01');")
        assert list((path / "_delta_log").glob(f"{COMMITS:020}.checkpoint*")), "no checkpoint was written"
        return run

    def their_checkpoint():
        reset(path)
        return kit.peer(__file__, "checkpoint", path)

    def opened():
        return kit.tarn("sql", "--home", home, "--format", "json", "SELECT count(*) AS n FROM t WHERE id < 0")

    def add_up(case, ours, theirs):
        more, further = ours_theirs(case, ours, theirs, 0.5)
        rows.extend(more)
        goals.extend(further)
        return ours

    add_up("checkpoint", kit.median_of(checkpoint, runs=3), kit.median_of(their_checkpoint, runs=3))
    reset(path)
    runs = {}
    for case in ("open, no checkpoint", "open, checkpoint"):
        if case == "open, checkpoint":
            kit.peer(__file__, "checkpoint", path)
        theirs = kit.median_of(lambda: kit.peer(__file__, "open", path), runs=3)
        assert theirs.facts["files"] == FILES, theirs.facts
        runs[case] = add_up(case, kit.median_of(opened, runs=3), theirs)
    goals += [kit.Goal(f"{case}: peak memory in GiB", run.peak_bytes / 2**30, 1) for case, run in runs.items()]

    def vacuum():
        reset(path, keep_checkpoint=True)
        run = kit.sql(home, "VACUUM t;")
        assert strays(path) == 0, f"{strays(path)} strays are left"
        return run

    def their_vacuum():
        reset(path, keep_checkpoint=True)
        run = kit.peer(__file__, "vacuum", path)
        assert run.facts["removed"] == STRAYS, run.facts
        return run

    theirs = kit.median_of(their_vacuum, runs=3)
    add_up("VACUUM", kit.median_of(vacuum, runs=3), theirs)
    return rows, goals


if __name__ == "__main__":
    kit.serve_peers(globals())
