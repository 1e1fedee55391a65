"""Kill -9 at random points: the table opens, holds whole commits only, and a repeat succeeds."""

import os
import random
import signal
import subprocess
import time

import deltalake
import pyarrow as pa

import kit

KILLS = 50
BATCH = 1000
SEED = int(os.environ.get("TARN_SEED", "20131231"))


def killed_after(process, seconds):
    """Kills the process when it has run this long; True if it was still running then."""
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True


def table(lake, path, checkpoint_interval):
    schema = pa.schema([("batch", pa.int64()), ("n", pa.int64()), ("filler", pa.string())])
    deltalake.DeltaTable.create(str(path), deltalake.Schema.from_arrow(schema),
                                configuration={"delta.checkpointInterval": str(checkpoint_interval)})
    lake.execute(f"CREATE TABLE t LOCATION '{path}'")


def insert(batch):
    return f"INSERT INTO t SELECT {batch}, i, repeat('x', 40) FROM range({BATCH}) r(i)"


def whole_batches(lake):
    """The batches in the table; each must be there once and whole."""
    rows = lake.rows("SELECT batch, count(*) AS rows, count(DISTINCT n) AS distinct_rows FROM t GROUP BY batch ORDER BY batch")
    assert all(row["rows"] == BATCH and row["distinct_rows"] == BATCH for row in rows), rows
    return [row["batch"] for row in rows]


def kill_appends(lake, path, tmp_path, per_run, kills):
    """Runs of appends, each killed somewhere. How many kills hit a running process."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    # How long an undisturbed run takes, so that the kills fall all over it.
    script = tmp_path / "run.sql"
    script.write_text(";\n".join(insert(-1 - i) for i in range(per_run)) + ";\n")
    started = time.monotonic()
    lake.run("sql", "--home", str(lake.home), "-f", str(script))
    usual = time.monotonic() - started

    hits, reported = 0, whole_batches(lake)
    for kill in range(kills):
        first = kill * per_run
        script.write_text(";\n".join(insert(first + i) for i in range(per_run)) + ";\n")
        hits += killed_after(lake.popen("sql", "--home", str(lake.home), "-f", str(script)),
                             chance.uniform(0, usual))
        present = whole_batches(lake)
        # What was there before is still there, and a run's appends landed in order.
        assert set(reported) <= set(present)
        new = sorted(set(present) - set(reported))
        assert new == list(range(first, first + len(new)))
        # A repeat of what did not land succeeds.
        lake.execute(insert(first + per_run - 1) if len(new) < per_run else "SELECT 1")
        reported = whole_batches(lake)
        assert first + per_run - 1 in reported
    outside = deltalake.DeltaTable(str(path)).to_pyarrow_table(columns=["batch"])
    assert outside.num_rows == len(reported) * BATCH
    assert hits > kills // 2, f"only {hits} of {kills} kills hit a running process"


def test_kill_during_append(lake, tmp_path):
    path = tmp_path / "t"
    table(lake, path, checkpoint_interval=100)
    kill_appends(lake, path, tmp_path, per_run=2, kills=KILLS)


def test_kill_during_checkpoint(lake, tmp_path):
    """A checkpoint after every commit, so that most kills fall into or beside one."""
    path = tmp_path / "t"
    table(lake, path, checkpoint_interval=1)
    kill_appends(lake, path, tmp_path, per_run=4, kills=KILLS)
    # Whatever checkpoint is left over from the kills, the table reads without its commits' help being wrong.
    assert any((path / "_delta_log").glob("*.checkpoint.parquet"))
