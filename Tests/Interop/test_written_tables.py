"""Tables that Tarn wrote have the same rows in deltalake and in DuckDB's delta extension."""

import json
import shutil

import deltalake
import pytest

import kit

# Each type's limits, ordinary values, and nulls. Both Tarn and the reference DuckDB run this text.
ALL_TYPES = """
SELECT * FROM (
    SELECT 1 AS id, true AS flag, 127::TINYINT AS i8, 32767::SMALLINT AS i16, 2147483647::INTEGER AS i32,
        9223372036854775807::BIGINT AS i64, 3.4028235e38::FLOAT AS f32, 1.7976931348623157e308::DOUBLE AS f64,
        9999999999999999999999999999.9999999999::DECIMAL(38,10) AS wide, 999.99::DECIMAL(5,2) AS narrow,
        'Zürich 🏔 "quoted" \\ back' AS text, '\\x00\\xFF\\x10'::BLOB AS bytes, DATE '9999-12-31' AS day,
        TIMESTAMPTZ '9999-12-31 23:59:59.999999+00' AS moment, [1, NULL, 3]::INTEGER[] AS numbers,
        {'a': 1, 'b': 'x'}::STRUCT(a INTEGER, b VARCHAR) AS pair,
        MAP {'k': 1, 'é': NULL}::MAP(VARCHAR, BIGINT) AS counts,
        [{'when': DATE '2020-02-29', 'tags': MAP {1: ['p', NULL]}}]
            ::STRUCT("when" DATE, tags MAP(INTEGER, VARCHAR[]))[] AS nested
    UNION ALL
    SELECT 2, false, -128, -32768, -2147483648, -9223372036854775808, '-3.4028235e38'::FLOAT,
        '-1.7976931348623157e308'::DOUBLE, -9999999999999999999999999999.9999999999, -999.99, '', ''::BLOB,
        DATE '0001-01-01', TIMESTAMPTZ '0001-01-01 00:00:00+00', [], {'a': NULL, 'b': NULL}, MAP {}, []
    UNION ALL
    SELECT 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    UNION ALL
    SELECT 4, true, 0, 0, 0, 0, 'NaN'::FLOAT, 'Infinity'::DOUBLE, 0.0000000001, 0.01, E'tab\\tline\\nnul-free',
        'plain'::BLOB, DATE '1970-01-01', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', [0], {'a': 0, 'b': ''},
        MAP {'': 0}, [{'when': NULL, 'tags': NULL}]
)"""
COLUMNS = """id INTEGER, flag BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INTEGER, i64 BIGINT, f32 FLOAT, f64 DOUBLE,
    wide DECIMAL(38,10), narrow DECIMAL(5,2), text VARCHAR, bytes BLOB, day DATE, moment TIMESTAMPTZ,
    numbers INTEGER[], pair STRUCT(a INTEGER, b VARCHAR), counts MAP(VARCHAR, BIGINT),
    nested STRUCT("when" DATE, tags MAP(INTEGER, VARCHAR[]))[]"""
AWKWARD = ["plain", "a b", "a%b", "a%20b", "a=b", "a/b", "a:b", "ünïcode", "日本", "it's", 'say "so"', "q?", "#1", "a\\b",
           "{x}", "[y]", "~", "+", "&", "a\tb", "__HIVE_DEFAULT_PARTITION__x", "1", " lead", "dot.", "..", None]


def literal(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def reference(duck, query):
    return duck.execute(query).to_arrow_table()


def by_deltalake(path, version=None):
    return deltalake.DeltaTable(str(path), version=version).to_pyarrow_table()


def by_duckdb(duck, path, version=None):
    at = "" if version is None else f", version => {version}"
    return duck.execute(f"SELECT * FROM delta_scan('{path}'{at})").to_arrow_table()


def agree(lake, duck, path, name, expected):
    """Tarn, deltalake and DuckDB's delta extension all find exactly the expected rows."""
    kit.same_rows(lake.arrow(f"SELECT * FROM {name}"), expected)
    kit.same_rows(by_deltalake(path), expected)
    kit.same_rows(by_duckdb(duck, path), expected)


@pytest.mark.parametrize("how", ["create table as", "insert"])
def test_every_type_with_its_limits_and_nulls(lake, duck, tmp_path, how):
    path = tmp_path / "t"
    if how == "insert":
        lake.execute(f"CREATE TABLE t ({COLUMNS}) LOCATION '{path}'")
        lake.execute(f"INSERT INTO t {ALL_TYPES}")
    else:
        lake.execute(f"CREATE TABLE t LOCATION '{path}' AS {ALL_TYPES}")
    agree(lake, duck, path, "t", reference(duck, ALL_TYPES))


def test_json_output_loses_nothing(lake, duck):
    """64-bit integers, decimals and timestamps come out exactly, and nested values as JSON."""
    rows = lake.rows("SELECT 9223372036854775807::BIGINT AS i, 9999999999999999999999999999.9999999999::DECIMAL(38,10) AS d,"
                     " TIMESTAMPTZ '2024-02-29 12:34:56.789012+00' AS t, [1, NULL] AS l, NULL AS n, 'é\"' AS s")
    (row,) = rows
    assert int(row["i"]) == 9223372036854775807
    assert str(row["d"]) == "9999999999999999999999999999.9999999999"
    assert "2024-02-29" in row["t"] and "12:34:56.789012" in row["t"]
    assert row["l"] == [1, None] and row["n"] is None and row["s"] == 'é"'


def test_partition_values_with_awkward_characters(lake, duck, tmp_path):
    path = tmp_path / "t"
    rows = ", ".join(f"({i}, {literal(value)})" for i, value in enumerate(AWKWARD))
    lake.execute(f"CREATE TABLE t (id INTEGER, part VARCHAR) PARTITIONED BY (part) LOCATION '{path}'")
    lake.execute(f"INSERT INTO t VALUES {rows}")
    agree(lake, duck, path, "t", reference(duck, f"SELECT id::INTEGER AS id, part FROM (VALUES {rows}) v(id, part)"))
    for i, value in enumerate(AWKWARD):
        condition = "part IS NULL" if value is None else f"part = {literal(value)}"
        assert value is None or i % 5 or lake.value(f"SELECT min(id) AS m FROM t WHERE {condition}") == i


def test_partitions_of_every_type(lake, duck, tmp_path):
    path = tmp_path / "t"
    query = """SELECT i::INTEGER AS id, i % 2 = 0 AS flag, (i - 2)::TINYINT AS i8, (i * 7000000000)::BIGINT AS i64,
        (i / 4.0)::DECIMAL(10,4) AS amount, DATE '1969-12-30' + i::INTEGER AS day,
        TIMESTAMPTZ '1969-12-31 23:59:58.5+00' + to_microseconds(i * 750001) AS moment,
        i / 3.0::DOUBLE AS ratio FROM range(5) r(i)
        UNION ALL SELECT 99, NULL, NULL, NULL, NULL, NULL, NULL, NULL"""
    lake.execute("CREATE TABLE t (id INTEGER, flag BOOLEAN, i8 TINYINT, i64 BIGINT, amount DECIMAL(10,4), day DATE,"
                 " moment TIMESTAMPTZ, ratio DOUBLE)"
                 f" PARTITIONED BY (flag, i8, i64, amount, day, moment, ratio) LOCATION '{path}'")
    lake.execute(f"INSERT INTO t {query}")
    agree(lake, duck, path, "t", reference(duck, query))


def test_every_version_and_the_checkpoint_alone(lake, duck, tmp_path):
    """25 appends: each version reads the same everywhere, and the newest from the checkpoint without its commits."""
    path, alone = tmp_path / "t", tmp_path / "alone"
    statements = [f"CREATE TABLE t (id BIGINT, name VARCHAR, part INTEGER) PARTITIONED BY (part) LOCATION '{path}'"
                  " TBLPROPERTIES ('delta.checkpointInterval' = '10')"]
    statements += [f"INSERT INTO t VALUES ({i}, 'row {i}', {i % 3}), ({i + 100}, NULL, NULL)" for i in range(1, 26)]
    lake.script(*statements)
    assert deltalake.DeltaTable(str(path)).version() == 25
    for version in range(0, 26, 3):
        expected = reference(duck, "SELECT i AS id, 'row ' || i AS name, (i % 3)::INTEGER AS part"
                                   f" FROM range(1, {version + 1}) r(i) UNION ALL"
                                   f" SELECT i + 100, NULL, NULL FROM range(1, {version + 1}) r(i)")
        kit.same_rows(lake.arrow(f"SELECT * FROM t AT (VERSION => {version})"), expected)
        kit.same_rows(by_deltalake(path, version), expected)
        kit.same_rows(by_duckdb(duck, path, version), expected)

    last = json.loads((path / "_delta_log" / "_last_checkpoint").read_text())["version"]
    assert last >= 20
    shutil.copytree(path, alone)
    for commit in (alone / "_delta_log").glob("*.json"):
        if int(commit.name.split(".")[0]) <= last:
            commit.unlink()
    expected = by_deltalake(path)
    kit.same_rows(by_deltalake(alone), expected)
    kit.same_rows(by_duckdb(duck, alone), expected)
    kit.same_rows(lake.arrow(f"SELECT * FROM delta_scan('{alone}')"), expected)


def test_statistics_let_others_skip_files(lake, duck, tmp_path):
    """Row counts and bounds in the log are what the rows say, so nobody skips a file that has a match."""
    path = tmp_path / "t"
    lake.execute(f"CREATE TABLE t LOCATION '{path}' AS {ALL_TYPES}")
    for log in (path / "_delta_log").glob("*.json"):
        for line in log.read_text().splitlines():
            if (add := json.loads(line).get("add")) and add.get("stats"):
                statistics = json.loads(add["stats"])
                assert statistics["numRecords"] == 4
                assert statistics["nullCount"]["i64"] == 1
                assert statistics["minValues"]["i64"] == -2**63 and statistics["maxValues"]["i64"] == 2**63 - 1
    for condition in ("text >= 'Zür'", "i64 = 9223372036854775807", "i64 < -9000000000000000000", "wide > 0.5",
                      "day = DATE '9999-12-31'", "moment > TIMESTAMPTZ '9999-12-31 23:59:59+00'", "f64 > 1e300",
                      "narrow = -999.99", "moment < TIMESTAMPTZ '1970-01-01 00:00:00+00'"):
        want = reference(duck, f"SELECT id FROM ({ALL_TYPES}) WHERE {condition}")
        kit.same_rows(lake.arrow(f"SELECT id FROM t WHERE {condition}"), want)
        kit.same_rows(duck.execute(f"SELECT id FROM delta_scan('{path}') WHERE {condition}").to_arrow_table(), want)


@pytest.mark.parametrize("statements", [
    ["CREATE TABLE t (id BIGINT, name VARCHAR) LOCATION '{path}'"],
    ["CREATE TABLE t LOCATION '{path}' AS SELECT 1::BIGINT AS id, 'x' AS name WHERE false"],
    ["CREATE TABLE t (id BIGINT, name VARCHAR) PARTITIONED BY (name) LOCATION '{path}'",
     "INSERT INTO t SELECT 1, 'x' WHERE false"],
], ids=["created", "created from nothing", "nothing inserted"])
def test_no_rows(lake, duck, tmp_path, statements):
    path = tmp_path / "t"
    for statement in statements:
        lake.execute(statement.format(path=path))
    agree(lake, duck, path, "t", reference(duck, "SELECT 1::BIGINT AS id, 'x' AS name WHERE false"))
