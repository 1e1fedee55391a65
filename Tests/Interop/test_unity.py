"""Unity Catalog's clients at their usual work, unmodified, against a server that asks every call for a token."""

import concurrent.futures
import json
import pathlib
import sqlite3
import uuid

import deltalake
import pyarrow as pa
import pytest

import kit
import unity
from unity import Refusal

COLUMNS = [
    {"name": "id", "type_text": "bigint", "type_name": "LONG", "position": 0, "nullable": False,
     "type_json": '{"name":"id","type":"long","nullable":false,"metadata":{}}'},
    {"name": "city", "type_text": "string", "type_name": "STRING", "position": 1},
    {"name": "price", "type_text": "decimal(10,2)", "type_name": "DECIMAL", "position": 2, "type_precision": 10,
     "type_scale": 2},
]


class Lab:
    """A server with tokens on: ada owns the catalog `lab`, bob has nothing."""

    def __init__(self, folder):
        self.lake = kit.Lakehouse(folder / "home")
        self.folder = folder
        self.ada, self.bob = (self.token(name) for name in ("ada", "bob"))
        with kit.Server(self.lake) as owner:
            status, answer = owner.request(f"{unity.ROOT}/permissions/metastore/metastore", {"changes": [
                {"principal": "ada", "add": ["CREATE CATALOG", "CREATE EXTERNAL LOCATION", "CREATE STORAGE CREDENTIAL"],
                 "remove": []}]}, "PATCH")
            assert status == 200, answer
        self.server = kit.Server(self.lake, "--auth", "required")

    def token(self, user):
        return self.lake.run("token", "create", "--home", str(self.lake.home), "--user", user).decode().strip()

    def ask(self, path, body=None, method=None, token=None):
        """(status, answer) of a call in the API, as ada unless another token is given."""
        status, text = self.server.request(unity.ROOT + path, body, method, token or self.ada)
        return status, json.loads(text) if text else None

    def done(self, *arguments, **more):
        status, answer = self.ask(*arguments, **more)
        assert status == 200, answer
        return answer

    def table(self, name, schema="s", **more):
        return self.done("/tables", dict(name=name, catalog_name="lab", schema_name=schema, table_type="MANAGED",
                                         data_source_format="DELTA", columns=COLUMNS, **more))

    def path(self, info):
        return info["storage_location"].removeprefix("file://")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("unity"))
    with lab.server:
        lab.done("/catalogs", {"name": "lab", "comment": None, "properties": None})
        lab.done("/schemas", {"name": "s", "catalog_name": "lab", "comment": None, "storage_root": None})
        yield lab


@pytest.fixture(scope="module")
def client(lab):
    with unity.Client(lab.server.url, lab.ada) as client:
        yield client


def rows(*ids):
    return pa.table({"id": pa.array(ids, pa.int64()), "city": pa.array(["Bern"] * len(ids)),
                     "price": pa.array([None] * len(ids), pa.decimal128(10, 2))})


# MARK: the official client

def test_official_client_catalogs_and_schemas(client):
    made = client.call("CatalogsApi", "create_catalog", "CreateCatalog",
                       {"name": "Own", "comment": "of ada", "properties": {"k": "v"}})
    assert (made["name"], made["owner"], made["properties"]) == ("Own", "ada", {"k": "v"})
    with pytest.raises(Refusal) as refused:
        client.call("CatalogsApi", "create_catalog", "CreateCatalog", {"name": "own"})
    assert (refused.value.status, refused.value.code) == (400, "CATALOG_ALREADY_EXISTS")
    changed = client.call("CatalogsApi", "update_catalog", "UpdateCatalog", {"comment": "new", "new_name": "own2"},
                          name="Own")
    assert (changed["name"], changed["comment"], changed["id"]) == ("own2", "new", made["id"])
    client.call("SchemasApi", "create_schema", "CreateSchema", {"name": "s1", "catalog_name": "own2"})
    client.call("SchemasApi", "create_schema", "CreateSchema", {"name": "s2", "catalog_name": "own2"})
    names, token = [], None
    for _ in range(10):
        page = client.call("SchemasApi", "list_schemas", catalog_name="own2", max_results=1, page_token=token)
        names += [entry["name"] for entry in page["schemas"]]
        token = page.get("next_page_token")
        if not token:
            break
    assert names == ["default", "s1", "s2"]
    got = client.call("SchemasApi", "get_schema", full_name="own2.s1")
    assert got["full_name"] == "own2.s1" and got["owner"] == "ada"
    client.call("SchemasApi", "update_schema", "UpdateSchema", {"new_name": "s3"}, full_name="own2.s1")
    client.call("SchemasApi", "delete_schema", full_name="own2.s3")
    with pytest.raises(Refusal) as refused:
        client.call("CatalogsApi", "delete_catalog", name="own2")
    assert (refused.value.status, refused.value.code) == (400, "FAILED_PRECONDITION")
    client.call("CatalogsApi", "delete_catalog", name="own2", force=True)
    with pytest.raises(Refusal) as refused:
        client.call("CatalogsApi", "get_catalog", name="own2")
    assert (refused.value.status, refused.value.code) == (404, "CATALOG_NOT_FOUND")
    assert client.call("MetastoresApi", "summary")["metastore_id"]


def test_official_client_tables(lab, client):
    made = client.call("TablesApi", "create_table", "CreateTable", {
        "name": "official", "catalog_name": "lab", "schema_name": "s", "table_type": "MANAGED",
        "data_source_format": "DELTA", "columns": COLUMNS, "comment": "c", "properties": {"delta.appendOnly": "true"}})
    got = client.call("TablesApi", "get_table", full_name="lab.s.official")
    assert got == made
    assert [(c["name"], c["type_text"], c["nullable"]) for c in got["columns"]] == [
        ("id", "bigint", False), ("city", "string", True), ("price", "decimal(10,2)", True)]
    assert got["properties"]["delta.appendOnly"] == "true"
    # A real Delta table is there, for whoever reads the place.
    deltalake.write_deltalake(lab.path(got), rows(1, 2), mode="append")
    assert lab.lake.value("SELECT count(*) FROM lab.s.official") == 2
    listed = client.call("TablesApi", "list_tables", catalog_name="lab", schema_name="s")
    assert "official" in [entry["name"] for entry in listed["tables"]]
    credentials = client.call("TemporaryCredentialsApi", "generate_temporary_table_credentials",
                              "GenerateTemporaryTableCredential",
                              {"table_id": got["table_id"], "operation": "READ_WRITE"})
    assert credentials["url"] == got["storage_location"] and credentials["expiration_time"] > 10**12
    client.call("TablesApi", "delete_table", full_name="lab.s.official")
    assert not pathlib.Path(lab.path(got)).exists()
    with pytest.raises(Refusal) as refused:
        client.call("TablesApi", "get_table", full_name="lab.s.official")
    assert (refused.value.status, refused.value.code) == (404, "TABLE_NOT_FOUND")


def test_official_client_functions(client):
    parameter = {"name": "x", "type_text": "int", "type_json": '{"name":"x","type":"integer"}', "type_name": "INT",
                 "position": 0}
    made = client.call("FunctionsApi", "create_function", "CreateFunctionRequest", {"function_info": {
        "name": "twice", "catalog_name": "lab", "schema_name": "s", "input_params": {"parameters": [parameter]},
        "data_type": "INT", "full_data_type": "int", "routine_body": "SQL", "routine_definition": "RETURN x * 2",
        "parameter_style": "S", "is_deterministic": True, "sql_data_access": "NO_SQL", "is_null_call": False,
        "security_type": "DEFINER", "specific_name": "twice", "comment": "doubles"}})
    assert made["full_name"] == "lab.s.twice" and made["input_params"]["parameters"][0]["name"] == "x"
    got = client.call("FunctionsApi", "get_function", name="lab.s.twice")
    assert got == made and got["function_id"] and got["routine_definition"] == "RETURN x * 2"
    listed = client.call("FunctionsApi", "list_functions", catalog_name="lab", schema_name="s")
    assert [entry["name"] for entry in listed["functions"]] == ["twice"]
    client.call("FunctionsApi", "delete_function", name="lab.s.twice")
    with pytest.raises(Refusal) as refused:
        client.call("FunctionsApi", "get_function", name="lab.s.twice")
    assert (refused.value.status, refused.value.code) == (404, "NOT_FOUND")


def test_official_client_volumes(lab, client):
    made = client.call("VolumesApi", "create_volume", "CreateVolumeRequestContent", {
        "name": "files", "catalog_name": "lab", "schema_name": "s", "volume_type": "MANAGED", "comment": "pictures"})
    folder = pathlib.Path(made["storage_location"].removeprefix("file://"))
    assert folder.is_dir()
    credentials = client.call("TemporaryCredentialsApi", "generate_temporary_volume_credentials",
                              "GenerateTemporaryVolumeCredential",
                              {"volume_id": made["volume_id"], "operation": "WRITE_VOLUME"})
    assert credentials["url"] == made["storage_location"]
    changed = client.call("VolumesApi", "update_volume", "UpdateVolumeRequestContent", {"new_name": "photos"},
                          name="lab.s.files")
    assert changed["full_name"] == "lab.s.photos" and changed["volume_id"] == made["volume_id"]
    listed = client.call("VolumesApi", "list_volumes", catalog_name="lab", schema_name="s")
    assert [entry["name"] for entry in listed["volumes"]] == ["photos"]
    client.call("VolumesApi", "delete_volume", name="lab.s.photos")
    assert not folder.exists()


def test_official_client_models(client):
    model = client.call("RegisteredModelsApi", "create_registered_model", "CreateRegisteredModel",
                        {"name": "churn", "catalog_name": "lab", "schema_name": "s", "comment": "c"})
    assert model["full_name"] == "lab.s.churn"
    version = client.call("ModelVersionsApi", "create_model_version", "CreateModelVersion",
                          {"model_name": "churn", "catalog_name": "lab", "schema_name": "s", "source": "runs:/1/m",
                           "run_id": "1"})
    assert (version["version"], version["status"]) == (1, "PENDING_REGISTRATION")
    asked = {"catalog_name": "lab", "schema_name": "s", "model_name": "churn", "version": 1}
    credentials = client.call("TemporaryCredentialsApi", "generate_temporary_model_version_credentials",
                              "GenerateTemporaryModelVersionCredential",
                              dict(asked, operation="READ_WRITE_MODEL_VERSION"))
    assert credentials["url"] == version["storage_location"]
    done = client.call("ModelVersionsApi", "finalize_model_version", "FinalizeModelVersion",
                       {"full_name": "lab.s.churn", "version": 1}, full_name="lab.s.churn", version=1)
    assert done["status"] == "READY"
    with pytest.raises(Refusal) as refused:
        client.call("TemporaryCredentialsApi", "generate_temporary_model_version_credentials",
                    "GenerateTemporaryModelVersionCredential", dict(asked, operation="READ_WRITE_MODEL_VERSION"))
    assert refused.value.code == "FAILED_PRECONDITION"
    listed = client.call("ModelVersionsApi", "list_model_versions", full_name="lab.s.churn")
    assert [entry["version"] for entry in listed["model_versions"]] == [1]
    assert "churn" in [m["name"] for m in client.call("RegisteredModelsApi", "list_registered_models")["registered_models"]]
    with pytest.raises(Refusal) as refused:
        client.call("RegisteredModelsApi", "delete_registered_model", full_name="lab.s.churn")
    assert refused.value.status == 400
    client.call("RegisteredModelsApi", "delete_registered_model", full_name="lab.s.churn", force=True)


def test_official_client_locations_and_credentials(lab, client):
    credential = client.call("CredentialsApi", "create_credential", "CreateCredentialRequest", {
        "name": "role", "purpose": "STORAGE", "aws_iam_role": {"role_arn": "arn:aws:iam::1:role/r"}})
    assert credential["aws_iam_role"]["role_arn"] == "arn:aws:iam::1:role/r"
    place = lab.folder / "outside"
    made = client.call("ExternalLocationsApi", "create_external_location", "CreateExternalLocation",
                       {"name": "out", "url": f"file://{place}", "credential_name": "role"})
    assert made["url"] == f"file://{place}"
    for operation in ("PATH_READ", "PATH_READ_WRITE", "PATH_CREATE_TABLE"):
        credentials = client.call("TemporaryCredentialsApi", "generate_temporary_path_credentials",
                                  "GenerateTemporaryPathCredential",
                                  {"url": f"file://{place}/t", "operation": operation})
        assert credentials["url"] == f"file://{place}/t"
    with pytest.raises(Refusal) as refused:
        client.call("TemporaryCredentialsApi", "generate_temporary_path_credentials",
                    "GenerateTemporaryPathCredential", {"url": "file:///etc", "operation": "PATH_READ"})
    assert (refused.value.status, refused.value.code) == (403, "PERMISSION_DENIED")
    deltalake.write_deltalake(str(place / "t"), rows(7))
    table = client.call("TablesApi", "create_table", "CreateTable", {
        "name": "ext", "catalog_name": "lab", "schema_name": "s", "table_type": "EXTERNAL",
        "data_source_format": "DELTA", "columns": [], "storage_location": f"file://{place}/t"})
    assert [c["name"] for c in table["columns"]] == ["id", "city", "price"]
    # The place is the table's now: its credentials have to be asked for.
    with pytest.raises(Refusal) as refused:
        client.call("TemporaryCredentialsApi", "generate_temporary_path_credentials",
                    "GenerateTemporaryPathCredential", {"url": f"file://{place}/t", "operation": "PATH_READ"})
    assert refused.value.status == 403
    client.call("TablesApi", "delete_table", full_name="lab.s.ext")
    assert (place / "t" / "_delta_log").exists()
    client.call("ExternalLocationsApi", "delete_external_location", name="out", force=True)
    client.call("CredentialsApi", "delete_credential", name="role", force=True)


def test_permissions_decide_what_a_second_user_sees_and_may(lab, client):
    info = lab.table("shared")
    with unity.Client(lab.server.url, lab.bob) as bob:
        def refusal(*arguments, **more):
            with pytest.raises(Refusal) as refused:
                bob.call(*arguments, **more)
            return refused.value.status, refused.value.code

        def credentials(operation):
            return ("TemporaryCredentialsApi", "generate_temporary_table_credentials",
                    "GenerateTemporaryTableCredential", {"table_id": info["table_id"], "operation": operation})

        def grant(kind, name, privilege):
            client.call("GrantsApi", "update", "UpdatePermissions",
                        {"changes": [{"principal": "bob", "add": [privilege], "remove": []}]},
                        securable_type=kind, full_name=name)

        assert "lab" not in [c["name"] for c in bob.call("CatalogsApi", "list_catalogs")["catalogs"]]
        assert refusal("TablesApi", "get_table", full_name="lab.s.shared") == (404, "CATALOG_NOT_FOUND")
        assert refusal(*credentials("READ")) == (404, "TABLE_NOT_FOUND")
        assert refusal("GrantsApi", "get", securable_type="table", full_name="lab.s.shared")[0] == 404
        grant("catalog", "lab", "USE CATALOG")
        grant("schema", "lab.s", "USE SCHEMA")
        grant("table", "lab.s.shared", "SELECT")
        assert [t["name"] for t in bob.call("TablesApi", "list_tables", catalog_name="lab", schema_name="s")["tables"]] \
            == ["shared"]
        assert bob.call(*credentials("READ"))["url"] == info["storage_location"]
        assert refusal(*credentials("READ_WRITE")) == (403, "PERMISSION_DENIED")
        assert refusal("TablesApi", "delete_table", full_name="lab.s.shared") == (403, "PERMISSION_DENIED")
        own = bob.call("GrantsApi", "get", securable_type="table", full_name="lab.s.shared")
        assert own == {"privilege_assignments": [{"principal": "bob", "privileges": ["SELECT"]}]}
    effective = lab.done("/effective-permissions/table/lab.s.shared?principal=bob")
    (assignment,) = effective["privilege_assignments"]
    assert {p["privilege"]: p.get("inherited_from_name") for p in assignment["privileges"]} == {
        "USE CATALOG": "lab", "USE SCHEMA": "lab.s", "SELECT": None}


def test_a_governed_tables_files_are_given_to_nobody(lab):
    """Also not to its owner: policies hold for everybody but the local owner."""
    info = lab.table("secret")
    managed = Managed(lab, "secret_managed")
    function = lab.done("/functions", {"function_info": {
        "name": "mine", "catalog_name": "lab", "schema_name": "s", "input_params": {"parameters": []},
        "data_type": "BOOLEAN", "full_data_type": "boolean", "routine_body": "SQL", "routine_definition": "true",
        "parameter_style": "S", "is_deterministic": True, "sql_data_access": "NO_SQL", "is_null_call": False,
        "security_type": "DEFINER", "specific_name": "mine"}})
    with sqlite3.connect(lab.lake.home / "metastore.sqlite") as metastore:
        for table in (info["table_id"], managed.id):
            metastore.execute("INSERT INTO catalog_policies VALUES (?, '', ?, '[]', 'ada', 0)",
                              [table, function["function_id"]])
    shown = lab.done("/tables/lab.s.secret")
    assert "storage_location" not in shown and len(shown["columns"]) == 3
    listed = lab.done("/tables?catalog_name=lab&schema_name=s")["tables"]
    assert all("storage_location" not in t for t in listed if t["name"].startswith("secret"))
    for operation in ("READ", "READ_WRITE"):
        status, answer = lab.ask("/temporary-table-credentials",
                                 {"table_id": info["table_id"], "operation": operation})
        assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED") and "SQL" in answer["message"]
    for path in (managed.path, managed.path + "/credentials?operation=READ",
                 "/delta/v1/catalogs/lab/schemas/s/tables/secret"):
        status, answer = lab.ask(path)
        assert status == 403 and "file://" not in json.dumps(answer), path
    assert managed.commit(managed.stage(1, 1))[0] == 403


# MARK: polars, deltalake, DuckDB, Sail

def test_polars(lab):
    seen = unity.python(unity.POLARS, lab.server.url, lab.ada)
    assert "lab" in seen["catalogs"] and "pol" in seen["namespaces"] and "pol" not in seen["left"]
    assert seen["columns"] == [["id", "bigint"], ["tags", "array<string>"]]
    assert seen["schema"] == {"id": "Int64", "tags": "List(String)"}
    assert seen["rows"] == [[1, ["a"]], [2, []]]


def test_deltalake_by_uc_url(lab):
    """deltalake 1.6.6 often stands still for ever once it has its credentials, before it looks at the files: its own
    log then tells that both of its calls were answered as it wanted."""
    lab.table("by_url")
    seen, log = unity.deltalake(lab.server.url, lab.ada, "lab.s.by_url")
    if seen:
        assert seen == {"version": 0, "columns": ["id", "city", "price"]}
    else:
        asked = log.index("get_temp_table_credentials_with_permission")
        assert "pooling idle connection" in log[asked:] and "error" not in log.lower(), log
    seen, log = unity.deltalake(lab.server.url, lab.bob, "lab.s.by_url")
    assert seen is None and "get_temp_table_credentials_with_permission" not in log


def test_duckdb(lab):
    info = lab.table("ducks")
    deltalake.write_deltalake(lab.path(info), rows(1, 2), mode="append")

    def run(*statements, token=lab.ada):
        return unity.python(unity.DUCKDB, token, lab.server.url, "lab", *statements)

    assert run("SELECT id, city FROM c.s.ducks ORDER BY id") == [["1", "Bern"], ["2", "Bern"]]
    assert run("INSERT INTO c.s.ducks VALUES (3, 'Zug', 1.25)",
               "SELECT count(*), sum(price) FROM c.s.ducks") == [["3", "1.25"]]
    assert lab.lake.value("SELECT count(*) FROM lab.s.ducks") == 3
    assert "error" in run("SELECT * FROM c.s.ducks", token="tarn_no_such_token")


def test_sail(lab):
    info = lab.table("sails")
    deltalake.write_deltalake(lab.path(info), rows(1, 2), mode="append")
    databases = unity.sail(lab.server.url, lab.ada, "SHOW DATABASES IN uc")
    assert "lab.s" in [row[0] for row in databases]
    assert unity.sail(lab.server.url, lab.ada, "SELECT id FROM uc.s.sails ORDER BY id") == [["1"], ["2"]]


# MARK: commits of tables that the catalog manages

PROTOCOL = {"minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": ["catalogManaged", "deletionVectors", "v2Checkpoint", "vacuumProtocolCheck"],
            "writerFeatures": ["catalogManaged", "deletionVectors", "v2Checkpoint", "vacuumProtocolCheck",
                               "inCommitTimestamp"]}


class Managed:
    """A table made the way of Unity Catalog's own writers: staged, its first version written, then named."""

    def __init__(self, lab, name):
        self.lab, self.base = lab, "/delta/v1/catalogs/lab/schemas/s"
        staged = lab.done(f"{self.base}/staging-tables", {"name": name})
        self.id, self.location = staged["table-id"], staged["location"]
        self.folder = pathlib.Path(self.location.removeprefix("file://"))
        self.properties = staged["required-properties"]
        (self.folder / "_delta_log" / "_staged_commits").mkdir(parents=True)
        field = {"name": "id", "type": "long", "nullable": True, "metadata": {}}
        self.columns = {"type": "struct", "fields": [field]}
        self.write(self.folder / "_delta_log" / f"{0:020d}.json", 0, [
            {"protocol": PROTOCOL},
            {"metaData": {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}},
                          "schemaString": json.dumps(self.columns), "partitionColumns": [],
                          "configuration": self.properties, "createdTime": 1}}])
        self.path = f"{self.base}/tables/{name}"
        self.loaded = lab.done(f"{self.base}/tables", {
            "name": name, "location": self.location, "table-type": "MANAGED", "columns": self.columns,
            "protocol": {"min-reader-version": 3, "min-writer-version": 7,
                         "reader-features": PROTOCOL["readerFeatures"],
                         "writer-features": PROTOCOL["writerFeatures"]},
            "properties": self.properties, "last-commit-timestamp-ms": 1})

    def write(self, path, version, actions):
        first = {"commitInfo": {"inCommitTimestamp": 1000 + version, "timestamp": 1000 + version, "operation": "WRITE",
                                "operationParameters": {}, "txnId": str(uuid.uuid4())}}
        path.write_text("".join(json.dumps(action) + "\n" for action in [first, *actions]))

    def stage(self, version, *ids):
        """Writes rows and a commit for them; what add-commit says of it."""
        data = f"part-{uuid.uuid4()}.parquet"
        kit.pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), self.folder / data)
        staged = self.folder / "_delta_log" / "_staged_commits" / f"{version:020d}.{uuid.uuid4()}.json"
        self.write(staged, version, [{"add": {
            "path": data, "partitionValues": {}, "size": (self.folder / data).stat().st_size, "modificationTime": 1,
            "dataChange": True, "stats": json.dumps({"numRecords": len(ids)})}}])
        return {"version": version, "timestamp": 1000 + version, "file-name": staged.name,
                "file-size": staged.stat().st_size, "file-modification-timestamp": 1000 + version}

    def commit(self, commit, etag=None, token=None, **more):
        requirements = [{"type": "assert-table-uuid", "uuid": self.id}]
        if etag:
            requirements.append({"type": "assert-etag", "etag": etag})
        return self.lab.ask(self.path, {"requirements": requirements, "updates": [
            {"action": "add-commit", "commit": commit}, *more.get("updates", [])]}, token=token)


def test_managed_commits_in_order(lab):
    table = Managed(lab, "managed1")
    assert table.loaded["latest-table-version"] == 0 and table.loaded["metadata"]["table-uuid"] == table.id
    status, answer = table.commit(first := table.stage(1, 1, 2))
    assert status == 200 and answer["latest-table-version"] == 1, answer
    assert table.commit(first)[0] == 200, "the same proposal again is no conflict"
    status, answer = table.commit(table.stage(1, 99))
    assert (status, answer["error"]["type"]) == (409, "CommitVersionConflictException")
    status, answer = table.commit(table.stage(5, 99))
    assert (status, answer["error"]["type"]) == (400, "InvalidParameterValueException")
    etag = lab.done(table.path)["metadata"]["etag"]
    assert table.commit(table.stage(2, 3), etag)[0] == 200
    status, answer = table.commit(table.stage(3, 4), etag)
    assert (status, answer["error"]["type"]) == (409, "UpdateRequirementConflictException")
    assert table.commit(table.stage(3, 4))[0] == 200
    # Tarn's SQL reads the table by its name, and by its name only.
    assert lab.lake.rows("SELECT id FROM lab.s.managed1 ORDER BY id") == [{"id": n} for n in (1, 2, 3, 4)]
    lab.lake.refuses(f"SELECT * FROM delta_scan('{table.folder}')", "catalog")
    lab.lake.refuses("INSERT INTO lab.s.managed1 VALUES (5)", "catalog")
    commits = lab.done("/delta/preview/commits", {"table_id": table.id, "table_uri": table.location,
                                                  "start_version": 1}, "GET")
    assert commits == {"commits": [], "latest_table_version": 3}
    assert lab.ask(table.path, method="DELETE")[0] == 204
    assert not table.folder.exists()


def test_managed_commits_of_many_writers_have_one_winner_a_version(lab):
    table = Managed(lab, "managed2")

    def attempt(writer):
        won = 0
        while won < 5:
            version = lab.done(table.path)["latest-table-version"] + 1
            status, answer = table.commit(table.stage(version, writer))
            assert status in (200, 400, 409), answer
            won += status == 200
        return won

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 20
    assert lab.done(table.path)["latest-table-version"] == 20
    assert lab.lake.value("SELECT count(*) FROM lab.s.managed2") == 20


@pytest.mark.parametrize("change, expected", [
    ({"file-name": "../../../etc/passwd"}, "file name"), ({"file-name": "x.json"}, "file name"),
    ({"file-size": 1}, "bytes"), ({"version": 0}, "version"), ({"timestamp": 0}, "timestamp"),
    ({"file-name": f"{1:020d}.{uuid.uuid4()}.json"}, "cannot be read"), ({"file-size": "many"}, "whole number"),
])
def test_managed_commits_refuse_what_is_no_commit(lab, managed, change, expected):
    status, answer = managed.commit(dict(managed.stage(1, 1), **change))
    assert status == 400 and expected in answer["error"]["message"], answer
    assert lab.done(managed.path)["latest-table-version"] == 0


@pytest.fixture(scope="module")
def managed(lab):
    return Managed(lab, "managed3")


def test_managed_table_through_duckdb(lab):
    table = Managed(lab, "managed4")
    assert table.commit(table.stage(1, 1, 2))[0] == 200
    assert unity.python(unity.DUCKDB, lab.ada, lab.server.url, "lab", "SELECT count(*) FROM c.s.managed4") == [["2"]]


def test_nobody_else_commits_or_finishes(lab):
    table = Managed(lab, "managed5")
    assert table.commit(table.stage(1, 1), token=lab.bob)[0] in (403, 404)
    staged = lab.done("/staging-tables", {"name": "mine", "catalog_name": "lab", "schema_name": "s"})
    assert lab.ask(f"/delta/v1/staging-tables/{staged['id']}/credentials", token=lab.bob)[0] == 404
    assert lab.ask(f"/delta/v1/staging-tables/{staged['id']}/credentials")[0] == 200


# MARK: bad input

@pytest.mark.parametrize("name", ["a b", "ä'\"`;--", "日本", "%2F", "a+b&c=d?#", "{}[]", "🦆"])
def test_names_with_any_legal_character(lab, name):
    quoted = kit.urllib.parse.quote(name, safe="")
    lab.done("/schemas", {"name": name, "catalog_name": "lab"})
    info = lab.table(name, schema=name)
    assert lab.done(f"/tables/lab.{quoted}.{quoted}")["table_id"] == info["table_id"]
    encoded = kit.urllib.parse.quote(f"lab.{name}.{name}", safe="").replace(".", "%2E")
    assert lab.done(f"/tables/{encoded}")["name"] == name
    listed = lab.done(f"/tables?catalog_name=lab&schema_name={quoted}")
    assert [entry["name"] for entry in listed["tables"]] == [name]
    lab.done(f"/tables/lab.{quoted}.{quoted}", method="DELETE")
    lab.done(f"/schemas/lab.{quoted}", method="DELETE")


@pytest.mark.parametrize("path, body, status, words", [
    ("/catalogs", {"name": 1}, 400, "'name' must be a string"), ("/catalogs", {}, 400, "'name' is missing"),
    ("/catalogs", [], 400, "JSON object"), ("/catalogs", b"{", 400, "JSON"),
    ("/catalogs", {"name": "a.b"}, 400, "must not hold"), ("/catalogs", {"name": "x\0y"}, 400, "U\\+0"),
    ("/tables", {"name": "t", "catalog_name": "lab", "schema_name": "s", "table_type": "ODD"}, 400, "table_type"),
    ("/tables", {"name": "t", "catalog_name": "lab", "schema_name": "s", "table_type": "MANAGED",
                 "columns": [{"name": "a", "type_text": "nonsense"}]}, 400, r"columns\[0\].type_text"),
    ("/tables", {"name": "t", "catalog_name": "lab", "schema_name": "s", "table_type": "MANAGED",
                 "columns": [{"name": "a", "type_name": "INT"}, {"name": "A", "type_name": "INT"}]}, 400, "two columns"),
    ("/tables", {"name": "t", "catalog_name": "lab", "schema_name": "no", "table_type": "MANAGED",
                 "columns": [{"name": "a", "type_name": "INT"}]}, 404, "SCHEMA_NOT_FOUND"),
    ("/tables", {"name": "t", "catalog_name": "lab", "schema_name": "s", "table_type": "EXTERNAL",
                 "storage_location": "file:///etc/../etc"}, 400, "must not hold"),
    ("/temporary-table-credentials", {"table_id": "no", "operation": "READ"}, 404, "TABLE_NOT_FOUND"),
    ("/temporary-table-credentials", {"table_id": "no", "operation": "EAT"}, 400, "operation"),
    ("/volumes", {"name": "v", "catalog_name": "lab", "schema_name": "s", "volume_type": "MANAGED",
                  "storage_location": "file:///x"}, 400, "storage_location"),
    ("/functions", {"function_info": 3}, 400, "function_info"),
    ("/models/versions", {"model_name": "no", "catalog_name": "lab", "schema_name": "s", "source": "x"}, 404, "NOT_FOUND"),
])
def test_bad_bodies_are_refused_by_field(lab, path, body, status, words):
    found, text = lab.server.request(unity.ROOT + path, body, "POST", lab.ada)
    assert found == status, text
    kit.expect_message(text, words)
    assert set(json.loads(text)) == {"error_code", "message", "details"}


@pytest.mark.parametrize("query", [
    "catalog_name=lab&page_token=made-up", "catalog_name=lab&max_results=-1", "catalog_name=lab&max_results=x", "",
])
def test_bad_queries_are_refused(lab, query):
    assert lab.ask(f"/schemas?{query}")[0] == 400


def test_paging_token_is_good_for_its_list_only(lab):
    token = lab.done("/schemas?catalog_name=lab&max_results=1")["next_page_token"]
    assert lab.ask(f"/schemas?catalog_name=lab&max_results=1&page_token={token}")[0] == 200
    assert lab.ask(f"/schemas?catalog_name=main&page_token={token}")[0] in (400, 404)
    assert lab.ask(f"/tables?catalog_name=lab&schema_name=s&page_token={token}")[0] == 400
    assert lab.ask(f"/schemas?catalog_name=lab&page_token={token}", token=lab.bob)[0] in (400, 404)


def test_of_many_who_create_one_name_one_wins(lab):
    body = {"name": "raced", "catalog_name": "lab", "schema_name": "s", "table_type": "MANAGED", "columns": COLUMNS}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: lab.ask("/tables", body), range(8)))
    assert sorted(status for status, _ in answers) == [200] + [400] * 7
    assert {answer["error_code"] for status, answer in answers if status != 200} == {"TABLE_ALREADY_EXISTS"}


def test_without_a_token_nothing_is_told(lab):
    for path in ("/catalogs", "/tables/lab.s.t", "/delta/v1/config?catalog=lab&protocol-versions=1.0", "/no/such"):
        status, text = kit.Server.request(lab.server, unity.ROOT + path, token=None)
        assert status == 401, (path, text)
