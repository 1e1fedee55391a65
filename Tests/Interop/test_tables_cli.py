"""The command line of tables: what it prints as text and as JSON, what it refuses; the statements API beside it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kit


def call(lake, *arguments):
    return lake.run("tables", *arguments, "--home", str(lake.home)).decode()


def call_json(lake, *arguments):
    return json.loads(call(lake, *arguments, "--json"))


def refused(lake, status, *arguments):
    """The message of a call that must fail with that exit status."""
    with pytest.raises(kit.Refused) as refusal:
        call(lake, *arguments)
    assert refusal.value.status == status, refusal.value.message
    return refusal.value.message


@pytest.fixture()
def lake(tmp_path):
    lake = kit.Lakehouse(tmp_path / "home")
    lake.script("CREATE TABLE t AS SELECT i AS id, i % 3 AS k FROM range(30) r(i)",
                "INSERT INTO t VALUES (100, 0)", "DELETE FROM t WHERE id = 4")
    return lake


def test_a_change_tells_its_figures(lake):
    inserted = lake.rows("INSERT INTO t VALUES (200, 1), (201, 1)")
    assert inserted[0]["num_affected_rows"] == 2 and inserted[0]["version"] == 3
    deleted = lake.rows("DELETE FROM t WHERE id >= 200")
    assert (deleted[0]["num_affected_rows"], deleted[0]["numDeletedRows"]) == (2, 2)
    merged = lake.rows("MERGE INTO t USING (SELECT 5 AS id UNION ALL SELECT 300) s ON t.id = s.id "
                       "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)")
    assert [merged[0][f"num_{what}_rows"] for what in ("affected", "updated", "deleted", "inserted")] == [2, 0, 1, 1]
    # Of a script only the rows of queries are printed.
    assert json.loads(lake.script("DELETE FROM t WHERE id = 300", "SELECT count(*) AS n FROM t")) == [{"n": 29}]


def test_restore_clone_and_vacuum(lake):
    assert call_json(lake, "restore", "t", "--version", "0")["num_restored_files"] == 1
    assert lake.rows("SELECT count(*) AS n FROM t") == [{"n": 30}]
    assert "--version or --timestamp" in refused(lake, 2, "restore", "t")
    assert call(lake, "clone", "t", "copy", "--shallow", "--version", "1").startswith("Cloned main.default.t to")
    assert lake.rows("SELECT count(*) AS n FROM copy") == [{"n": 31}]
    message = refused(lake, 1, "vacuum", "t", "--retain-hours", "0")
    assert "delta.deletedFileRetentionDuration" in message and "FORCE" in message
    listed = call_json(lake, "vacuum", "t", "--retain-hours", "0", "--force", "--dry-run")
    gone = call_json(lake, "vacuum", "t", "--retain-hours", "0", "--force")
    assert gone["numDeletedFiles"] == len(listed)
    # What the clone reads is still there.
    assert lake.rows("SELECT count(*) AS n FROM copy") == [{"n": 31}]


def test_history_and_detail_by_name_and_by_folder(lake, tmp_path):
    history = call_json(lake, "history", "t", "--limit", "2")
    assert [entry["operation"] for entry in history] == ["DELETE", "WRITE"]
    detail = call_json(lake, "detail", "t")
    assert detail["version"] == 2 and detail["format"] == "delta"
    assert call_json(lake, "detail", detail["location"])["numFiles"] == detail["numFiles"]
    assert call_json(lake, "history", detail["location"])[0]["version"] == 2
    call(lake, "set", "t", "delta.checkpointInterval=7", "mine=a=b")
    assert call_json(lake, "detail", "t")["properties"] == {"delta.checkpointInterval": "7", "mine": "a=b"}
    assert "name=value" in refused(lake, 2, "set", "t", "delta.checkpointInterval")


def test_convert(lake, tmp_path):
    folder = tmp_path / "parquet" / "day=2026-01-01"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"a": [1, 2, 3]}), folder / "x.parquet")
    call(lake, "convert", str(folder.parent), "--name", "converted", "--partitioned-by", "day DATE")
    assert lake.rows("SELECT day, sum(a) AS a FROM converted GROUP BY day") == [{"day": "2026-01-01", "a": 6}]
    assert "is a Delta table already" in refused(lake, 1, "convert", str(folder.parent))


def test_a_comment_is_a_statement_not_an_option(lake):
    for text in ("-- count them\nSELECT count(*) AS n FROM t", "--\nSELECT 30 AS n", "--count\nSELECT 30 AS n",
                 "---- \nSELECT 30 AS n"):
        assert json.loads(lake.run("sql", "--home", str(lake.home), "--format", "json", text)) == [{"n": 30}]
    lake.run("sql", "--home", str(lake.home), "-- nothing but this")


def test_settings_give_new_tables_their_properties(tmp_path):
    lake = kit.Lakehouse(tmp_path / "home")
    (lake.home / "tarn.yaml").write_text("tables:\n  auto_compaction: true\n")
    lake.script("CREATE TABLE t (a INT)", "CREATE TABLE u (a INT) TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'false')")
    assert call_json(lake, "detail", "t")["properties"] == {"delta.autoOptimize.autoCompact": "true"}
    assert call_json(lake, "detail", "u")["properties"] == {"delta.autoOptimize.autoCompact": "false"}
    (lake.home / "tarn.yaml").write_text("tables:\n  auto_compaction: perhaps\n")
    assert "must be true or false" in refused(lake, 1, "list")


def test_the_statements_api_tells_figures_too(lake):
    with kit.Server(lake) as server:
        def statement(sql):
            status, body = server.request("/api/2.0/sql/statements", {"statement": sql, "wait_timeout": "30s"})
            assert status == 200, body
            return json.loads(body)

        answer = statement("DELETE FROM t WHERE id < 2")
        names = [column["name"] for column in answer["manifest"]["schema"]["columns"]]
        row = dict(zip(names, answer["result"]["data_array"][0]))
        assert names[0] == "num_affected_rows" and row["num_affected_rows"] == "2" and row["numDeletedRows"] == "2"
        assert answer["manifest"]["total_row_count"] == 1
        answer = statement("VACUUM t RETAIN 0 HOURS")
        assert answer["status"]["state"] == "FAILED" and "FORCE" in answer["status"]["error"]["message"]
        answer = statement("DELETE FROM delta.`/etc/x` WHERE true")
        assert answer["status"]["error"]["error_code"] == "PERMISSION_DENIED"
