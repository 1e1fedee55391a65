"""1,000 one-row appends: by 4 processes at once, and by 64 clients of one server, beside deltalake.

deltalake has no server: it appends with 4 processes, and with 64 threads of one process, and the faster counts. Its time
starts after its imports; that of Tarn's processes is from the first start to the last end, and fsync is on as always.
A server's client keeps one connection and sends its next INSERT when the last is answered. At the end every row must
be there, once.
"""

import concurrent.futures
import json
import socket
import threading
import time
import urllib.parse

import kit

NAME = "small_appends"
ROWS = kit.scaled(1000, 64)
PROCESSES, CLIENTS = 4, 64


def share(part, parts):
    """The rows that one of several writers appends."""
    return range(ROWS * part // parts, ROWS * (part + 1) // parts)


def peer_create(path):
    import deltalake
    import pyarrow as pa
    deltalake.DeltaTable.create(path, deltalake.Schema.from_arrow(pa.schema([("n", pa.int64()), ("s", pa.string())])))


def append_all(path, numbers):
    import deltalake
    import deltalake.exceptions
    import pyarrow as pa
    for n in numbers:
        row = pa.table({"n": pa.array([n], pa.int64()), "s": [f"row {n}"]})
        while True:
            try:
                deltalake.write_deltalake(path, row, mode="append")
                break
            except deltalake.exceptions.CommitFailedError:
                pass  # after its own 15 tries; a user would call it again


def peer_append(path, part):
    import deltalake  # noqa: F401  its import is not what is measured
    started = time.perf_counter()
    append_all(path, share(int(part), PROCESSES))
    return {"seconds": time.perf_counter() - started}


def peer_append_threads(path):
    import deltalake  # noqa: F401
    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda part: append_all(path, share(part, CLIENTS)), range(CLIENTS)))
    return {"seconds": time.perf_counter() - started}


def peer_check(path):
    import deltalake
    numbers = deltalake.DeltaTable(path).to_pyarrow_table(columns=["n"])["n"].to_pylist()
    assert sorted(numbers) == list(range(ROWS)), f"{len(numbers)} rows, {len(set(numbers))} distinct, of {ROWS}"


def fresh(who):
    path = kit.DATA / f"small-appends-{who}"
    kit.remove(path)
    if who == "deltalake":
        path.mkdir(parents=True)
        kit.peer(__file__, "create", path)
        return path, None
    home = kit.new_home("small-appends")
    kit.sql(home, f"CREATE TABLE t (n BIGINT, s VARCHAR) LOCATION '{path}';")
    return path, home


def tarn_processes():
    path, home = fresh("tarn")
    scripts = ["".join(f"INSERT INTO t VALUES ({n}, 'row {n}');\n" for n in share(part, PROCESSES))
               for part in range(PROCESSES)]
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        started = time.perf_counter()
        runs = list(pool.map(lambda script: kit.sql(home, script), scripts))
        seconds = time.perf_counter() - started
    kit.peer(__file__, "check", path)
    return kit.Run(seconds, max(run.peak_bytes for run in runs))


def deltalake_processes():
    path, _ = fresh("deltalake")
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        runs = list(pool.map(lambda part: kit.peer(__file__, "append", path, part), range(PROCESSES)))
    kit.peer(__file__, "check", path)
    return kit.Run(max(run.seconds for run in runs), max(run.peak_bytes for run in runs))


def deltalake_threads():
    path, _ = fresh("deltalake")
    run = kit.peer(__file__, "append_threads", path)
    kit.peer(__file__, "check", path)
    return run


class Client(threading.Thread):
    """One connection that sends its INSERTs one after the other; little else, for it shares the machine."""

    def __init__(self, url, part, start):
        super().__init__()
        place = urllib.parse.urlsplit(url)
        self.connection = socket.create_connection((place.hostname, place.port), timeout=300)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = [self.request(place.netloc, n) for n in share(part, CLIENTS)]
        self.begin, self.failures = start, []

    @staticmethod
    def request(host, n):
        body = json.dumps({"statement": f"INSERT INTO t VALUES ({n}, 'row {n}')", "wait_timeout": "50s"}).encode()
        head = (f"POST /api/2.0/sql/statements HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        return head.encode() + body

    def run(self):
        self.begin.wait()
        for request in self.requests:
            self.connection.sendall(request)
            answer = self.read()
            if b'"SUCCEEDED"' not in answer:
                self.failures.append(answer[:500])
        self.connection.close()

    def read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.more()
        head, _, body = data.partition(b"\r\n\r\n")
        fields = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:])
        if b"content-length" in fields:
            while len(body) < int(fields[b"content-length"]):
                body += self.more()
            return body
        while not body.endswith(b"0\r\n\r\n"):
            body += self.more()
        return body

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise kit.Failed("the server closed the connection")
        return data


def tarn_clients():
    path, home = fresh("tarn")
    with kit.tarn_server(home) as server:
        start = threading.Event()
        clients = [Client(server.url, part, start) for part in range(CLIENTS)]
        for client in clients:
            client.start()
        started = time.perf_counter()
        start.set()
        for client in clients:
            client.join()
        seconds, peak = time.perf_counter() - started, server.peak_bytes()
    failures = [failure for client in clients for failure in client.failures]
    assert not failures, failures[:3]
    kit.peer(__file__, "check", path)
    return kit.Run(seconds, peak)


def measure():
    measured = {"tarn, 4 processes": kit.median_of(tarn_processes, runs=3),
                "tarn, 64 clients of a server": kit.median_of(tarn_clients, runs=3),
                "deltalake, 4 processes": kit.median_of(deltalake_processes, runs=1, warm_up=0),
                "deltalake, 64 threads": kit.median_of(deltalake_threads, runs=1, warm_up=0)}
    rows = [kit.row(f"{ROWS} rows", who, run, rows_per_second=round(ROWS / run.seconds, 1))
            for who, run in measured.items()]
    best = min(measured["deltalake, 4 processes"].seconds, measured["deltalake, 64 threads"].seconds)
    return rows, [
        kit.Goal("64 clients of a server: rows a second / deltalake",
                 best / measured["tarn, 64 clients of a server"].seconds, 10, at_most=False),
        kit.Goal("4 processes: rows a second / deltalake",
                 measured["deltalake, 4 processes"].seconds / measured["tarn, 4 processes"].seconds, 1, at_most=False)]


if __name__ == "__main__":
    kit.serve_peers(globals())
