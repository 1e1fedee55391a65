"""Get-table requests of a user who may, 64 connections (wrk): the metastore in PostgreSQL beside the one in SQLite.

1000 tables, 200 of which are asked for in turn by a user with a token and grants. PostgreSQL runs on the same machine,
with its disk waits on. Every request asks the metastore whether anything changed before it is answered.
"""

import contextlib
import json
import subprocess
import urllib.request

import kit

NAME = "metastore"
TABLES = 1000
ASKED = 200
UNITY = "/api/2.1/unity-catalog"


@contextlib.contextmanager
def postgres():
    process = subprocess.Popen([kit.ROOT / "scripts" / "postgres-for-tests", "--durable"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip() + "?schema=bench"
    finally:
        process.stdin.close()
        process.wait(60)


def call(url, method, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


def fill(home):
    """Tables without a file: the catalog alone is asked."""
    with kit.tarn_server(home) as server:
        for number in range(TABLES):
            call(server.url + UNITY + "/tables", "POST", {
                "name": f"t{number}", "catalog_name": "main", "schema_name": "default", "table_type": "EXTERNAL",
                "data_source_format": "DELTA", "storage_location": f"file://{home}/external/t{number}",
                "columns": [{"name": "a", "type_name": "LONG", "type_text": "bigint", "position": 0,
                             "type_json": '{"name":"a","type":"long","nullable":true,"metadata":{}}'}]})
        grants = {"catalog/main": "USE CATALOG", "schema/main.default": "USE SCHEMA"}
        token = kit.run([kit.TARN, "token", "create", "--user", "ada", "--home", home], "tarn").facts["output"].strip()
        for number in range(ASKED):
            grants[f"table/main.default.t{number}"] = "SELECT"
        for place, privilege in grants.items():
            call(f"{server.url}{UNITY}/permissions/{place}", "PATCH",
                 {"changes": [{"principal": "ada", "add": [privilege]}]})
    return token


def script(token):
    return f"""
        wrk.headers["Authorization"] = "Bearer {token}"
        local n = 0
        request = function()
            n = (n + 1) % {ASKED}
            return wrk.format("GET", "{UNITY}/tables/main.default.t" .. n)
        end"""


def load(home, who, token):
    with kit.tarn_server(home) as server:
        kit.wrk(server.url, script(token), connections=64, seconds=2)
        runs = sorted((kit.wrk(server.url, script(token), connections=64, seconds=5) for _ in range(3)),
                      key=lambda one: one["requests_per_second"])
        assert runs[1]["bad_responses"] == 0, f"{who}: {runs[1]}"
        return {"case": "get a table", "who": who, "peak_mib": round(server.peak_bytes() / 2**20, 1), **runs[1]}


def measure():
    rows = []
    with postgres() as url:
        for who in ("SQLite", "PostgreSQL"):
            home = kit.new_home(f"metastore-{who.lower()}")
            if who == "PostgreSQL":
                (home / "tarn.yaml").write_text(f"metastore:\n  url: {url}\n")
            rows.append(load(home, who, fill(home)))
    rates = {row["who"]: row["requests_per_second"] for row in rows}
    return rows, [kit.Goal("requests a second with PostgreSQL / with SQLite", rates["PostgreSQL"] / rates["SQLite"], 0.5,
                           at_most=False)]


if __name__ == "__main__":
    kit.serve_peers(globals())
