"""Tables that other programs wrote read right at every version listed, or are refused for the reason given."""

import json

import pyarrow.parquet as pq
import pyarrow as pa
import pytest

import kit
import variants

CATALOGUE = json.loads((kit.ROOT / "Tests" / "Golden" / "catalogue.json").read_text())
DELTA = kit.GOLDEN / "delta"
ARROW_TYPES = {
    "string": [pa.string()], "long": [pa.int64()], "integer": [pa.int32()], "short": [pa.int16(), pa.int32()],
    "byte": [pa.int8(), pa.int32()], "float": [pa.float32()], "double": [pa.float64()], "boolean": [pa.bool_()],
    "binary": [pa.binary()], "date": [pa.date32()], "timestamp": [pa.timestamp("us", "UTC")],
    "timestamp_ntz": [pa.timestamp("us")],
}


def cases(*expectations):
    return [name for name, entry in CATALOGUE.items() if entry["expect"] in expectations]


def expected(case):
    return json.loads((DELTA / case / "expected.json").read_text())


def scan(case, version=None):
    path = str(DELTA / case / "table").replace("'", "''")
    return f"delta_scan('{path}'" + (f", version => {version})" if version is not None else ")")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def has_variants(want):
    return '"variant"' in json.dumps(want["schema"])


def check_variants(lake, case, want):
    """The same rows as JSON, since Arrow has no variants of its own."""
    names = [field["name"] for field in want["schema"]]
    found = lake.rows(f"SELECT * FROM {scan(case)}")
    golden = pq.read_table(DELTA / case / "expected.parquet")
    # Some golden rows have variants as text, which another writer chose; the rest is compared all the same.
    text = want.get("variant_columns_as_text", [])
    rows = [{name: variants.plain(row[name]) for name in names if name not in text} for row in golden.to_pylist()]
    found = [{name: row[name] for name in names if name not in text} for row in found]
    assert sorted(map(repr, found)) == sorted(map(repr, rows))
    assert len(found) == want["num_rows"]


def check_rows(lake, case):
    """The newest version's rows in full, and the same again as counts and sums computed in SQL."""
    want = expected(case)
    if has_variants(want):
        check_variants(lake, case, want)
        return
    table = lake.arrow(f"SELECT * FROM {scan(case)}")
    assert table.column_names == [field["name"] for field in want["schema"]]
    for field, column in zip(want["schema"], table.columns):
        if isinstance(field["type"], str) and field["type"].startswith("decimal"):
            assert str(column.type).replace("128", "").replace(" ", "") == field["type"].replace(" ", "")
        elif isinstance(field["type"], str) and field["type"] in ARROW_TYPES:
            assert column.type in ARROW_TYPES[field["type"]], f"{field['name']}: {column.type} for {field['type']}"
    assert table.num_rows == want["num_rows"]
    golden = DELTA / case / "expected.parquet"
    if "rows_sha256" not in want:  # some broken logs say only how many rows there are
        return
    if golden.exists() and kit.rows_sha256(table) != want["rows_sha256"]:
        # The lists say more than two checksums.
        assert kit.row_lines(table) == kit.row_lines(pq.read_table(golden))
    assert kit.rows_sha256(table) == want["rows_sha256"]

    figures = {"count(*)": want["num_rows"]}
    figures |= {f"count({quoted(name)})": count for name, count in want["non_null"].items()}
    figures |= {f"sum({quoted(name)})::VARCHAR": total for name, total in want["column_sums"].items()}
    figures |= {f"{side}({quoted(name)})": bound for name, bounds in want["string_min_max"].items()
                for side, bound in zip(("min", "max"), bounds)}
    selected = ", ".join(f"{expression} AS c{i}" for i, expression in enumerate(figures))
    (row,) = lake.rows(f"SELECT {selected} FROM {scan(case)}")
    assert dict(zip(figures, row.values())) == figures


def check_versions(lake, case):
    counts = {entry["version"]: entry["num_rows"] for entry in expected(case).get("time_travel") or []}
    if counts:
        query = " UNION ALL ".join(f"SELECT {version} AS v, count(*) AS n FROM {scan(case, version)}"
                                   for version in counts)
        assert {row["v"]: row["n"] for row in lake.rows(query)} == counts


def test_every_case_is_in_the_catalogue():
    assert DELTA.is_dir(), f"no golden tables in {DELTA}; set TARN_GOLDEN to the folder that holds delta/"
    assert sorted(path.parent.name for path in DELTA.glob("*/expected.json")) == sorted(CATALOGUE)


@pytest.mark.parametrize("case", cases("rows"))
def test_reads(shared_lake, case):
    check_rows(shared_lake, case)
    check_versions(shared_lake, case)


def feed_rows(table):
    names = sorted(table.column_names)
    rows = []
    for row in table.select(names).to_pylist():
        row["_commit_version"] = int(row["_commit_version"])
        row["_commit_timestamp"] = row["_commit_timestamp"].replace(tzinfo=None)
        rows.append(repr(row))
    return sorted(rows)


@pytest.mark.parametrize("case", [case for case in cases("rows") if (DELTA / case / "expected_cdf.parquet").exists()])
def test_reads_the_change_feed(shared_lake, case):
    path = str(DELTA / case / "table").replace("'", "''")
    table = shared_lake.arrow(f"SELECT * FROM table_changes('{path}', 0)")
    assert feed_rows(table) == feed_rows(pq.read_table(DELTA / case / "expected_cdf.parquet"))


def test_refuses_by_name(shared_lake):
    """Whatever is refused names the feature; by now no golden table needs one that Tarn lacks."""
    refused = cases("refused")
    for case in refused:
        shared_lake.refuses(f"SELECT * FROM {scan(case)}", "|".join(CATALOGUE[case]["features"]))
    assert refused == []


@pytest.mark.parametrize("case", cases("error", "no data files"))
def test_fails_cleanly(shared_lake, case):
    shared_lake.refuses(f"SELECT * FROM {scan(case)}")


@pytest.mark.parametrize("case", cases("error or rows"))
def test_fails_cleanly_or_reads(shared_lake, case):
    try:
        shared_lake.rows(f"SELECT * FROM {scan(case)}")
    except kit.Refused as refusal:
        kit.expect_message(refusal.message)
        return
    check_rows(shared_lake, case)


def test_an_absent_version_is_named(shared_lake):
    shared_lake.refuses(f"SELECT * FROM {scan('simple_table', 5)}", r"\b5\b", r"\b4\b")
