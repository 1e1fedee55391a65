"""Each table feature, written by Tarn, reads alike elsewhere; what others then write, Tarn reads.

A case says which programs can read such a table and which can change it, and how; the rest must decline, so that a
new release of theirs that learns a feature is noticed here. Facts tried with deltalake 1.6.6, DuckDB 1.5.5 and
Sail 0.7.2.
"""

import dataclasses

import pyarrow as pa
import pytest

import kit
import others

READERS = ("deltalake", "duckdb", "sail")
ALL = frozenset(READERS)
CHANGES = ("append", "delete", "update")


@dataclasses.dataclass(frozen=True)
class Case:
    """A table `t` with a BIGINT `id`, a VARCHAR `name` and whatever columns the feature needs."""

    name: str
    columns: str = "id BIGINT, name VARCHAR"
    clauses: str = ""
    properties: str = ""
    # After three rows were inserted: statements that use the feature. They leave rows 1 to 3 in place.
    then: tuple = ()
    # Further columns of a row, from its id; left out of Tarn's own INSERTs where `computed`.
    more: dict = dataclasses.field(default_factory=dict)
    computed: bool = False
    read_by: frozenset = ALL
    # Which program can do what; the text is what Tarn must find later on.
    changed_by: dict = dataclasses.field(default_factory=dict)

    def __hash__(self):
        return hash(self.name)

    def values(self, identity):
        return {name: make(identity) for name, make in self.more.items()}


def everything(*, deltalake=CHANGES, duckdb=("append",), sail=CHANGES):
    return {"deltalake": deltalake, "duckdb": duckdb, "sail": sail}


CASES = [
    Case("plain", changed_by=everything()),
    Case("partitioned", columns="id BIGINT, name VARCHAR, part BIGINT", clauses="PARTITIONED BY (part)",
         more={"part": lambda n: n % 2}, changed_by=everything()),
    Case("appendOnly", properties="'delta.appendOnly' = 'true'",
         changed_by=everything(deltalake=("append",), sail=("append",))),
    Case("timestampNtz", columns="id BIGINT, name VARCHAR, moment TIMESTAMP",
         more={"moment": lambda n: f"2024-02-{n % 28 + 1:02} 12:34:56.789012"}, changed_by=everything()),
    Case("checkpoint", properties="'delta.checkpointInterval' = '2'", changed_by=everything()),
]


@pytest.fixture
def programs(sail):
    return {"deltalake": others.Deltalake(), "duckdb": others.DuckDB(), "sail": sail}


class Model:
    """The rows that the table must have, and the same changes as SQL for each program."""

    def __init__(self, case, path, lake):
        self.case, self.path, self.lake = case, path, lake
        self.rows = {}

    def select(self, rows, program):
        """The rows as a SELECT in the program's own names of types."""
        spark = program == "sail"
        string, wall_clock = ("STRING", "TIMESTAMP_NTZ") if spark else ("VARCHAR", "TIMESTAMP")
        parts = []
        for identity, name in rows:
            items = [f"CAST({identity} AS BIGINT) AS id", f"CAST({text(name)} AS {string}) AS name"]
            for column, value in self.case.values(identity).items():
                kind = "BIGINT" if isinstance(value, int) else wall_clock
                items.append(f"CAST({text(value)} AS {kind}) AS {column}")
            parts.append("SELECT " + ", ".join(items))
        return " UNION ALL ".join(parts)

    def arrow(self, rows):
        columns = {"id": pa.array([row[0] for row in rows], pa.int64()), "name": pa.array([row[1] for row in rows], pa.string())}
        for column in self.case.more:
            values = [self.case.more[column](row[0]) for row in rows]
            is_time = isinstance(values[0], str)
            columns[column] = (pa.array(values, pa.string()).cast(pa.timestamp("us")) if is_time
                               else pa.array(values, pa.int64()))
        return pa.table(columns)

    def note(self, rows):
        self.rows |= dict(rows)

    def build(self):
        case = self.case
        properties = f" TBLPROPERTIES ({case.properties})" if case.properties else ""
        self.lake.execute(f"CREATE TABLE t ({case.columns}) {case.clauses} LOCATION '{self.path}'{properties}")
        self.insert([(1, "a"), (2, None)])
        self.insert([(3, "été 🏔")])
        for statement in case.then:
            self.lake.execute(statement)
        return self

    def insert(self, rows):
        if self.case.computed:
            items = ", ".join(f"({identity}, {text(name)})" for identity, name in rows)
            self.lake.execute(f"INSERT INTO t (id, name) VALUES {items}")
        else:
            self.lake.execute(f"INSERT INTO t {self.select(rows, 'tarn')}")
        self.note(rows)

    def apply(self, program, writer, change, step):
        """One change by another program: a new row, a row less, or a row's new name."""
        identity = 100 + step
        if change == "append":
            rows = [(identity, f"by {writer}")]
            if writer == "deltalake":
                program.append(self.path, self.arrow(rows))
            else:
                program.append(self.path, self.select(rows, writer))
            self.note(rows)
        elif change == "delete":
            program.delete(self.path, "id = 1")
            self.rows.pop(1)
        else:
            assignment = {"name": "'changed'"} if writer == "deltalake" else "name = 'changed'"
            program.update(self.path, assignment, "id = 2")
            self.rows[2] = "changed"

    def table(self):
        return self.arrow(sorted(self.rows.items()))


def text(value):
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def select_all(model):
    return "SELECT " + ", ".join(model.table().column_names) + " FROM t"


def check_everywhere(model, programs):
    want = model.table()
    kit.same_rows(model.lake.arrow(select_all(model)), want)
    for reader, program in programs.items():
        if reader in model.case.read_by:
            kit.same_rows(program.rows(model.path).select(want.column_names), want)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_others_read_what_tarn_wrote(lake, programs, tmp_path, case):
    model = Model(case, tmp_path / "t", lake).build()
    check_everywhere(model, programs)
    for reader in ALL - case.read_by:
        with pytest.raises(others.Declined):
            programs[reader].rows(model.path)


@pytest.mark.parametrize("writer", READERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tarn_reads_what_others_then_wrote(lake, programs, tmp_path, case, writer):
    """Theirs and ours in turn: after each of their changes Tarn adds a row to what they left."""
    model = Model(case, tmp_path / "t", lake).build()
    able = case.changed_by.get(writer, ())
    for step, change in enumerate(able):
        model.apply(programs[writer], writer, change, step)
        kit.same_rows(lake.arrow(select_all(model)), model.table())
        model.insert([(200 + step, f"after {change}")])
    check_everywhere(model, programs)
    if not able and writer in case.changed_by:
        with pytest.raises(others.Declined):
            model.apply(programs[writer], writer, "append", 0)
