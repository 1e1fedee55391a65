"""Several programs append to one table: nothing is lost, nothing is there twice."""

import concurrent.futures
import json

import deltalake
import pyarrow as pa
import pytest

import kit


def appended_rows(path):
    """Rows added by each commit, by version."""
    counts = {}
    for commit in sorted((path / "_delta_log").glob("*.json")):
        adds = [entry["add"] for entry in map(json.loads, commit.read_text().splitlines()) if "add" in entry]
        counts[int(commit.name.split(".")[0])] = sum(json.loads(add["stats"])["numRecords"] for add in adds)
    return counts


@pytest.mark.parametrize("processes, each", [(4, 50)])
def test_processes_appending_at_once(lake, tmp_path, processes, each):
    """4 processes x 50 one-row INSERTs: 200 commits of one row each, every row once."""
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t (writer BIGINT, turn BIGINT) LOCATION '{path}'")
    running = []
    for writer in range(processes):
        script = tmp_path / f"writer-{writer}.sql"
        script.write_text("".join(f"INSERT INTO t VALUES ({writer}, {turn});\n" for turn in range(each)))
        running.append(lake.popen("sql", "--home", str(lake.home), "-f", str(script)))
    statuses, messages = kit.finish_all(running)
    assert statuses == [0] * processes, messages

    expected = [(writer, turn) for writer in range(processes) for turn in range(each)]
    rows = lake.rows("SELECT writer, turn FROM t ORDER BY writer, turn")
    assert [(row["writer"], row["turn"]) for row in rows] == expected
    outside = deltalake.DeltaTable(str(path))
    assert outside.version() == processes * each
    assert outside.to_pyarrow_table().sort_by([("writer", "ascending"), ("turn", "ascending")]).to_pylist() == rows
    assert appended_rows(path) == {0: 0} | {version: 1 for version in range(1, processes * each + 1)}


def test_starting_a_process_for_each_append(lake, tmp_path):
    """The same with a process of its own for every statement, so that start-up races too."""
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t (n BIGINT) LOCATION '{path}'")
    for batch in range(0, 20, 4):
        statuses, messages = kit.finish_all([lake.popen(*lake.sql_arguments(f"INSERT INTO t VALUES ({batch + i})"))
                                             for i in range(4)])
        assert statuses == [0] * 4, messages
    assert [row["n"] for row in lake.rows("SELECT n FROM t ORDER BY n")] == list(range(20))
    assert deltalake.DeltaTable(str(path)).version() == 20


@pytest.mark.parametrize("creator", ["tarn", "deltalake"])
def test_taking_turns_with_deltalake(lake, duck, tmp_path, creator):
    """Ten appends by each in turn, past a checkpoint by either: after every one, both see all rows so far."""
    path = tmp_path / "t"
    if creator == "tarn":
        lake.execute(f"CREATE TABLE t (n BIGINT, who VARCHAR, part INTEGER) PARTITIONED BY (part) LOCATION '{path}'")
    else:
        schema = pa.schema([("n", pa.int64()), ("who", pa.string()), ("part", pa.int32())])
        deltalake.DeltaTable.create(str(path), deltalake.Schema.from_arrow(schema), partition_by=["part"])
        lake.execute(f"CREATE TABLE t LOCATION '{path}'")
    expected = []
    for turn in range(12):
        theirs = {"n": 2 * turn, "who": "deltalake", "part": turn % 2}
        deltalake.write_deltalake(str(path), pa.table({
            "n": pa.array([theirs["n"]], pa.int64()), "who": [theirs["who"]],
            "part": pa.array([theirs["part"]], pa.int32())}), mode="append")
        ours = {"n": 2 * turn + 1, "who": "tarn", "part": None}
        lake.execute(f"INSERT INTO t VALUES ({ours['n']}, 'tarn', NULL)")
        expected += [theirs, ours]
        outside = deltalake.DeltaTable(str(path))
        assert outside.version() == len(expected)
        assert outside.to_pyarrow_table().sort_by("n").to_pylist() == expected
        assert lake.rows("SELECT * FROM t ORDER BY n") == expected
    outside.create_checkpoint()
    assert lake.rows("SELECT * FROM t ORDER BY n") == expected
    assert lake.rows("SELECT count(*) AS n FROM t AT (VERSION => 7)") == [{"n": 7}]
    assert duck.execute(f"SELECT count(*) FROM delta_scan('{path}')").fetchone() == (len(expected),)


def test_appending_while_deltalake_appends(lake, tmp_path):
    """Both at the same time: each retries when the other was first."""
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t (n BIGINT) LOCATION '{path}'")
    script = tmp_path / "ours.sql"
    script.write_text("".join(f"INSERT INTO t VALUES ({n});\n" for n in range(30)))
    process = lake.popen("sql", "--home", str(lake.home), "-f", str(script))
    try:
        for n in range(100, 130):
            deltalake.write_deltalake(str(path), pa.table({"n": pa.array([n], pa.int64())}), mode="append")
    finally:
        statuses, messages = kit.finish_all([process])
    assert statuses == [0], messages
    assert [row["n"] for row in lake.rows("SELECT n FROM t ORDER BY n")] == [*range(30), *range(100, 130)]
    assert deltalake.DeltaTable(str(path)).version() == 60


def test_many_clients_of_one_server(lake, tmp_path):
    """64 clients insert at once: every row is there once, each client hears of its own, and commits are shared."""
    clients, each = 64, 8
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t (client BIGINT, turn BIGINT, note VARCHAR) LOCATION '{path}'")
    with kit.Server(lake) as server:
        def insert(client):
            for turn in range(each):
                text = f"INSERT INTO t VALUES ({client}, {turn}, 'client {client}')"
                if turn == 3:
                    # What fails fails alone.
                    bad = statement(server, f"INSERT INTO t VALUES ({client}, 'no number', NULL)")
                    assert bad["status"]["state"] == "FAILED"
                answer = statement(server, text)
                assert answer["status"]["state"] == "SUCCEEDED", answer

        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            list(pool.map(insert, range(clients)))
    rows = lake.rows("SELECT client, turn FROM t ORDER BY client, turn")
    assert [(row["client"], row["turn"]) for row in rows] == [(c, t) for c in range(clients) for t in range(each)]
    outside = deltalake.DeltaTable(str(path))
    assert outside.to_pyarrow_table().num_rows == clients * each
    assert outside.version() < clients * each // 2, "the commits were not shared"


def statement(server, text):
    status, body = server.request("/api/2.0/sql/statements", {"statement": text, "wait_timeout": "50s"})
    assert status == 200, body
    return json.loads(body)
