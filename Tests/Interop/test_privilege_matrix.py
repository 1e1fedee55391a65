"""Who may call which route of Unity Catalog's API: each route with all privileges, without each one, and with none.

A route of the server without a row here fails the last test, so that none is forgotten.
"""

import json
import pathlib
import re
import sqlite3
import urllib.error
import urllib.request

import pytest

import kit

ROOT = "/api/2.1/unity-catalog"
USE = (("main", "USE CATALOG"), ("main.default", "USE SCHEMA"))
TABLE = "main.default.t"
CREDENTIALS = {"table_id": "{id}", "operation": "READ"}

# Method, the route's pattern, the path and body to send, and what is needed besides: (object, privilege).
ROWS = [
    ("GET", "/catalogs/{name}", "/catalogs/main", None, (), (("main", "BROWSE"),)),
    ("PATCH", "/catalogs/{name}", "/catalogs/main", {"comment": "c"}, (), (("main", "MANAGE"),)),
    ("GET", "/schemas/{full_name}", "/schemas/main.default", None, USE[:1], (("main.default", "BROWSE"),)),
    ("PATCH", "/schemas/{full_name}", "/schemas/main.default", {"comment": "c"}, USE[:1], (("main.default", "MANAGE"),)),
    ("POST", "/schemas", "/schemas", {"name": "made", "catalog_name": "main"}, USE[:1], (("main", "CREATE SCHEMA"),)),
    ("GET", "/tables/{full_name}", f"/tables/{TABLE}", None, USE, ((TABLE, "BROWSE"),)),
    ("PATCH", "/permissions/{securable_type}/{full_name}", f"/permissions/table/{TABLE}",
     {"changes": [{"principal": "bob", "add": ["SELECT"]}]}, USE, ((TABLE, "MANAGE"),)),
    ("GET", "/permissions/{securable_type}/{full_name}", f"/permissions/table/{TABLE}", None, USE, ((TABLE, "BROWSE"),)),
    ("GET", "/effective-permissions/{securable_type}/{full_name}", f"/effective-permissions/table/{TABLE}", None, USE,
     ((TABLE, "BROWSE"),)),
    ("POST", "/temporary-table-credentials", "/temporary-table-credentials", CREDENTIALS, USE, ((TABLE, "SELECT"),)),
    ("PATCH", "/tables/{full_name}", f"/tables/{TABLE}", {"comment": "c"}, USE, ((TABLE, "MANAGE"),)),
    ("POST", "/staging-tables", "/staging-tables", {"name": "made", "catalog_name": "main", "schema_name": "default"},
     USE, (("main.default", "CREATE TABLE"),)),
    ("GET", "/functions/{name}", "/functions/main.default.f", None, USE, (("main.default.f", "BROWSE"),)),
    ("PATCH", "/functions/{name}", "/functions/main.default.f", {"owner": "bob"}, USE, (("main.default.f", "MANAGE"),)),
    ("DELETE", "/functions/{name}", "/functions/main.default.f", None, USE, (("main.default.f", "MANAGE"),)),
    ("DELETE", "/schemas/{full_name}", "/schemas/main.extra", None, USE[:1], (("main.extra", "MANAGE"),)),
    ("POST", "/catalogs", "/catalogs", {"name": "made"}, (), (("", "CREATE CATALOG"),)),
    ("DELETE", "/catalogs/{name}", "/catalogs/extra", None, (), (("extra", "MANAGE"),)),
    ("DELETE", "/tables/{full_name}", f"/tables/{TABLE}", None, USE, ((TABLE, "MANAGE"),)),
]


class Lake:
    """A server that asks for tokens, alice without grants, and the metastore to write grants into."""

    def __init__(self, lake, server):
        self.server = server
        self.database = sqlite3.connect(pathlib.Path(lake.home, "metastore.sqlite"), timeout=30, isolation_level=None)
        self.token = lake.run("token", "create", "--home", str(lake.home), "--user", "alice").decode().strip()
        lake.run("token", "create", "--home", str(lake.home), "--user", "bob")
        self.alice = self.one("SELECT id FROM catalog_principals WHERE name = 'alice'")

    def one(self, query, *arguments):
        return self.database.execute(query, arguments).fetchone()[0]

    def object(self, full_name):
        parent = "metastore"
        for part in filter(None, full_name.split(".")):
            parent = self.one("SELECT id FROM catalog_securables WHERE parent_id = ? AND name_key = ?", parent, part)
        return parent

    def grant(self, full_name, privilege):
        self.database.execute("INSERT INTO catalog_grants VALUES (?, ?, ?, NULL, 0)",
                              (self.object(full_name), self.alice, privilege))

    def revoke(self, full_name, privilege):
        self.database.execute("DELETE FROM catalog_grants WHERE securable_id = ? AND principal_id = ? AND privilege = ?",
                              (self.object(full_name), self.alice, privilege))

    def call(self, method, path, body):
        """(status, body as text) of alice's request."""
        text = None if body is None else json.dumps(body)
        request = urllib.request.Request(self.server.url + ROOT + path, text and text.encode(), {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def asked(tmp_path):
    lake = kit.Lakehouse(tmp_path / "home")
    lake.script("CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1)", "CREATE SCHEMA extra", "CREATE CATALOG extra",
                "CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1")
    with kit.Server(lake, "--auth", "required") as server:
        yield Lake(lake, server)


def filled(value, asked, name="t"):
    """The path or body of a row, with the table's id."""
    text = json.dumps(value)
    if "{id}" in text:
        text = text.replace("{id}", asked.object(TABLE) if name == "t" else "0" * 8 + asked.object(TABLE)[8:])
    return json.loads(text)


def name(row):
    return f"{row[0]} {row[1]}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_exactly_these_privileges_allow(asked, row):
    method, _, path, body, above, own = row
    needed = [*above, *own]
    for grant in needed:
        asked.grant(*grant)
    body = filled(body, asked)
    for grant in needed:
        asked.revoke(*grant)
        status, answer = asked.call(method, path, body)
        assert status in (403, 404), f"without {grant}: {status} {answer[:300]}"
        asked.grant(*grant)
    status, answer = asked.call(method, path, body)
    assert 200 <= status < 300, f"{status} {answer[:500]}"


TABLE_ROWS = [row for row in ROWS if any(on == TABLE for on, _ in row[5])]


@pytest.mark.parametrize("row", TABLE_ROWS, ids=name)
def test_without_grants_the_table_is_not_there(asked, row):
    """The answer is that for a name which was never used, byte for byte but for the name."""
    method, _, path, body, above, _ = row
    for grant in above:
        asked.grant(*grant)
    hidden = asked.call(method, path, filled(body, asked))
    absent = asked.call(method, path.replace(TABLE, "main.default.u"), filled(body, asked, "u"))

    def plain(answer):
        text = re.sub(r'"request_?id":\s*"[^"]*"', "", answer[1], flags=re.IGNORECASE)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)
        return answer[0], text.replace("default.t", "default.u")

    assert hidden[0] == 404 and plain(hidden) == plain(absent)


LISTS = {"GET /catalogs": "", "GET /schemas": "?catalog_name=main", "GET /tables": "?catalog_name=main&schema_name=default",
         "GET /functions": "?catalog_name=main&schema_name=default", "GET /table-summaries": "?catalog_name=main"}


@pytest.mark.parametrize("route", LISTS)
def test_lists_hold_only_what_one_may_see(asked, route):
    """With the way to it but no grant on it, no list holds the table, the function or what lies beside them."""
    for grant in USE:
        asked.grant(*grant)
    status, answer = asked.call("GET", route.split()[1] + LISTS[route], None)
    assert status == 200, answer
    names = {entry.get("full_name") or entry.get("name") for entries in json.loads(answer).values()
             if isinstance(entries, list) for entry in entries}
    assert names <= {"main", "main.default"}, names


def test_a_table_exists_for_those_who_may_see_it(asked):
    for grant in USE:
        asked.grant(*grant)
    assert asked.call("GET", f"/tables/{TABLE}/exists", None) == (200, '{"table_exists":false}')
    asked.grant(TABLE, "BROWSE")
    assert asked.call("GET", f"/tables/{TABLE}/exists", None) == (200, '{"table_exists":true}')


# What these answer holds for everybody, or is asked about a place or a definition; the tests of the API have them.
ELSEWHERE = {
    "GET /metastore_summary", "GET /current-metastore-assignment", "POST /tables", "POST /functions",
    "POST /temporary-path-credentials", "GET /tables/{full_name}/exists",
}


# Routes that have no row here yet: volumes, models and external locations.
WITHOUT_A_ROW = {f"{method} {path}" for path, methods in {
    "/external-locations": "GET POST", "/external-locations/{name}": "GET PATCH DELETE",
    "/models": "GET POST", "/models/{full_name}": "GET PATCH DELETE", "/models/{full_name}/versions": "GET",
    "/models/versions": "POST", "/volumes": "GET POST", "/volumes/{name}": "GET PATCH DELETE",
    "/temporary-model-version-credentials": "POST", "/temporary-volume-credentials": "POST",
}.items() for method in methods.split()}


def test_no_route_is_forgotten():
    sources = pathlib.Path(kit.ROOT, "Sources/8-product/LakehouseServer/UnityCatalogAPI").rglob("*.swift")
    found = set()
    for source in sources:
        if "DeltaAPI" in source.parts:
            continue
        for method, pattern in re.findall(r'[rR]oute\(\s*\.(\w+),\s*"(/[^"]*)"', source.read_text()):
            if not pattern.startswith("/api/"):
                found.add(f"{method.upper()} {pattern}")
    assert found, "no routes were found"
    known = {name(row) for row in ROWS} | set(LISTS) | ELSEWHERE | WITHOUT_A_ROW
    assert not found - known, f"routes without a row: {sorted(found - known)}"
    assert not known - found, f"rows without a route: {sorted(known - found)}"
