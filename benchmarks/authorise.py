"""Authorisation: 10,000 users, 1,000,000 grants; get a table by name, and resolve a query of 10 tables.

Beside `GET /tables/{name}` with a token: `GET /version` of the same server in the same run. Beside the query with
privileges asked for: the same query by the local owner, of whom nothing is asked. The grants are written straight into
the metastore, which is an SQLite file.
"""

import json
import pathlib
import sqlite3
import statistics
import subprocess
import time
import urllib.request

import kit

NAME = "authorise"
USERS = 10_000
GRANTS = 1_000_000
TABLES = 1_000
CALLER = "u7"


def home():
    """A lakehouse of TABLES tables, each user with grants on GRANTS / USERS of them; the caller on the first ten too."""
    home = kit.new_home("authorise")
    kit.sql(home, "".join(f"CREATE TABLE t{n} (id BIGINT);\n" for n in range(10)))
    database = sqlite3.connect(pathlib.Path(home, "metastore.sqlite"))
    with database:
        users, tables = kit.scaled(USERS, 10), kit.scaled(TABLES, 20)
        database.executemany(
            "INSERT INTO catalog_principals (id, kind, name, name_key, active, created_us, updated_us)"
            " VALUES (?, 'user', ?, ?, 1, 0, 0)", ((f"user-{n}", f"u{n}", f"u{n}") for n in range(users)))
        database.execute(
            f"""INSERT INTO catalog_securables (id, kind, parent_id, name, name_key, properties, detail, created_us, updated_us)
            WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {tables})
            SELECT 'bench-' || i, 'table', parent_id, 't' || i, 't' || i, '{{}}', detail, 0, 0
            FROM n, (SELECT parent_id, detail FROM catalog_securables WHERE kind = 'table' LIMIT 1)""")
        ids = [row[0] for row in database.execute("SELECT id FROM catalog_securables WHERE kind = 'table' ORDER BY id")]
        each = kit.scaled(GRANTS) // users
        database.executemany(
            "INSERT INTO catalog_grants VALUES (?, ?, 'SELECT', NULL, 0) ON CONFLICT DO NOTHING",
            ((ids[(n * 37 + k) % len(ids)], f"user-{n}") for n in range(users) for k in range(each)))
        database.execute("""INSERT INTO catalog_grants SELECT id, 'account users', 'USE CATALOG', NULL, 0
            FROM catalog_securables WHERE kind = 'catalog' ON CONFLICT DO NOTHING""")
        database.execute("""INSERT INTO catalog_grants SELECT id, 'account users', 'USE SCHEMA', NULL, 0
            FROM catalog_securables WHERE kind = 'schema' ON CONFLICT DO NOTHING""")
        database.executemany(
            "INSERT INTO catalog_grants SELECT id, ?, 'SELECT', NULL, 0 FROM catalog_securables"
            " WHERE kind = 'table' AND name = ? ON CONFLICT DO NOTHING",
            ((f"user-{CALLER[1:]}", f"t{n}") for n in range(10)))
        counts = [database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                  for name in ("catalog_principals", "catalog_grants")]
    database.close()
    return home, counts


def get(path, token):
    return f"""
wrk.method = "GET"
wrk.headers["Authorization"] = "Bearer {token}"
request = function() return wrk.format(nil, "{path}") end
"""


def load(server, case, script, seconds=8):
    kit.wrk(server.url, script, seconds=3)
    runs = sorted((kit.wrk(server.url, script, seconds=seconds) for _ in range(3)),
                  key=lambda one: one["requests_per_second"])
    middle = runs[1]
    assert middle["bad_responses"] == 0, f"{case}: {middle}"
    return {"case": case, "who": "tarn serve", "peak_mib": round(server.peak_bytes() / 2**20, 1), **middle}


def query(server, token, runs=200):
    """Median milliseconds of a query of ten empty tables by whoever the token is."""
    text = "SELECT " + " + ".join(f"(SELECT count(*) FROM t{n})" for n in range(10))
    body = json.dumps({"statement": text, "wait_timeout": "50s"}).encode()
    taken = []
    for _ in range(runs):
        request = urllib.request.Request(server.url + "/api/2.0/sql/statements", body, {
            "Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})})
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.loads(response.read())
        taken.append((time.perf_counter() - started) * 1000)
        assert answer["status"]["state"] == "SUCCEEDED", answer
    return statistics.median(taken[runs // 10:])


def token(home):
    return subprocess.run([kit.TARN, "token", "create", "--home", home, "--user", CALLER], capture_output=True,
                          text=True, check=True, env=kit.plain_environment()).stdout.strip()


def serve(home, *more):
    return kit.Server([kit.TARN, "serve", "--home", home, "--host", "127.0.0.1", "--port", "0", *more],
                      r"listening on (http://\S+)")


def measure():
    where, counts = home()
    secret = token(where)
    with serve(where, "--auth", "required", "--set", "server.rate_limit=0") as server:
        rows = [load(server, "GET /version", get("/version", secret)),
                load(server, "GET one table", get("/api/2.1/unity-catalog/tables/main.default.t3", secret))]
        governed = query(server, secret)
    # Without authentication everybody is the local owner, of whom nothing is asked.
    with serve(where) as server:
        plain = query(server, None)
    rows += [{"case": "10 tables, governed", "who": "tarn serve", "p50_ms": round(governed, 3)},
             {"case": "10 tables, local owner", "who": "tarn serve", "p50_ms": round(plain, 3)},
             {"case": f"{counts[0]} principals, {counts[1]} grants", "who": "metastore"}]
    rates = [one["requests_per_second"] for one in rows[:2]]
    return rows, [kit.Goal("get a table / GET /version, requests a second", rates[1] / rates[0], 0.5, at_most=False),
                  kit.Goal("a query of 10 tables, governed - not, in ms", governed - plain, 0.5)]


if __name__ == "__main__":
    kit.serve_peers(globals())
