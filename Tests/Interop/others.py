"""The other programs that read and write Delta tables, each behind the same few calls.

`rows(path)` gives an Arrow table of the newest version, or of `version`; a program that cannot says why by `Declined`.
"""

import json
import pathlib
import subprocess
import tempfile

import deltalake
import duckdb
import pyarrow.ipc

import kit

SAIL_PYTHON = kit.ROOT / ".deps" / "venv-sail" / "bin" / "python"


class Declined(Exception):
    """The other program answered with an error; the text is its own."""


class Sail:
    """A Sail server and its client, in a process of their own, until the `with` ends."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        worker = pathlib.Path(__file__).with_name("sail_worker.py")
        # Its own chatter would fill a pipe that nobody reads.
        self.process = subprocess.Popen([SAIL_PYTHON, worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=kit.environment())
        assert self.process.stdout.readline(), "Sail did not get ready"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "Sail ended"
        if error := json.loads(answer).get("error"):
            raise Declined(error)

    def query(self, sql):
        path = str(pathlib.Path(self.folder.name) / "rows.arrow")
        self.ask(sql=sql, to=path)
        with pyarrow.ipc.open_file(path) as file:
            return file.read_all()

    def rows(self, path, version=None):
        at = "" if version is None else f" VERSION AS OF {version}"
        return self.query(f"SELECT * FROM delta.`{path}`{at}")

    def execute(self, sql):
        self.ask(sql=sql, to=None)

    def append(self, path, select):
        self.ask(sql=select, append=str(path))

    def delete(self, path, condition):
        self.execute(f"DELETE FROM delta.`{path}` WHERE {condition}")

    def update(self, path, assignment, condition):
        self.execute(f"UPDATE delta.`{path}` SET {assignment} WHERE {condition}")


class Deltalake:
    """delta-rs, by its Python package."""

    def table(self, path, version=None):
        return deltalake.DeltaTable(str(path), version=version)

    @staticmethod
    def declining(body):
        try:
            return body()
        except Exception as error:  # its errors have no common class
            raise Declined(f"{type(error).__name__}: {error}") from None

    def rows(self, path, version=None):
        """By its own SQL engine, which knows more table features than its way through pyarrow."""
        def read():
            builder = deltalake.QueryBuilder().register("t", self.table(path, version))
            return kit.pa.table(builder.execute("SELECT * FROM t").read_all())
        return self.declining(read)

    def changes(self, path, first):
        """The change data feed from a version on."""
        return self.declining(lambda: kit.pa.table(self.table(path).load_cdf(starting_version=first).read_all()))

    def append(self, path, rows):
        self.declining(lambda: deltalake.write_deltalake(str(path), rows, mode="append"))

    def delete(self, path, condition):
        self.declining(lambda: self.table(path).delete(condition))

    def update(self, path, assignments, condition):
        self.declining(lambda: self.table(path).update(updates=assignments, predicate=condition))


class DuckDB:
    """DuckDB with its delta extension: it reads, and appends through ATTACH."""

    def __init__(self):
        # One of its own for each test: an internal error of its makes a database refuse all that follows.
        self.connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        self.connection.execute(f"LOAD '{kit.DELTA_EXTENSION}'")
        self.connection.execute("SET TimeZone = 'UTC'")

    def rows(self, path, version=None):
        at = "" if version is None else f", version => {version}"
        try:
            return self.connection.execute(f"SELECT * FROM delta_scan('{path}'{at})").to_arrow_table()
        except Exception as error:
            raise Declined(f"{type(error).__name__}: {error}") from None

    def append(self, path, select):
        try:
            self.connection.execute(f"ATTACH '{path}' AS other (TYPE delta)")
            try:
                self.connection.execute(f"INSERT INTO other {select}")
            finally:
                self.connection.execute("DETACH other")
        except Exception as error:
            raise Declined(f"{type(error).__name__}: {error}") from None
