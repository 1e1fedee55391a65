"""Bad input over the command line: a clear error or a right answer; no crash, and the table as before."""

import json

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kit


def make_table(path, versions=3):
    """A small table by deltalake: version v adds one file with n = v."""
    for version in range(versions):
        deltalake.write_deltalake(str(path), pa.table({"n": pa.array([version], pa.int64()), "s": [f"row {version}"]}),
                                  mode="append")
    return path


def log_file(path, version):
    return path / "_delta_log" / f"{version:020}.json"


def edit_log(path, version, change):
    """Rewrites one commit's actions."""
    file = log_file(path, version)
    actions = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(action) + "\n" for action in change(actions)))


def fingerprint(path):
    """The log as it is: names and bytes."""
    return {file.name: file.read_bytes() for file in (path / "_delta_log").iterdir() if file.is_file()}


def data_file(path, version):
    actions = map(json.loads, log_file(path, version).read_text().splitlines())
    return path / next(action["add"]["path"] for action in actions if "add" in action)


# MARK: broken tables

def test_a_missing_commit_is_named(lake, tmp_path):
    path = make_table(tmp_path / "t")
    log_file(path, 1).unlink()
    lake.refuses(f"SELECT * FROM delta_scan('{path}')", r"\b1\b|0{19}1", "missing|gap")
    lake.refuses(f"SELECT * FROM delta_scan('{path}', version => 2)", r"\b1\b|0{19}1")
    assert lake.value(f"SELECT count(*) AS n FROM delta_scan('{path}', version => 0)") == 1


@pytest.mark.parametrize("text", [b"", b"{", b"not json\n", b'{"add": 7}\n', b'{"add": {"path": "x"}}\n', b"\xff\xfe\x00",
                                  b'{"metaData": {"schemaString": "{"}}\n', b"[1, 2]\n", b'{"add": null}\n' * 2,
                                  b"null\n", b'{"protocol": {"minReaderVersion": "one"}}\n'])
def test_a_corrupt_commit_is_an_error_or_changes_nothing(lake, tmp_path, text):
    path = make_table(tmp_path / "t")
    log_file(path, 2).write_bytes(text)
    try:
        rows = lake.rows(f"SELECT n FROM delta_scan('{path}') ORDER BY n")
    except kit.Refused as refusal:
        kit.expect_message(refusal.message, r"\b2\b|0{19}2")
        assert refusal.status == 1
        return
    # An empty commit, or one whose actions are all absent, is a version like the one before.
    assert text in (b"", b'{"add": null}\n' * 2) and [row["n"] for row in rows] == [0, 1]


def test_a_truncated_checkpoint(lake, tmp_path):
    """With the commits still there the table reads; without them it is an error, never fewer rows."""
    path = make_table(tmp_path / "t", versions=5)
    deltalake.DeltaTable(str(path)).create_checkpoint()
    (checkpoint,) = (path / "_delta_log").glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-40])
    try:
        assert lake.value(f"SELECT count(*) AS n FROM delta_scan('{path}')") == 5
    except kit.Refused as refusal:
        kit.expect_message(refusal.message, "checkpoint")
    for version in range(4):
        log_file(path, version).unlink()
    lake.refuses(f"SELECT * FROM delta_scan('{path}')", "checkpoint")


def test_a_missing_data_file_is_named(lake, tmp_path):
    path = make_table(tmp_path / "t")
    file = data_file(path, 1)
    file.unlink()
    lake.refuses(f"SELECT * FROM delta_scan('{path}')", file.name)


def test_a_data_file_with_another_schema(lake, tmp_path):
    path = make_table(tmp_path / "t")
    pq.write_table(pa.table({"n": [[1, 2]], "s": [{"a": 1}]}), data_file(path, 1))
    lake.refuses(f"SELECT n, s FROM delta_scan('{path}')")


def test_a_data_file_that_is_no_parquet(lake, tmp_path):
    path = make_table(tmp_path / "t")
    data_file(path, 1).write_bytes(b"PAR1 not really PAR1")
    lake.refuses(f"SELECT * FROM delta_scan('{path}')")


def test_an_unknown_reader_feature_is_refused_by_name(lake, tmp_path):
    path = make_table(tmp_path / "t")
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timeMachine"],
                "writerFeatures": ["timeMachine"]}
    edit_log(path, 2, lambda actions: [*actions, {"protocol": protocol}])
    lake.refuses(f"SELECT * FROM delta_scan('{path}')", "timeMachine")


def test_an_unknown_writer_feature_keeps_reading_and_refuses_writing(lake, tmp_path):
    path = make_table(tmp_path / "t")
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["timeMachine"]}
    edit_log(path, 2, lambda actions: [*actions, {"protocol": protocol}])
    lake.execute(f"CREATE TABLE t LOCATION '{path}'")
    assert lake.value("SELECT count(*) AS n FROM t") == 3
    before = fingerprint(path)
    lake.refuses("INSERT INTO t VALUES (9, 'nine')", "timeMachine")
    assert fingerprint(path) == before


@pytest.mark.parametrize("protocol", [{"minReaderVersion": 9, "minWriterVersion": 9},
                                      {"minReaderVersion": 1, "minWriterVersion": 99}])
def test_a_protocol_from_the_future(lake, tmp_path, protocol):
    path = make_table(tmp_path / "t")
    edit_log(path, 2, lambda actions: [*actions, {"protocol": protocol}])
    if protocol["minReaderVersion"] > 3:
        lake.refuses(f"SELECT * FROM delta_scan('{path}')", r"\b9\b")
        return
    lake.execute(f"CREATE TABLE t LOCATION '{path}'")
    lake.refuses("INSERT INTO t VALUES (9, 'nine')", r"\b99\b")
    assert lake.value("SELECT count(*) AS n FROM t") == 3


@pytest.mark.parametrize("what", ["absent", "empty", "file", "no log"])
def test_no_table_there(lake, tmp_path, what):
    path = tmp_path / "t"
    if what == "file":
        path.write_text("x")
    elif what != "absent":
        path.mkdir()
        if what == "no log":
            pq.write_table(pa.table({"n": [1]}), path / "part.parquet")
    lake.refuses(f"SELECT * FROM delta_scan('{path}')", "table|delta")


# MARK: writes that do not fit

@pytest.mark.parametrize("statement, pattern", [
    ("INSERT INTO t VALUES (1)", "column"),
    ("INSERT INTO t VALUES (1, 'x', 2)", "column"),
    ("INSERT INTO t VALUES ('not a number', 'x')", "number|convert|cast|type"),
    ("INSERT INTO t VALUES (9223372036854775808, 'x')", "range|convert|cast|overflow"),
    ("INSERT INTO t (n, nope) VALUES (1, 'x')", "nope"),
    ("INSERT INTO t (n, n) VALUES (1, 2)", "n"),
    ("INSERT INTO t SELECT 1, 'x' FROM no_such_table", "no_such_table"),
    ("INSERT INTO t SELECT [1, 2], 'x'", "type|cast|convert"),
    ("INSERT INTO tt VALUES (1, 'x')", r"\btt\b[\s\S]*\bt\b"),
    ("CREATE TABLE t (n BIGINT)", "exist"),
    ("CREATE TABLE other (a INTEGER, A INTEGER)", "a"),
    ("CREATE TABLE other (a NO_SUCH_TYPE)", "NO_SUCH_TYPE"),
    ("CREATE TABLE other (a INTEGER) PARTITIONED BY (b)", "b"),
    ("CREATE TABLE other ()", "."),
    ("CREATE TABLE nowhere.other (a INTEGER)", "nowhere"),
    ("DROP TABLE other", "other"),
    ("SELECT nn FROM t", "nn[\\s\\S]*n"),
    ("SELECT * FROM t AT (VERSION => 99)", "99"),
    ("SELECT * FROM t AT (VERSION => -1)", "-1"),
    ("SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '1999-01-01 00:00:00')", "1999|earl|before"),
    ("SELECT * FROM t AT (TIMESTAMP => 'yesterday-ish')", "yesterday-ish|timestamp"),
    ("SELEC 1", "syntax|SELEC"),
    ("SELECT 1 +", "syntax|end"),
    ("SELECT 'unterminated", "unterminated|quote"),
    ("DESCRIBE HISTORY nope", "nope"),
    ("SELECT error('on purpose')", "on purpose"),
    ("SELECT 1 / (SELECT 0 WHERE 'a' = 1)", "convert|cast|a"),
])
def test_a_statement_that_cannot_be_done(lake, tmp_path, statement, pattern):
    path = tmp_path / "t"
    lake.script(f"CREATE TABLE t (n BIGINT, s VARCHAR) LOCATION '{path}'", "INSERT INTO t VALUES (1, 'one')")
    before = fingerprint(path)
    lake.refuses(statement, pattern)
    assert fingerprint(path) == before
    assert lake.rows("SELECT * FROM t") == [{"n": 1, "s": "one"}]
    lake.execute("INSERT INTO t VALUES (2, 'two')")
    assert lake.value("SELECT count(*) AS c FROM t") == 2


def test_null_where_none_may_be(lake, tmp_path):
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t (n BIGINT NOT NULL, s VARCHAR) LOCATION '{path}'")
    before = fingerprint(path)
    lake.refuses("INSERT INTO t VALUES (NULL, 'x')", r"\bn\b|null")
    assert fingerprint(path) == before
    lake.execute("INSERT INTO t VALUES (1, NULL)")
    assert lake.rows("SELECT * FROM t") == [{"n": 1, "s": None}]


def test_a_statement_that_fails_half_way_leaves_the_table(lake, tmp_path):
    """The error comes after a million rows were already on their way."""
    path = tmp_path / "t"
    lake.script(f"CREATE TABLE t (n BIGINT) LOCATION '{path}'", "INSERT INTO t VALUES (1)")
    before = fingerprint(path)
    lake.refuses("INSERT INTO t SELECT CASE WHEN i = 999999 THEN error('late')::BIGINT ELSE i END FROM range(1000000) r(i)",
                 "late")
    assert fingerprint(path) == before
    assert lake.value("SELECT count(*) AS c FROM t") == 1


def test_a_script_stops_at_its_first_error(lake, tmp_path):
    script = tmp_path / "s.sql"
    script.write_text("CREATE TABLE a (n BIGINT);\nSELECT * FROM nope;\nCREATE TABLE b (n BIGINT);\n")
    with pytest.raises(kit.Refused) as refusal:
        lake.run("sql", "--home", str(lake.home), "-f", str(script))
    assert refusal.value.status == 1
    kit.expect_message(refusal.value.message, "nope")
    names = json.dumps(lake.rows("SHOW TABLES"))
    assert '"a"' in names and '"b"' not in names


# MARK: names, paths and sizes

@pytest.mark.parametrize("name", ["with space", "per%cent", "per%20cent", "e=quals", "ünï-日本-🏔", "quo'te", "#hash", "q?mark",
                                  "plus+and&", "[glob]*", "semi;colon", "dou\"ble"])
def test_paths_with_awkward_characters(lake, duck, tmp_path, name):
    path = tmp_path / name / "table"
    text = str(path).replace("'", "''")
    lake.script(f"CREATE TABLE t (n BIGINT, part VARCHAR) PARTITIONED BY (part) LOCATION '{text}'",
                "INSERT INTO t VALUES (1, 'a b'), (2, 'ü=%')", "INSERT INTO t VALUES (3, NULL)")
    expected = [{"n": 1, "part": "a b"}, {"n": 2, "part": "ü=%"}, {"n": 3, "part": None}]
    assert (path / "_delta_log").is_dir(), "the table is not where it was asked to be"
    assert lake.rows("SELECT * FROM t ORDER BY n") == expected
    assert lake.rows(f"SELECT * FROM delta_scan('{text}') ORDER BY n") == expected
    if "%" not in name:  # Neither of the others opens a table below a folder with a percent sign.
        kit.same_rows(duck.execute(f"SELECT * FROM delta_scan('{text}')").to_arrow_table(), lake.arrow("SELECT * FROM t"))
        assert deltalake.DeltaTable(str(path)).to_pyarrow_table().sort_by("n").to_pylist() == expected


def test_quoted_names(lake):
    lake.script('CREATE SCHEMA "my schema"', 'CREATE TABLE "my schema"."t-1 ü" ("group" BIGINT, "Ünï" VARCHAR)',
                """INSERT INTO "my schema"."t-1 ü" VALUES (1, 'x')""")
    assert lake.rows('SELECT "group", "Ünï" FROM main."my schema"."t-1 ü"') == [{"group": 1, "Ünï": "x"}]


def test_two_thousand_columns(lake, duck, tmp_path):
    path = tmp_path / "wide"
    columns = ", ".join(f"c{i} {'BIGINT' if i % 2 else 'VARCHAR'}" for i in range(2000))
    values = ", ".join(str(i) if i % 2 else f"'v{i}'" for i in range(2000))
    lake.script(f"CREATE TABLE wide ({columns}) LOCATION '{path}'", f"INSERT INTO wide VALUES ({values})")
    (row,) = lake.rows("SELECT * FROM wide")
    assert len(row) == 2000 and row["c1999"] == 1999 and row["c0"] == "v0"
    assert lake.rows("SELECT c1998 FROM wide WHERE c1997 = 1997") == [{"c1998": "v1998"}]
    assert deltalake.DeltaTable(str(path)).to_pyarrow_table().to_pylist() == [row]


def test_a_long_statement(lake):
    """100,000 literals in one statement."""
    script = ", ".join(f"({i})" for i in range(100_000))
    path = lake.home.with_suffix(".long.sql")
    path.write_text(f"CREATE TABLE t (n BIGINT); INSERT INTO t VALUES {script};")
    lake.run("sql", "--home", str(lake.home), "-f", str(path))
    assert lake.rows("SELECT count(*) AS c, sum(n)::BIGINT AS s FROM t") == [{"c": 100_000, "s": 4_999_950_000}]


# MARK: wrong usage

@pytest.mark.parametrize("arguments", [["sql"], ["no-such-command"], ["sql", "--format", "xml", "SELECT 1"],
                                       ["sql", "--no-such-flag", "SELECT 1"], ["sql", "-f"],
                                       ["serve", "--port", "many"], ["features"], ["features", "no-such"]])
def test_wrong_usage_ends_with_2(lake, arguments):
    """`tarn sql` without a statement is the REPL: at the end of its input it ends well."""
    with_home = [*arguments, "--home", str(lake.home)] if len(arguments) > 1 and arguments[0] != "features" else arguments
    if arguments == ["sql"]:
        lake.run("sql", "--home", str(lake.home))
        return
    try:
        lake.run(*with_home)
    except kit.Refused as refusal:
        assert refusal.status == 2, refusal.message
        kit.expect_message(refusal.message, "usage|help|see")
        return
    # A bare group of commands may print its help.
    assert arguments == ["features"]


def test_a_home_that_is_not_there(lake, tmp_path):
    with pytest.raises(kit.Refused) as refusal:
        lake.run("sql", "--home", str(tmp_path / "nowhere"), "SELECT 1")
    kit.expect_message(refusal.value.message, "nowhere", "tarn init")


def test_settings_that_are_wrong(lake):
    settings = lake.home / "tarn.yaml"
    original = settings.read_text() if settings.exists() else ""
    settings.write_text("engine: [this, is, no, mapping\n")
    with pytest.raises(kit.Refused) as refusal:
        lake.run("sql", "--home", str(lake.home), "SELECT 1")
    kit.expect_message(refusal.value.message, "tarn.yaml")
    settings.write_text(original)
    assert lake.rows("SELECT 1 AS one") == [{"one": 1}]


def test_a_file_that_is_not_there(lake, tmp_path):
    with pytest.raises(kit.Refused) as refusal:
        lake.run("sql", "--home", str(lake.home), "-f", str(tmp_path / "absent.sql"))
    kit.expect_message(refusal.value.message, "absent.sql")
    lake.refuses(f"SELECT * FROM '{tmp_path}/absent.csv'", "absent.csv")
