"""Kill -9 at random points over every operation that changes a table: no row is lost, none is there twice.

A script of random statements is killed at a random time. The table must then be what some prefix of the script makes of
it, no shorter than what the process had reported done; the next script starts from there.
"""

import os
import random
import signal
import subprocess
import time

import deltalake
import pytest

import kit

# Over both tables together.
KILLS = 200
STATEMENTS = 14
SEED = int(os.environ.get("TARN_SEED", "20260101"))
FEATURES = {"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true",
            "delta.enableRowTracking": "true", "delta.checkpointPolicy": "v2", "delta.checkpointInterval": "3"}


class Statements:
    """Random statements, and what each makes of the rows: a dictionary of value by id."""

    def __init__(self, chance):
        self.chance = chance
        self.next_id = 0
        self.columns = 0

    def fresh(self, count):
        self.next_id += count
        return range(self.next_id - count, self.next_id)

    def values(self, rows):
        return ", ".join(f"({id}, {value})" for id, value in rows.items())

    def condition(self):
        """(SQL, function) of a condition on an id."""
        divisor = self.chance.randint(2, 6)
        rest = self.chance.randrange(divisor)
        return f"id % {divisor} = {rest}", lambda id: id % divisor == rest

    def insert(self, rows, start):
        new = {id: self.chance.randrange(1000) for id in self.fresh(self.chance.randint(1, 40))}
        return f"INSERT INTO t (id, v) VALUES {self.values(new)}", rows | new

    def overwrite(self, rows, start):
        new = {id: self.chance.randrange(1000) for id in self.fresh(60)}
        return f"INSERT OVERWRITE t (id, v) VALUES {self.values(new)}", new

    def delete(self, rows, start):
        text, matches = self.condition()
        return f"DELETE FROM t WHERE {text}", {id: value for id, value in rows.items() if not matches(id)}

    def update(self, rows, start):
        text, matches = self.condition()
        more = self.chance.randint(1, 9)
        return (f"UPDATE t SET v = v + {more} WHERE {text}",
                {id: value + more if matches(id) else value for id, value in rows.items()})

    def merge(self, rows, start):
        known = self.chance.sample(sorted(rows), min(len(rows), 10))
        source = {id: self.chance.randint(-300, 999) for id in [*known, *self.fresh(5)]}
        after = dict(rows)
        for id, value in source.items():
            if id in rows and value < 0:
                del after[id]
            else:
                after[id] = value
        return ("MERGE INTO t USING (SELECT * FROM (VALUES " + self.values(source) + ") AS x(id, v)) AS s ON t.id = s.id "
                "WHEN MATCHED AND s.v < 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v "
                "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)"), after

    def optimize(self, rows, start):
        return self.chance.choice(["OPTIMIZE t", "OPTIMIZE t ZORDER BY (v)"]), rows

    def vacuum(self, rows, start):
        return "VACUUM t", rows

    def restore(self, rows, start):
        version, then = start
        return f"RESTORE TABLE t TO VERSION AS OF {version}", then

    def alter(self, rows, start):
        return f"ALTER TABLE t SET TBLPROPERTIES ('step' = '{self.chance.random()}')", rows

    def truncate(self, rows, start):
        return "TRUNCATE TABLE t", {}

    def script(self, start, count):
        """Statements, and the rows after each; the rows before the first come first."""
        kinds = [self.insert] * 5 + [self.delete, self.update, self.merge] * 4 + [self.optimize] * 3 + [
            self.vacuum, self.restore, self.alter, self.alter, self.overwrite, self.truncate]
        texts, states = [], [start[1]]
        for _ in range(count):
            text, after = self.chance.choice(kinds)(states[-1], start)
            texts.append(text)
            states.append(after)
        return texts, states


def current(lake):
    """(version, rows) as they are now; a row that is there twice is an error."""
    found = lake.rows("SELECT id, v FROM t")
    rows = {row["id"]: row["v"] for row in found}
    assert len(rows) == len(found), "rows are there twice"
    history = lake.rows("DESCRIBE HISTORY t")
    assert sorted(row["version"] for row in history) == list(range(len(history))), "the log has gaps"
    return len(history) - 1, rows


def killed(lake, script, seconds):
    """Runs a script, killed after so many seconds; (whether it was still running, how many statements had ended)."""
    process = lake.popen("sql", "--home", str(lake.home), "-f", str(script), start_new_session=True)
    try:
        out, errors = process.communicate(timeout=seconds)
        assert process.returncode == 0, errors.decode()
        return False, None
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, errors = process.communicate()
        return True, len(errors.decode().splitlines())


@pytest.mark.parametrize("name, properties", [("plain", {"delta.checkpointInterval": "2"}), ("features", FEATURES)])
def test_kill_during_any_change(lake, tmp_path, name, properties):
    print(f"seed {SEED}")
    chance = random.Random(f"{SEED} {name}")
    path, script = tmp_path / "t", tmp_path / "run.sql"
    settings = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    lake.execute(f"CREATE TABLE t (id BIGINT, v BIGINT) LOCATION '{path}' TBLPROPERTIES ({settings})")
    statements = Statements(chance)

    def write():
        start = current(lake)
        texts, states = statements.script(start, STATEMENTS)
        script.write_text(";\n".join(texts) + ";\n")
        return texts, states

    # How long an undisturbed run takes, so that the kills fall all over it.
    _, states = write()
    started = time.monotonic()
    lake.run("sql", "--home", str(lake.home), "-f", str(script))
    usual = time.monotonic() - started
    assert current(lake)[1] == states[-1]

    hits, seen = 0, set()
    for kill in range(KILLS // 2):
        texts, states = write()
        was_running, done = killed(lake, script, chance.uniform(0, usual))
        hits += was_running
        _, rows = current(lake)
        if not was_running:
            assert rows == states[-1]
            continue
        # Statements without an effect leave several prefixes with the same rows.
        prefixes = [count for count, state in enumerate(states) if state == rows]
        assert prefixes, f"kill {kill}: the rows are those of no prefix of:\n" + ";\n".join(texts)
        assert max(prefixes) >= (done or 0), f"kill {kill}: {done} statements were reported, {prefixes} are there"
        seen.add(texts[min(max(prefixes), STATEMENTS - 1)].split()[0])
    assert hits > KILLS // 4, f"only {hits} kills hit a running process"
    assert len(seen) >= 5, f"the kills fell into {seen} only"
    version, rows = current(lake)
    if name == "plain":
        outside = deltalake.DeltaTable(str(path))
        assert outside.version() == version
        table = outside.to_pyarrow_table(columns=["id", "v"])
        assert dict(zip(table["id"].to_pylist(), table["v"].to_pylist())) == rows and table.num_rows == len(rows)
    else:
        feed_tells_the_rows(lake, version, rows)


def feed_tells_the_rows(lake, version, rows):
    """The change feed from the beginning adds up to the rows that are there."""
    total = {}
    for change in lake.rows(f"SELECT id, v, _change_type AS change FROM table_changes('t', 0, {version})"):
        sign = {"insert": 1, "update_postimage": 1, "delete": -1, "update_preimage": -1}[change["change"]]
        key = (change["id"], change["v"])
        total[key] = total.get(key, 0) + sign
    assert {key: count for key, count in total.items() if count} == {item: 1 for item in rows.items()}
