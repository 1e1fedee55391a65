"""What the workloads share: measured processes, medians, servers under wrk, and tables of results."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import selectors
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPS = (ROOT / ".deps").resolve()
DATA = DEPS / "bench-data"
RESULTS = ROOT / ".build" / "bench"
EXTENSIONS = DEPS / "duckdb" / "extensions"
TARN = os.environ.get("TARN_BIN", str(ROOT / ".build" / "release" / "tarn"))
PYTHON = str(DEPS / "venv" / "bin" / "python")
# A smaller run tries a workload out; its figures say nothing. `run.py --scale` sets it.
SCALE = float(os.environ.get("BENCH_SCALE", "1"))
FEAST_PYTHON = str(DEPS / "venv-feast" / "bin" / "python")


@dataclasses.dataclass
class Run:
    """One run: wall seconds as the workload counts them, peak resident bytes of the process, what it printed."""

    seconds: float
    peak_bytes: int
    facts: dict = dataclasses.field(default_factory=dict)


class Failed(Exception):
    """A program under measurement ended badly; the message has its last words."""


def run(arguments, label=None):
    """Runs a program to its end. Standard output's last line may be JSON: its `seconds` replaces the wall time,
    so that a Python peer is not charged for its imports."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, arguments)), stdout=out, stderr=errors, stdin=subprocess.DEVNULL,
                                   cwd=ROOT, env=plain_environment())
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), errors.seek(0)
        text = out.read().decode("utf-8", "replace")
        if process.returncode != 0:
            raise Failed(f"{label or arguments[0]} ended with {process.returncode}: "
                         f"{errors.read().decode('utf-8', 'replace')[-3000:]}{text[-500:]}")
    facts = {}
    with contextlib.suppress(ValueError, IndexError):
        last = json.loads(text.strip().splitlines()[-1])
        facts = last if isinstance(last, dict) else {}
    return Run(facts.get("seconds", seconds), usage.ru_maxrss * 1024, facts | {"output": text[-2000:]})


def scaled(count, least=1):
    """A number of rows or files at the scale asked for."""
    return max(least, int(count * SCALE))


def plain_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("TARN_")}


def tarn(*arguments):
    return run([TARN, *arguments], "tarn")


def sql(home, text):
    """Runs statements with `tarn sql -f`, so that their length does not matter."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        return tarn("sql", "--home", home, "--format", "json", "-f", file.name)


def new_home(name):
    """An empty lakehouse below the benchmarks' data, replacing an older one."""
    home = DATA / "homes" / name
    remove(home)
    tarn("init", "--home", home)
    return home


def remove(path):
    subprocess.run(["rm", "-rf", str(path)], check=True)


def median_of(measure, runs=5, warm_up=1):
    """The run with the median time, after warming up; its peak is the largest of all runs."""
    for _ in range(warm_up):
        measure()
    done = sorted((measure() for _ in range(runs)), key=lambda one: one.seconds)
    middle = done[len(done) // 2]
    return Run(statistics.median(one.seconds for one in done), max(one.peak_bytes for one in done),
               middle.facts | {"all_seconds": [round(one.seconds, 4) for one in done]})


def peer(file, name, *arguments, python=PYTHON):
    """Runs function `peer_<name>` of a workload's file in a Python of its own; see `serve_peers`."""
    return run([python, file, "--peer", name, *arguments], f"peer {name}")


def serve_peers(scope):
    """At the end of a workload's file: runs the peer asked for, or measures the workload."""
    if sys.argv[1:2] == ["--peer"]:
        started = time.perf_counter()
        facts = scope[f"peer_{sys.argv[2]}"](*sys.argv[3:]) or {}
        facts.setdefault("seconds", time.perf_counter() - started)
        print(json.dumps(facts), flush=True)
        # Done is done: libraries with threads of their own have been seen to abort while the interpreter ends.
        os._exit(0)
    else:
        finish(scope["NAME"], scope["measure"]())


# MARK: servers

class Server:
    """A server process until the `with` ends."""

    def __init__(self, arguments, ready, url=None, **more):
        self.arguments, self.ready, self.url, self.more = list(map(str, arguments)), ready, url, more

    def __enter__(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=self.errors,
                                        stdin=subprocess.DEVNULL, start_new_session=True,
                                        env=plain_environment(), **self.more)
        deadline = time.monotonic() + 180
        if self.ready is not None:
            self.wait_for_line(deadline)
        else:
            self.wait_for_health(deadline)
        # Nobody reads what it prints from now on; a full pipe must not stop it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def wait_for_line(self, deadline):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline and self.process.poll() is None:
                if selector.select(timeout=1):
                    line = self.process.stdout.readline().decode("utf-8", "replace")
                    if match := re.search(self.ready, line):
                        self.url = self.url or match.group(1)
                        return
        self.fail()

    def wait_for_health(self, deadline):
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url + "/health", timeout=2).read()
                return
            time.sleep(0.2)
        self.fail()

    def fail(self):
        self.__exit__()
        self.errors.seek(0)
        raise Failed(f"{self.arguments[0]} did not get ready: {self.errors.read().decode()[-2000:]}")

    def __exit__(self, *_):
        for wanted in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, wanted)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
                break

    def peak_bytes(self):
        """The largest resident size so far, summed over the server's processes."""
        total = 0
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                if os.getpgid(int(folder.name)) == self.process.pid:
                    status = (folder / "status").read_text()
                    total += int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024
        return total

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise Failed(f"{path}: {error.code} {error.read()[:1000]}") from None

    def statement(self, text):
        """(rows, seconds) of one statement, over HTTP and JSON."""
        started = time.perf_counter()
        answer = self.post("/api/2.0/sql/statements", {"statement": text, "wait_timeout": "50s"})
        seconds = time.perf_counter() - started
        if answer["status"]["state"] != "SUCCEEDED":
            raise Failed(f"{text[:200]}: {answer['status']}")
        return (answer.get("result") or {}).get("data_array") or [], seconds


def tarn_server(home):
    return Server([TARN, "serve", "--home", home, "--host", "127.0.0.1", "--port", "0"], r"listening on (http://\S+)")


def wrk(url, script, connections=8, seconds=10):
    """Requests a second, latencies in milliseconds, and errors of `wrk` with one thread and a Lua script."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", file.name, url],
                              capture_output=True, text=True, check=True).stdout
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}

    def milliseconds(pattern):
        value, name = re.search(pattern + r"\s+([\d.]+)(us|ms|s|m)", text).groups()
        return float(value) * unit[name]

    return {
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50_ms": milliseconds(r"50%"), "p99_ms": milliseconds(r"99%"),
        "bad_responses": int((re.search(r"Non-2xx or 3xx responses: (\d+)", text) or [0, 0])[1]),
        "socket_errors": (re.search(r"Socket errors: (.*)", text) or ["", ""])[1],
    }


# MARK: results

@dataclasses.dataclass
class Goal:
    """What a line of the issue's table asks for: `value` compared with `limit`."""

    name: str
    value: float
    limit: float
    at_most: bool = True

    @property
    def met(self):
        return self.value <= self.limit if self.at_most else self.value >= self.limit


def row(case, who, measured, **more):
    """One line of a result table from a Run."""
    return {"case": case, "who": who, "seconds": round(measured.seconds, 4),
            "peak_mib": round(measured.peak_bytes / 2**20, 1), **more}


def show(rows):
    """Aligned text of rows that may have different columns."""
    names = list(dict.fromkeys(name for one in rows for name in one))
    cells = [names] + [[str(one.get(name, "")) for name in names] for one in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    for line in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip(), flush=True)


def finish(name, result):
    """Prints rows and goals, and writes both to .build/bench/NAME.json."""
    rows, goals = result
    print(f"\n{name}")
    show(rows)
    for goal in goals:
        sign, word = ("<=" if goal.at_most else ">="), ("met" if goal.met else "NOT MET")
        print(f"  {word}: {goal.name}: {goal.value:.3g} (to reach: {sign} {goal.limit:g})")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({
        "workload": name, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "load": os.getloadavg(),
        "cores": os.cpu_count(), "rows": rows,
        "goals": [dataclasses.asdict(goal) | {"met": goal.met} for goal in goals]}, indent=2))
