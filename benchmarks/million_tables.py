"""A million tables in one schema beside a thousand: get by name, all pages of the list, search; over HTTP.

The entries are written straight into the metastore, with columns and the search's index, as the catalog itself keeps
them. Everything is asked of `tarn serve`, with 8 connections for the gets (wrk) and one for the rest.
"""

import json
import sqlite3
import statistics
import time
import urllib.parse
import urllib.request
import uuid

import kit

NAME = "million_tables"
SIZES = {"1,000 tables": 1_000, "1,000,000 tables": kit.scaled(1_000_000, least=2_000)}
SUBJECTS = ["orders", "events", "customers", "sessions", "invoices", "devices", "trips", "prices"]
SEARCHES = {"one hit": "number {last}", "a tenth of all": "group 7", "all": "warehouse", "by name": "orders"}


def table_name(n):
    return f"{SUBJECTS[n % len(SUBJECTS)]}_{n:07d}"


def columns():
    kinds = [("id", "bigint", "LONG", "long"), ("email", "string", "STRING", "string"),
             ("amount", "decimal(10,2)", "DECIMAL", "decimal(10,2)"), ("day", "date", "DATE", "date")]
    return json.dumps([{"name": name, "key": name, "position": place, "type_text": text, "type_name": kind,
                        "type_json": json.dumps({"name": name, "type": log, "nullable": True, "metadata": {}}),
                        "nullable": True} for place, (name, text, kind, log) in enumerate(kinds)])


def home_with(count):
    home = kit.DATA / "homes" / f"tables-{count}"
    if not (home / "done").exists():
        home = kit.new_home(f"tables-{count}")
        kit.sql(home, "CREATE SCHEMA big")
        fill(home / "metastore.sqlite", count)
        (home / "done").touch()
    return home


def fill(path, count):
    db = sqlite3.connect(path)
    db.execute("PRAGMA synchronous = OFF")
    schema, = db.execute("SELECT id FROM catalog_securables WHERE kind = 'schema' AND name = 'big'").fetchone()
    first, = db.execute("SELECT coalesce(max(seq), 0) + 1 FROM catalog_search_documents").fetchone()
    text, detail = columns(), '{"kind":"managed","format":"delta"}'
    for start in range(0, count, 10_000):
        part = [(n, str(uuid.UUID(int=n + 1))) for n in range(start, min(start + 10_000, count))]
        with db:
            db.executemany(
                """INSERT INTO catalog_securables (id, kind, parent_id, name, name_key, comment, properties, detail,
                   created_us, updated_us) VALUES (?, 'table', ?, ?, ?, ?, '{}', ?, 0, 0)""",
                [(key, schema, table_name(n), table_name(n), comment(n), detail) for n, key in part])
            db.executemany("INSERT INTO catalog_columns (table_id, columns, version) VALUES (?, ?, 0)",
                           [(key, text) for _, key in part])
            db.executemany("INSERT INTO catalog_search_documents (seq, securable_id) VALUES (?, ?)",
                           [(first + n, key) for n, key in part])
            db.executemany("INSERT INTO catalog_search (rowid, name, tags, comment, columns) VALUES (?, ?, '', ?, ?)",
                           [(first + n, table_name(n).replace("_", " "), comment(n), "id email amount day")
                            for n, _ in part])
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def comment(n):
    return f"warehouse group {n % 10} number {n}"


def get_script(count):
    """Names of all over the list, the same sequence every time."""
    return f"""
math.randomseed(7)
local subjects = {{{", ".join(f'"{subject}"' for subject in SUBJECTS)}}}
request = function()
  local n = math.random(0, {count - 1})
  local name = string.format("%s_%07d", subjects[n % {len(SUBJECTS)} + 1], n)
  return wrk.format("GET", "/api/2.1/unity-catalog/tables/main.big." .. name)
end
"""


def ask(server, path, **query):
    started = time.perf_counter()
    url = f"{server.url}{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=120) as response:
        answer = json.loads(response.read())
    return answer, time.perf_counter() - started


def list_all(server, count):
    """Seconds of every page of 1,000, and that each table came once."""
    seconds, names, token = [], 0, ""
    last = ""
    while True:
        answer, taken = ask(server, "/api/2.1/unity-catalog/tables", catalog_name="main", schema_name="big",
                            max_results=1000, page_token=token)
        seconds.append(taken)
        for table in answer["tables"]:
            assert table["name"] > last, "the list is out of order"
            last = table["name"]
        names += len(answer["tables"])
        token = answer.get("next_page_token") or ""
        if not token:
            break
    assert names == count, f"{names} tables were listed, not {count}"
    return seconds


def search(server, text):
    """The median milliseconds of a first page of 20."""
    runs = []
    for _ in range(9):
        answer, taken = ask(server, "/api/2.1/tarn/search", query=text, max_results=20)
        runs.append(taken)
    assert answer["results"], f"nothing was found for {text}"
    return round(statistics.median(runs) * 1000, 2)


def measure_size(label, count):
    with kit.tarn_server(home_with(count)) as server:
        kit.wrk(server.url, get_script(count), seconds=2)
        runs = sorted((kit.wrk(server.url, get_script(count), seconds=5) for _ in range(3)),
                      key=lambda one: one["requests_per_second"])
        assert runs[1]["bad_responses"] == 0, runs[1]
        gets = runs[1]
        pages = list_all(server, count)
        found = {case: search(server, text.format(last=count - 1)) for case, text in SEARCHES.items()}
        return {"case": label, "gets_per_second": gets["requests_per_second"], "get_p50_ms": gets["p50_ms"],
                "get_p99_ms": gets["p99_ms"], "pages": len(pages), "list_seconds": round(sum(pages), 2),
                "page_median_ms": round(statistics.median(pages) * 1000, 1), "page_slowest_ms": round(max(pages) * 1000, 1),
                **{f"search {case} ms": value for case, value in found.items()},
                "peak_mib": round(server.peak_bytes() / 2**20, 1)}


def measure():
    rows = [measure_size(label, count) for label, count in SIZES.items()]
    small, large = rows
    return rows, [
        kit.Goal("get: seconds at 1,000,000 / at 1,000", small["gets_per_second"] / large["gets_per_second"], 1.2),
        kit.Goal("peak memory in MiB at 1,000,000 more than at 1,000", large["peak_mib"] - small["peak_mib"], 64),
        kit.Goal("a page of the list at 1,000,000 / at 1,000", large["page_median_ms"] / small["page_median_ms"], 1.5),
    ]


if __name__ == "__main__":
    kit.serve_peers(globals())
