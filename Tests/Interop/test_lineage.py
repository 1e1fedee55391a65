"""Lineage: OpenLineage's own client reports, and Marquez's questions are answered."""

import json
import uuid
from urllib.parse import quote

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (DatasetEvent, InputDataset, Job, JobEvent, OutputDataset, Run, RunEvent,
                                         RunState, StaticDataset)
from openlineage.client.facet_v2 import column_lineage_dataset, schema_dataset
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

import kit

PRODUCER = "https://example.org/test"
NAMESPACE = "airflow://host:8080/prod"


@pytest.fixture(scope="module")
def server(shared_lake):
    shared_lake.script("CREATE TABLE orders (id BIGINT, price DOUBLE)",
                       "INSERT INTO orders VALUES (1, 2.5)",
                       "CREATE TABLE totals AS SELECT id, price * 2 AS twice FROM orders WHERE price > 1",
                       "CREATE TABLE report AS SELECT sum(twice) AS total FROM totals")
    with kit.Server(shared_lake) as running:
        yield running


def get(server, path, expected=200):
    status, body = server.request("/api/v1" + path)
    assert status == expected, (status, body)
    return json.loads(body)


@pytest.fixture(scope="module")
def client(server, shared_lake):
    home = ["--home", str(shared_lake.home)]
    token = shared_lake.run("token", "create", *home, "--user", "reporter").decode().strip()
    shared_lake.run("groups", "add", *home, "admins", "reporter")
    config = HttpConfig(url=server.url, auth=ApiKeyTokenProvider({"apiKey": token}))
    return OpenLineageClient(transport=HttpTransport(config))


def run_event(run, state, time, inputs=(), outputs=(), job="daily.load"):
    return RunEvent(eventTime=time, producer=PRODUCER, eventType=state, run=Run(runId=run),
                    job=Job(namespace=NAMESPACE, name=job), inputs=list(inputs), outputs=list(outputs))


def test_statements_leave_their_lineage(server):
    graph = get(server, "/lineage?depth=10&nodeId=" + quote("dataset:tarn:main.default.totals"))["graph"]
    ids = {node["id"] for node in graph}
    assert {"dataset:tarn:main.default.orders", "dataset:tarn:main.default.totals",
            "dataset:tarn:main.default.report",
            "job:tarn:create_table_as_select main.default.totals"} <= ids
    for node in graph:
        for edge in node["inEdges"] + node["outEdges"]:
            assert edge["origin"] in ids and edge["destination"] in ids


def test_columns_are_followed(server):
    node = quote("datasetField:tarn:main.default.report:total")
    graph = get(server, "/column-lineage?nodeId=" + node)["graph"]
    assert [entry["id"].rsplit(":", 2)[-2:] for entry in graph] == [
        ["main.default.orders", "price"], ["main.default.report", "total"], ["main.default.totals", "twice"]]
    assert graph[1]["data"]["inputFields"] == [
        {"namespace": "tarn", "dataset": "main.default.totals", "field": "twice"}]


def test_the_client_reports_a_run(server, client):
    run = str(uuid.uuid4())
    source = InputDataset(namespace="s3://lake", name="raw/orders", facets={
        "schema": schema_dataset.SchemaDatasetFacet(fields=[
            schema_dataset.SchemaDatasetFacetFields(name="price", type="double")])})
    fields = {"cost": column_lineage_dataset.Fields(inputFields=[
        column_lineage_dataset.InputField(namespace="s3://lake", name="raw/orders", field="price")])}
    target = OutputDataset(namespace="postgres://db:5432", name="shop.public.orders", facets={
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields)})
    client.emit(run_event(run, RunState.START, "2026-01-31T12:00:00.000Z", [source], [target]))
    for _ in range(2):
        client.emit(run_event(run, RunState.COMPLETE, "2026-01-31T12:00:05.500Z", [source], [target]))
    answer = get(server, f"/jobs/runs/{run}")
    assert (answer["state"], answer["durationMs"]) == ("COMPLETED", 5500)
    job = f"/namespaces/{quote(NAMESPACE, safe='')}/jobs/daily.load"
    assert get(server, job)["latestRun"]["id"] == run
    assert get(server, job + "/runs")["totalCount"] == 1
    assert get(server, "/events/lineage?limit=100")["totalCount"] == 2
    graph = get(server, "/lineage?nodeId=" + quote("dataset:s3://lake:raw/orders"))["graph"]
    assert [node["id"] for node in graph] == [
        "dataset:postgres://db:5432:shop.public.orders", "dataset:s3://lake:raw/orders",
        f"job:{NAMESPACE}:daily.load"]
    columns = get(server, "/column-lineage?nodeId=" + quote("dataset:postgres://db:5432:shop.public.orders"))
    assert columns["graph"][0]["data"]["inputFields"][0]["field"] == "price"
    dataset = get(server, "/namespaces/" + quote("s3://lake", safe="") + "/datasets/" + quote("raw/orders", safe=""))
    assert dataset["fields"][0]["name"] == "price"


def test_the_client_reports_datasets_and_jobs(server, client):
    client.emit(DatasetEvent(eventTime="2026-01-31T13:00:00Z", producer=PRODUCER,
                             dataset=StaticDataset(namespace="kafka://broker", name="clicks")))
    client.emit(JobEvent(eventTime="2026-01-31T13:00:00Z", producer=PRODUCER,
                         job=Job(namespace=NAMESPACE, name="static"),
                         inputs=[InputDataset(namespace="kafka://broker", name="clicks")],
                         outputs=[OutputDataset(namespace="tarn", name="main.default.orders")]))
    graph = get(server, "/lineage?nodeId=" + quote("dataset:kafka://broker:clicks"))["graph"]
    assert "dataset:tarn:main.default.report" in {node["id"] for node in graph}
    assert get(server, "/search?q=CLICKS")["results"][0]["nodeId"] == "dataset:kafka://broker:clicks"


def test_the_place_of_a_table_is_the_table(server, client):
    detail = server.lakehouse.rows("DESCRIBE DETAIL orders")[0]
    place = detail["location"].removeprefix("file://")
    client.emit(run_event(str(uuid.uuid4()), RunState.COMPLETE, "2026-01-31T14:00:00Z",
                          [InputDataset(namespace="x", name="upload")],
                          [OutputDataset(namespace="file", name=place)], job="upload"))
    graph = get(server, "/lineage?nodeId=" + quote("dataset:x:upload"))["graph"]
    assert "dataset:tarn:main.default.orders" in {node["id"] for node in graph}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"eventTime": "x"}',
                                  b'{"eventTime": "2026-01-31T12:00:00Z", "run": {"runId": "1"}}'])
def test_wrong_events_are_refused(server, body):
    status, answer = server.request("/api/v1/lineage", body)
    assert status == 400 and json.loads(answer)["error"]["message"]
    server.alive()


def test_a_batch_keeps_what_is_right(server):
    right = {"eventTime": "2026-01-31T15:00:00Z", "job": {"namespace": "n", "name": "batched"}}
    status, answer = server.request("/api/v1/lineage/batch", json.dumps([right, {}]).encode())
    assert status == 200
    summary = json.loads(answer)
    assert summary["status"] == "partial_success" and summary["summary"]["successful"] == 1
    assert summary["failed_events"][0]["index"] == 1


def test_unknown_things_are_not_found(server):
    for path in ["/lineage?nodeId=dataset:no:such", "/jobs/runs/none", "/namespaces/none",
                 "/namespaces/none/datasets/none"]:
        get(server, path, 404)
    get(server, "/lineage", 400)


def test_the_command_line_draws_the_tree_and_tells_what_breaks(server):
    lake = server.lakehouse
    tree = lake.run("lineage", "downstream", "orders", "--home", str(lake.home)).decode().splitlines()
    assert tree == ["main.default.orders", "└─ main.default.totals", "   └─ main.default.report"]
    broken = json.loads(lake.run("lineage", "impact", "orders.price", "--json", "--home", str(lake.home)))
    assert [(row["name"], row["columns"]) for row in broken] == [
        ("main.default.totals", "twice"), ("main.default.report", "total")]
