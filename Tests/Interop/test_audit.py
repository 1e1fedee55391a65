"""The audit log from outside: verified by Python alone from its written format, kept through kill -9 under load, and
open to any Delta reader."""

import concurrent.futures
import datetime
import hashlib
import json
import os
import random
import signal
import time
import urllib.error

import deltalake
import pytest

import kit

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)
SEED = int(os.environ.get("TARN_SEED", "20131231"))


@pytest.fixture
def audited(tmp_path):
    lake = kit.Lakehouse(tmp_path / "home")
    (lake.home / "tarn.yaml").write_text("audit:\n  mode: on\n")
    return lake


def audit(lake, *arguments):
    return lake.run("audit", *arguments, "--home", str(lake.home))


def report(lake, *arguments):
    return json.loads(audit(lake, "verify", "--json", *arguments))


def events(lake):
    """What `system.audit` holds: by `tarn audit search`, which leaves no event of its own."""
    return json.loads(audit(lake, "search", "--json", "--limit", "100000"))


def submit(server, statement):
    """Runs a statement over HTTP; True when it was answered as done."""
    status, text = server.request("/api/2.0/sql/statements", {"statement": statement, "wait_timeout": "30s"})
    return status == 200 and json.loads(text)["status"]["state"] == "SUCCEEDED"


def rows_of(lake):
    """All lines, from the table by deltalake and from journals by reading them, by chain and place."""
    found, folder = {}, lake.home / "audit"
    if (folder / "events").exists():
        for row in deltalake.DeltaTable(str(folder / "events")).to_pyarrow_table().to_pylist():
            row["time"] = (row["time"] - EPOCH) // MICROSECOND
            found[row["chain"], row["sequence"]] = row
    for path in sorted((folder / "journal").glob("*.log")):
        for line in path.read_text(encoding="utf-8").split("\n")[1:-1]:
            digits, canonical = line[:64], line[65:]
            values = json.loads(canonical)
            names = ["format", "chain", "sequence", "time", "principal", "principal_id", "action", "object_kind",
                     "object_name", "object_id", "outcome", "door", "request_id", "client_address", "details"]
            row = dict(zip(names, values)) | {"hash": digits}
            known = found.setdefault((row["chain"], row["sequence"]), row)
            assert known["hash"] == digits, "a line differs between journal and table"
    return found


def verify_by_hand(lake):
    """Follows every chain with hashlib alone, as docs/formats/audit.md says; the number of lines."""
    rows, previous = rows_of(lake), {}
    for (chain, place), row in sorted(rows.items()):
        before, digest = previous.get(chain, (0, hashlib.sha256(f"tarn audit 1 {chain}".encode()).digest()))
        assert place == before + 1, f"line {before + 1} of {chain} is missing"
        line = [1, chain, place, row["time"], *(row[name] for name in [
            "principal", "principal_id", "action", "object_kind", "object_name", "object_id", "outcome", "door",
            "request_id", "client_address", "details"])]
        canonical = json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode()
        digest = hashlib.sha256(digest + canonical).digest()
        assert digest.hex() == row["hash"], f"line {place} of {chain}: {canonical!r}"
        previous[chain] = (place, digest)
    return len(rows)


def test_what_commands_and_requests_do_is_recorded_once(audited):
    audited.execute("CREATE TABLE secrets AS SELECT 'hidden-value' AS name, 42 AS answer")
    audited.refuses("SELECT * FROM sercets WHERE name = 'other-hidden-value'", "does not exist")
    with kit.Server(audited) as server:
        assert submit(server, "INSERT INTO secrets VALUES ('third-hidden-value', 7)")
        assert not submit(server, "DROP TABLE nothing_there")
        assert server.request("/api/2.1/unity-catalog/tables/main.default.secrets")[0] == 200
        assert server.request("/api/2.1/unity-catalog/tables/main.default.none")[0] == 404
        assert server.request("/health")[0] == 200
    found = events(audited)
    assert [(event["action"], event["object_name"], event["outcome"], event["door"]) for event in found] == [
        ("CREATE TABLE", "main.default.secrets", "OK", "cli"),
        ("SELECT", "main.default.sercets", "NOT_FOUND", "cli"),
        ("INSERT", "main.default.secrets", "OK", "sql"),
        ("DROP TABLE", "main.default.nothing_there", "NOT_FOUND", "sql"),
        ("getTable", "main.default.secrets", "OK", "unity-catalog"),
        ("getTable", "main.default.none", "NOT_FOUND", "unity-catalog"),
    ]
    assert {event["client_address"] for event in found if event["door"] != "cli"} == {"127.0.0.1"}
    assert "hidden-value" not in json.dumps(found)
    assert report(audited)["ok"]
    assert verify_by_hand(audited) == 6


def test_nothing_is_recorded_where_nobody_asked_for_it(lake):
    lake.execute("CREATE TABLE t AS SELECT 1 AS x")
    assert not (lake.home / "audit").exists()
    assert lake.rows("SELECT * FROM system.audit") == []
    assert report(lake) == {"ok": True, "lines": 0, "chains": 0, "journal_lines": 0, "findings": [], "heads": []}


def test_the_table_opens_elsewhere_and_cannot_be_written_there(audited):
    with kit.Server(audited) as server:
        for number in range(20):
            assert submit(server, f"CREATE TABLE t{number} (x INT)")
    assert not list((audited.home / "audit" / "journal").glob("*.log")), "a server that ends leaves no journal"
    table = deltalake.DeltaTable(str(audited.home / "audit" / "events"))
    assert table.to_pyarrow_table().num_rows == 20
    with pytest.raises(Exception, match="(?i)append"):
        table.delete("sequence = 3")
    assert verify_by_hand(audited) == 20
    before = report(audited)
    table.optimize.compact()
    assert report(audited) == before, "joining files is no change"


def test_an_altered_file_makes_verify_fail(audited):
    for number in range(3):
        audited.execute(f"CREATE TABLE t{number} (x INT)")
    kept = audited.home.parent / "heads.json"
    kept.write_bytes(audit(audited, "verify", "--json"))
    path = next((audited.home / "audit" / "journal").glob("*.log"))
    path.write_text(path.read_text().replace("CREATE TABLE", "SELECT", 1))
    with pytest.raises(kit.Refused) as refusal:
        audit(audited, "verify")
    assert refusal.value.status == 1
    with pytest.raises(kit.Refused):
        audit(audited, "verify", "--heads", str(kept))


def test_every_acknowledged_change_is_there_after_kill_nine(audited):
    """A server is killed under load again and again: what it answered for is in the log, once, and the chain holds."""
    chance, acknowledged, number = random.Random(SEED), [], 0
    print(f"seed {SEED}")
    for _ in range(4):
        server = kit.Server(audited)
        server.__enter__()

        def change(name):
            try:
                return name if submit(server, f"CREATE SCHEMA {name}") else None
            except (OSError, urllib.error.URLError, ValueError):
                return None

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            names = [f"s{number + i}" for i in range(300)]
            number += 300
            results = [pool.submit(change, name) for name in names]
            time.sleep(chance.uniform(0.3, 1.5))
            server.process.send_signal(signal.SIGKILL)
            server.process.communicate()
            acknowledged += [name for name in (result.result() for result in results) if name]
        assert report(audited)["ok"]
    assert len(acknowledged) > 20, "the server hardly ran"
    recorded = [event["object_name"] for event in events(audited) if event["action"] == "CREATE SCHEMA"
                and event["outcome"] == "OK"]
    assert len(recorded) == len(set(recorded)), "a line is there twice"
    missing = {f"main.{name}" for name in acknowledged} - set(recorded)
    assert not missing
    audit(audited, "flush")
    assert not list((audited.home / "audit" / "journal").glob("*.log"))
    assert report(audited)["ok"]
    assert verify_by_hand(audited) == report(audited)["lines"]


def test_two_servers_write_one_log(audited):
    with kit.Server(audited) as one, kit.Server(audited) as two:
        for number in range(10):
            assert submit([one, two][number % 2], f"CREATE SCHEMA s{number}")
        running = report(audited)
        assert running["ok"] and running["lines"] == 10 and running["chains"] == 2
    ended = report(audited)
    assert ended["ok"] and ended["lines"] == 10 and ended["journal_lines"] == 0
    assert verify_by_hand(audited) == 10


def test_commands_that_are_no_statements_are_recorded(audited):
    audited.run("catalog", "list", "--home", str(audited.home))
    with pytest.raises(kit.Refused):
        audited.run("tables", "history", "nothing", "--home", str(audited.home))
    assert [(event["action"], event["outcome"]) for event in events(audited)][:1] == [("tarn catalog list", "OK")]
    assert any(event["outcome"] == "NOT_FOUND" for event in events(audited))
