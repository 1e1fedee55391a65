"""What the tests of Unity Catalog's API share: a governed server, its official client, and the other clients.

Every client runs in a process of its own: several bring a runtime of threads that does not live with another's.
"""

import json
import os
import re
import subprocess
import sys

import kit

ROOT = "/api/2.1/unity-catalog"
PYTHON = kit.ROOT / ".deps" / "venv-unity" / "bin" / "python"
SAIL_PYTHON = kit.ROOT / ".deps" / "venv-sail" / "bin" / "python"
EXTENSIONS = kit.ROOT / ".deps" / "duckdb" / "extensions"


class Refusal(Exception):
    """The server answered a call of the official client with an error."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, json.loads(body)
        self.code = self.body.get("error_code")


class Client:
    """unitycatalog-client 0.7 in a process of its own: `call("CatalogsApi", "get_catalog", name="main")`."""

    def __init__(self, url, token):
        worker = kit.pathlib.Path(__file__).with_name("unity_worker.py")
        self.process = subprocess.Popen([PYTHON, worker, url + ROOT, token], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=kit.environment())
        assert self.process.stdout.readline(), "the client did not get ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def call(self, api, call, model=None, body=None, **arguments):
        request = {"api": api, "call": call, "arguments": arguments}
        if model:
            parameter = re.sub(r"(?<!^)(?=[A-Z])", "_", model).lower()
            request.update(model=model, body=body, parameter=parameter)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the client ended"
        answer = json.loads(answer)
        if "error" in answer:
            raise Refusal(answer["status"], answer["error"])
        return answer["ok"]


def python(code, *arguments, program=sys.executable, environment=None):
    """Runs a program of one of the clients; its output as JSON. The last line of an error is in the exception."""
    done = subprocess.run([program, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env=dict(kit.environment(), **(environment or {})))
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


DUCKDB = f"""
import duckdb, json, sys
token, url, catalog, *statements = sys.argv[1:]
db = duckdb.connect(config={{"autoinstall_known_extensions": "false", "extension_directory": "{EXTENSIONS}"}})
for name in ("httpfs", "delta", "unity_catalog"):
    db.execute(f"LOAD '{EXTENSIONS}/{{name}}.duckdb_extension'")
db.execute(f"CREATE SECRET (TYPE unity_catalog, TOKEN '{{token}}', ENDPOINT '{{url}}', AWS_REGION 'us-east-1')")
db.execute(f"ATTACH '{{catalog}}' AS c (TYPE unity_catalog)")
rows = []
for statement in statements:
    try:
        rows = [[str(value) for value in row] for row in db.execute(statement).fetchall()]
    except duckdb.Error as error:
        rows = {{"error": str(error)}}
print(json.dumps(rows))
"""

POLARS = """
import json, sys
import polars as pl
url, token = sys.argv[1:3]
c = pl.Catalog(url, bearer_token=token, require_https=False)
seen = {"catalogs": [e.name for e in c.list_catalogs()]}
c.create_namespace("lab", "pol", comment="by polars")
seen["namespaces"] = [e.name for e in c.list_namespaces("lab")]
c.create_table("lab", "pol", "made", schema={"id": pl.Int64, "tags": pl.List(pl.String)}, table_type="MANAGED",
               data_source_format="DELTA")
seen["tables"] = [e.name for e in c.list_tables("lab", "pol")]
info = c.get_table_info("lab", "pol", "made")
seen["columns"] = [[e.name, e.type_text] for e in info.columns]
seen["schema"] = {n: str(t) for n, t in info.get_polars_schema().items()}
c.write_table(pl.DataFrame({"id": [1, 2], "tags": [["a"], []]}), "lab", "pol", "made", delta_mode="append")
seen["rows"] = c.scan_table("lab", "pol", "made").sort("id").collect().rows()
c.delete_table("lab", "pol", "made")
c.delete_namespace("lab", "pol")
seen["left"] = [e.name for e in c.list_namespaces("lab")]
print(json.dumps(seen))
"""

DELTALAKE = """
import json, sys
import deltalake
url, token, name = sys.argv[1:4]
table = deltalake.DeltaTable(f"uc://{name}", storage_options={
    "unity_workspace_url": url, "unity_access_token": token, "unity_allow_http_url": "true", "allow_http": "true"})
print(json.dumps({"version": table.version(), "columns": [f.name for f in table.schema().fields]}))
"""


def deltalake(url, token, name):
    """(what it saw or None, its log) of the table by its uc:// name; it gets 10 seconds."""
    process = subprocess.Popen([sys.executable, "-c", DELTALAKE, url, token, name], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=dict(kit.environment(), RUST_LOG="debug"))
    try:
        output, log = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        output, log = "", process.communicate()[1]
    return (json.loads(output) if process.returncode == 0 else None), log


SAIL = """
import json, sys
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
_, port = server.listening_address
spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
rows = []
for statement in sys.argv[1:]:
    rows = [list(map(str, row)) for row in spark.sql(statement).collect()]
print(json.dumps(rows))
"""


def sail(url, token, *statements):
    listed = (f'[{{type="unity", name="uc", uri="{url}{ROOT}", default_catalog="lab", token="{token}"}},'
              '{type="memory", name="sail", initial_database=["default"]}]')
    return python(SAIL, *statements, program=SAIL_PYTHON,
                  environment={"SAIL_CATALOG__LIST": listed, "SAIL_CATALOG__DEFAULT_CATALOG": "sail"})
