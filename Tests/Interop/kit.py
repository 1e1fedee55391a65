"""What the interop tests share: the command line under test, a server, and rows in a form that can be compared."""

import contextlib
import decimal
import hashlib
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARN = os.environ.get("TARN_BIN", str(ROOT / ".build" / "release" / "tarn"))
GOLDEN = pathlib.Path(os.environ.get("TARN_GOLDEN", ROOT.parent / "shared" / "golden"))
DELTA_EXTENSION = ROOT / ".deps" / "duckdb" / "extensions" / "delta.duckdb_extension"
# How a Swift program ends when it traps, as seen directly or through a shell.
CRASHES = {132, 133, 134, 135, 136, 138, 139}
TIMEOUT_SECONDS = 120


class Refused(AssertionError):
    """The command line answered with an error: what it said, and how it ended."""

    def __init__(self, arguments, status, message):
        super().__init__(f"tarn {' '.join(arguments)[:300]}\nended with {status}: {message[-2000:]}")
        self.status, self.message = status, message


def environment():
    """The caller's environment without settings of Tarn's own, which would change what is tested."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TARN_")}


class Lakehouse:
    """A home folder and the command line on it."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        if not self.home.exists():
            self.run("init", "--home", str(self.home))

    def popen(self, *arguments, **more):
        return subprocess.Popen([TARN, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=environment(), **more)

    def run(self, *arguments, check=True):
        """Runs to the end: (standard output as bytes). Raises `Refused` on any other exit status than 0."""
        done = subprocess.run([TARN, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              env=environment(), timeout=TIMEOUT_SECONDS)
        message = done.stderr.decode("utf-8", "replace")
        assert done.returncode >= 0 and done.returncode not in CRASHES, \
            f"tarn crashed ({done.returncode}) on {arguments}: {message[-2000:]}"
        if check and done.returncode != 0:
            raise Refused(arguments, done.returncode, message)
        return done.stdout

    def sql_arguments(self, query, format="json"):
        return ["sql", "--home", str(self.home), "--format", format, query]

    def execute(self, statement):
        """Runs a statement whose rows, if it has any, do not matter."""
        self.run(*self.sql_arguments(statement))

    def script(self, *statements):
        """Runs many statements in one process, in order."""
        path = self.home.with_suffix(".sql")
        path.write_text(";\n".join(statements) + ";\n", encoding="utf-8")
        return self.run("sql", "--home", str(self.home), "--format", "json", "-f", str(path))

    def rows(self, query):
        """The rows of a query as dictionaries; numbers with a point or exponent stay text, so nothing is rounded."""
        output = self.run(*self.sql_arguments(query))
        return json.loads(output, parse_float=str) if output.strip() else []

    def value(self, query):
        (row,) = self.rows(query)
        (value,) = row.values()
        return value

    def arrow(self, query):
        """The rows of a query as an Arrow table, types and all, by way of Parquet."""
        return pq.read_table(pa.BufferReader(self.run(*self.sql_arguments(query, format="parquet"))))

    def refuses(self, query, *patterns):
        """Runs a statement that must fail cleanly: status 1, a message that holds every pattern. The message."""
        try:
            self.run(*self.sql_arguments(query))
        except Refused as refusal:
            assert refusal.status == 1, f"status {refusal.status} for an error of the statement: {refusal.message}"
            return expect_message(refusal.message, *patterns)
        raise AssertionError(f"no error from: {query[:300]}")


def expect_message(message, *patterns):
    assert message.strip(), "an error without a message"
    for internal in ("Fatal error", "Swift/", "INTERNAL Error"):
        assert internal not in message, f"an internal failure reached the user: {message}"
    for pattern in patterns:
        assert re.search(pattern, message, re.IGNORECASE), f"no {pattern!r} in: {message}"
    return message


class Server:
    """`tarn serve` on a free port, until the `with` ends; SIGTERM must end it cleanly.

    Further arguments are the command's own; `token` goes with every request.
    """

    def __init__(self, lakehouse, *arguments, token=None):
        self.lakehouse, self.arguments, self.token = lakehouse, arguments, token

    def __enter__(self):
        self.process = self.lakehouse.popen("serve", "--home", str(self.lakehouse.home), "--host", "127.0.0.1",
                                            "--port", "0", *self.arguments)
        self.url = self.wait_until_ready()
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if not ready.select(timeout=1):
                    continue
                line = self.process.stdout.readline().decode()
                if match := re.search(r"listening on (http://\S+)", line):
                    return match.group(1)
                if not line:
                    break
        self.process.kill()
        _, errors = self.process.communicate()
        raise AssertionError(f"tarn serve did not get ready: {errors.decode()[-2000:]}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            _, errors = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("tarn serve did not end on SIGTERM within 30 s")
        assert self.process.returncode == 0, f"tarn serve ended with {self.process.returncode}: {errors.decode()[-2000:]}"

    def request(self, path, body=None, method=None, token=None):
        """(status, body as text) of a request; a body that is not bytes goes out as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if token := token or self.token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def alive(self):
        assert self.process.poll() is None, "the server has ended"
        status, _ = self.request("/health")
        assert status == 200


def finish_all(processes):
    """Waits for every process; (exit statuses, all standard error texts). Leaves none running."""
    statuses, messages = [], []
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        for process in processes:
            _, errors = process.communicate(timeout=600)
            statuses.append(process.returncode)
            messages.append(errors.decode("utf-8", "replace"))
    return statuses, messages


# MARK: rows that can be compared

def canonical(value, kind):
    """One Arrow scalar in the form that shared/golden's README.md defines for `rows_sha256`."""
    if not value.is_valid:
        return None
    if pa.types.is_timestamp(kind):
        # Through int64, not datetime: years beyond 9999 are valid here.
        return pa.scalar(value.value, pa.int64()).as_py() * {"s": 10**6, "ms": 1000, "us": 1}[kind.unit] \
            if kind.unit != "ns" else value.value // 1000
    if pa.types.is_date32(kind):
        return value.value
    if pa.types.is_time64(kind):
        return value.value if kind.unit == "us" else value.value // 1000
    if pa.types.is_struct(kind):
        return [canonical(value[i], kind.field(i).type) for i in range(kind.num_fields)]
    if pa.types.is_map(kind):
        pairs = [[canonical(pair["key"], kind.key_type), canonical(pair["value"], kind.item_type)]
                 for pair in value.values]
        return sorted(pairs, key=compact)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [canonical(item, kind.value_type) for item in value.values]
    plain = value.as_py()
    if isinstance(plain, bytes):
        return plain.hex()
    if isinstance(plain, decimal.Decimal):
        return format(plain, "f")
    if isinstance(plain, float):
        if plain != plain:
            return "NaN"
        if plain in (float("inf"), float("-inf")):
            return "Infinity" if plain > 0 else "-Infinity"
    return plain


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def row_lines(table):
    """Every row of an Arrow table as one line of JSON, sorted: equal lists mean equal tables, types aside."""
    columns = [[canonical(value, column.type) for value in column] for column in table.columns]
    lines = [compact(list(row)) for row in zip(*columns)] if columns else []
    return sorted(lines)


def rows_sha256(table):
    return hashlib.sha256("\n".join(row_lines(table)).encode()).hexdigest()


def same_rows(left, right):
    """Both tables have the same columns in the same order, and the same rows in any order."""
    assert left.column_names == right.column_names
    assert row_lines(left) == row_lines(right)
