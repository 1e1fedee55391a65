"""Two servers on one PostgreSQL: what one does the other sees, and nothing is lost when either, or the database, dies."""

import contextlib
import itertools
import json
import os
import random
import sqlite3
import threading
import time

import pytest

import kit
import pg

UNITY = "/api/2.1/unity-catalog"


class SharedLakehouse(kit.Lakehouse):
    """A home whose metastore is a schema of a database."""

    def __init__(self, home, url):
        super().__init__(home)
        (self.home / "tarn.yaml").write_text(f"metastore:\n  url: {url}\n")


schemas = itertools.count()


@pytest.fixture(scope="module")
def postgres():
    with pg.Server() as server:
        yield server


@pytest.fixture
def lake(tmp_path, postgres):
    return SharedLakehouse(tmp_path / "home", postgres.address(f"t{next(schemas)}"))


def schema_names(server):
    names, token = [], None
    while True:
        path = f"{UNITY}/schemas?catalog_name=main&max_results=200" + (f"&page_token={token}" if token else "")
        status, body = server.request(path)
        assert status == 200, body
        answer = json.loads(body)
        names += [schema["name"] for schema in answer.get("schemas", [])]
        token = answer.get("next_page_token")
        if not token:
            return set(names)


def create_schema(server, name):
    """Whether it was acknowledged: True, False (refused: not made), or None (no answer that tells)."""
    try:
        status, body = server.request(f"{UNITY}/schemas", {"name": name, "catalog_name": "main"})
    except OSError:
        return None
    return True if status == 200 else (False if status < 500 else None)


def test_what_one_server_does_the_other_sees_at_once(lake):
    with kit.Server(lake) as one, kit.Server(lake) as two:
        for number, (writer, reader) in enumerate([(one, two), (two, one)] * 10):
            assert create_schema(writer, f"s{number}") is True
            status, _ = reader.request(f"{UNITY}/schemas/main.s{number}")
            assert status == 200
            assert writer.request(f"{UNITY}/schemas/main.s{number}", method="DELETE")[0] == 200
            assert reader.request(f"{UNITY}/schemas/main.s{number}")[0] == 404
        lake.execute("CREATE TABLE from_cli AS SELECT 7 AS x")
        for server in (one, two):
            status, body = server.request("/api/2.0/sql/statements", {"statement": "SELECT x FROM from_cli"})
            assert json.loads(body)["result"]["data_array"] == [["7"]], body
    assert not list(lake.home.glob("metastore.sqlite*")), "the home's own metastore was used"


def test_of_many_who_take_a_name_one_gets_it(lake):
    with kit.Server(lake) as one, kit.Server(lake) as two:
        for name in ("a", "b", "c", "d"):
            answers = []
            start = threading.Barrier(8)

            def take(server):
                start.wait()
                answers.append(create_schema(server, name))

            threads = [threading.Thread(target=take, args=(server,)) for server in [one, two] * 4]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(answers) == [False] * 7 + [True]
        assert schema_names(one) == schema_names(two) == {"default", "a", "b", "c", "d"}


class Churn:
    """Threads that make schemas through both servers, and remember which were acknowledged."""

    def __init__(self, servers):
        self.servers, self.acknowledged, self.tried, self.stopping = servers, set(), set(), False
        self.refused = set()
        self.threads = [threading.Thread(target=self.work, args=(server, place))
                        for place, server in enumerate(servers)]

    def work(self, server, place):
        for number in itertools.count():
            if self.stopping:
                return
            name = f"w{place}_{number}"
            self.tried.add(name)
            answer = create_schema(server, name)
            if answer:
                self.acknowledged.add(name)
            elif answer is False:
                self.refused.add(name)
            else:
                time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def check(self, found):
        lost = self.acknowledged - found
        assert not lost, f"acknowledged and not there: {sorted(lost)[:5]}"
        assert not self.refused & found, "refused and there"
        assert found - {"default"} <= self.tried


def test_a_killed_server_loses_nothing_and_the_other_goes_on(lake):
    random.seed(7)
    with kit.Server(lake) as survivor:
        for _ in range(6):
            victim = kit.Server(lake)
            victim.__enter__()
            with Churn([victim, survivor]) as churn:
                time.sleep(random.uniform(0.05, 0.5))
                victim.process.kill()
                victim.process.communicate()
                before = len(churn.acknowledged)
                deadline = time.monotonic() + 20
                while len(churn.acknowledged) < before + 10 and time.monotonic() < deadline:
                    time.sleep(0.02)
            assert len(churn.acknowledged) >= before + 10, "the other server does not go on"
            found = schema_names(survivor)
            churn.check(found)
            for name in found - {"default"}:
                assert survivor.request(f"{UNITY}/schemas/main.{name}", method="DELETE")[0] == 200


def test_a_killed_or_restarted_database_loses_nothing(tmp_path):
    random.seed(11)
    with pg.Server() as postgres:
        lake = SharedLakehouse(tmp_path / "home", postgres.address("tarn"))
        with kit.Server(lake) as one, kit.Server(lake) as two, Churn([one, two]) as churn:
            for way in ("kill", "stop", "kill", "stop"):
                time.sleep(random.uniform(0.1, 0.5))
                postgres.command(way)
                time.sleep(0.1)
                postgres.command("start")
                before = len(churn.acknowledged)
                deadline = time.monotonic() + 30
                while len(churn.acknowledged) < before + 10 and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert len(churn.acknowledged) >= before + 10, "the servers do not go on after a restart"
            churn.stopping = True
            for thread in churn.threads:
                thread.join()
            one.alive()
            two.alive()
            found = schema_names(one)
            assert found == schema_names(two)
            churn.check(found)


def test_a_database_that_is_away_is_an_error_to_repeat_and_tells_no_secrets(tmp_path):
    with pg.Server() as postgres:
        url = postgres.address("tarn").replace("postgres@", "postgres:hush@") + "&connect_timeout=1"
        lake = SharedLakehouse(tmp_path / "home", url)
        with kit.Server(lake) as server:
            assert create_schema(server, "a") is True
            postgres.command("stop")
            status, body = server.request(f"{UNITY}/schemas/main.a")
            assert status >= 500
            for secret in ("hush", "127.0.0.1", "SELECT", str(postgres.url.split(":")[-1].split("/")[0])):
                assert secret not in body
            postgres.command("start")
            deadline = time.monotonic() + 30
            while server.request(f"{UNITY}/schemas/main.a")[0] != 200 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert server.request(f"{UNITY}/schemas/main.a")[0] == 200
        with pytest.raises(kit.Refused) as refused:
            bad = url.replace("/postgres?", "/none?")
            lake.run("catalog", "list", "--home", str(lake.home), "--set", f"metastore.url={bad}")
        assert "hush" not in refused.value.message


@pytest.mark.parametrize("here, there", [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"),
                                         ("postgres", "postgres")])
def test_a_backup_while_writers_write_is_one_moment_and_moves_anywhere(here, there, tmp_path, postgres):
    def home(name, kind):
        if kind == "sqlite":
            return kit.Lakehouse(tmp_path / name)
        return SharedLakehouse(tmp_path / name, postgres.address(f"b{next(schemas)}"))

    lake = home("here", here)
    backup = tmp_path / "backup.sqlite"
    with kit.Server(lake) as server:
        with Churn([server, server]) as churn:
            while len(churn.acknowledged) < 30:
                time.sleep(0.02)
            before = set(churn.acknowledged)
            lake.run("metastore", "backup", str(backup), "--home", str(lake.home))
            after = set(churn.tried)
    assert os.stat(backup).st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.sqlite"]
    with contextlib.closing(sqlite3.connect(backup)) as file:
        kept = {name for name, in file.execute("SELECT name FROM catalog_securables WHERE kind = 'schema'")}
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    assert before <= kept - {"default"} <= after
    # One moment: of the numbers that one thread counted up, none is left out.
    for place in (0, 1):
        numbers = sorted(int(name.split("_")[1]) for name in kept if name.startswith(f"w{place}_"))
        assert numbers == list(range(len(numbers)))
    with pytest.raises(kit.Refused) as refused:
        lake.run("metastore", "backup", str(backup), "--home", str(lake.home))
    kit.expect_message(refused.value.message, "exists already")

    other = home("there", there)
    other.run("metastore", "restore", str(backup), "--home", str(other.home))
    with kit.Server(other) as server:
        assert schema_names(server) == kept
        assert create_schema(server, "later") is True
    with pytest.raises(kit.Refused) as refused:
        other.run("metastore", "restore", str(backup), "--home", str(other.home))
    kit.expect_message(refused.value.message, "not empty")
    info = json.loads(other.run("metastore", "info", "--json", "--home", str(other.home)))
    assert info["database"] == there and info["objects"] == len(kept) + 3


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_files_that_are_no_backup_are_refused_and_change_nothing(kind, tmp_path, postgres):
    lake = kit.Lakehouse(tmp_path / "home") if kind == "sqlite" else \
        SharedLakehouse(tmp_path / "home", postgres.address(f"n{next(schemas)}"))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(b"no database" * 1000)
    with contextlib.closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE x (y)")
        other.commit()
    good = kit.Lakehouse(tmp_path / "good")
    good.execute("CREATE SCHEMA s")
    good.run("metastore", "backup", str(tmp_path / "whole"), "--home", str(good.home))
    whole = (tmp_path / "whole").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:len(whole) // 2])
    (tmp_path / "newer").write_bytes(whole)
    with contextlib.closing(sqlite3.connect(tmp_path / "newer")) as newer:
        newer.execute("INSERT INTO grdb_migrations VALUES ('catalog-9999')")
        newer.commit()
    (tmp_path / "loose").write_bytes(whole)
    with contextlib.closing(sqlite3.connect(tmp_path / "loose")) as loose:
        loose.execute("UPDATE catalog_securables SET parent_id = 'none' WHERE name = 's'")
        loose.commit()
    for name in ("none", "empty", "text", "other", "cut", "newer", "loose"):
        with pytest.raises(kit.Refused) as refused:
            lake.run("metastore", "restore", str(tmp_path / name), "--home", str(lake.home))
        kit.expect_message(refused.value.message)
    lake.run("metastore", "restore", str(tmp_path / "whole"), "--home", str(lake.home))
    assert "s" in lake.run("catalog", "list", "--home", str(lake.home)).decode()
