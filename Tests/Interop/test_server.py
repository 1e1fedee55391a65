"""The server over a socket: statements, and what it makes of bad requests."""

import json
import urllib.request

import deltalake
import pytest

import kit


@pytest.fixture(scope="module")
def server(shared_lake):
    shared_lake.script("CREATE TABLE flights (id BIGINT, carrier VARCHAR, late DECIMAL(38,2))",
                       "INSERT INTO flights VALUES (9223372036854775807, 'UA', 12345678901234567890.12), (2, 'é', NULL)")
    with kit.Server(shared_lake) as running:
        yield running


def statement(server, text, **more):
    status, body = server.request("/api/2.0/sql/statements", {"statement": text, "wait_timeout": "30s", **more})
    return status, json.loads(body)


def test_a_statement_returns_its_rows_as_text(server):
    status, answer = statement(server, "SELECT id, carrier, late FROM main.default.flights ORDER BY id")
    assert status == 200 and answer["status"]["state"] == "SUCCEEDED"
    assert [column["name"] for column in answer["manifest"]["schema"]["columns"]] == ["id", "carrier", "late"]
    assert answer["result"]["data_array"] == [["2", "é", None],
                                              ["9223372036854775807", "UA", "12345678901234567890.12"]]


def test_parameters(server):
    _, answer = statement(server, "SELECT id FROM flights WHERE carrier = :carrier AND id > :least",
                          parameters=[{"name": "carrier", "value": "UA", "type": "STRING"},
                                      {"name": "least", "value": "5", "type": "BIGINT"}])
    assert answer["status"]["state"] == "SUCCEEDED", answer
    assert answer["result"]["data_array"] == [["9223372036854775807"]]


def test_a_statement_that_fails_says_why(server):
    status, answer = statement(server, "SELECT * FROM main.default.flihgts")
    assert status == 200 and answer["status"]["state"] == "FAILED"
    kit.expect_message(answer["status"]["error"]["message"], "flihgts", "flights")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"{}", b'{"statement": 7}', b'{"statement": ""}',
                                  b'{"statement": "SELECT 1", "wait_timeout": "soon"}', b"\xff\xfe",
                                  b'{"statement": "SELECT 1", "parameters": "x"}', b"[" * 100_000])
def test_bad_bodies_are_the_callers_fault(server, body):
    status, answer = server.request("/api/2.0/sql/statements", body)
    assert 400 <= status < 500, (status, answer)
    assert answer.strip(), "no message"
    server.alive()


@pytest.mark.parametrize("method, path, expected", [
    ("GET", "/no/such/route", {404}), ("GET", "/%00", {400, 404}), ("GET", "/api/2.0/sql/statements", {404, 405}),
    ("DELETE", "/get-online-features", {404, 405}), ("GET", "/api/2.0/sql/statements/no-such-id", {404}),
    ("POST", "/api/2.0/sql/statements/no-such-id/cancel", {404})])
def test_requests_to_nowhere(server, method, path, expected):
    status, _ = server.request(path, b"{}" if method == "POST" else None, method)
    assert status in expected
    server.alive()


def test_health_version_and_metrics(server):
    assert server.request("/health")[0] == 200
    assert server.request("/version")[0] == 200
    status, text = server.request("/metrics")
    assert status == 200 and "# TYPE" in text


def test_the_command_line_works_beside_the_server(server):
    lake = server.lakehouse
    lake.script("CREATE TABLE beside (n BIGINT)", "INSERT INTO beside VALUES (1)")
    for n in (2, 3):
        _, answer = statement(server, f"INSERT INTO beside VALUES ({n})")
        assert answer["status"]["state"] == "SUCCEEDED", answer
        assert lake.value("SELECT count(*) AS c FROM beside") == n
    lake.execute("INSERT INTO beside VALUES (4)")
    _, answer = statement(server, "SELECT count(*) AS c FROM beside")
    assert answer["result"]["data_array"] == [["4"]]
