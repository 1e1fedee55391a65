"""CONVERT TO DELTA: Parquet folders and Iceberg tables become Delta tables with the same rows, no data file touched."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kit
import others

ICEBERG = kit.GOLDEN / "iceberg"
# Iceberg tables that no Delta table can say, and what the refusal must name.
REFUSED = {
    "add_columns_with_defaults": "col_time.* type time",
    "add_columns_with_defaults_in_struct": "col_time.* type time",
    "broken-metadata-json": r"metadata\.json",
    "broken-missing-data-file": r"\.parquet",
    "broken-missing-delete-file": "equality deletes",
    "case_sensitive_names": "occurs twice",
    "complextypestbl_iceberg_orc": "ORC",
    "equality_delete_cross_partition": "equality deletes",
    "equality_deletes_mytable": "equality deletes",
    "hive_partitioned_table": "event_type, which only its partition gives",
    "iceberg_alltypes_part_orc": "ORC",
    "iceberg_legacy_partition_schema_evolution_orc": "ORC",
    "iceberg_migrated_alter_test_orc": "ORC",
    "iceberg_migrated_complex_test_orc": "ORC",
    "iceberg_v2_delete_equality_multi_eq_ids": "equality deletes",
    "iceberg_v2_delete_equality_partition_evolution": "equality deletes",
    "iceberg_v2_delete_equality_partitioned": "equality deletes",
    "iceberg_v2_delete_pos_and_multi_eq_ids": "equality deletes",
    "iceberg_v2_equality_delete_schema_evolution": "equality deletes",
    "iceberg_v2_no_deletes_orc": "ORC",
    "iceberg_v2_positional_delete_all_rows_orc": "ORC",
    "iceberg_v3_all_types": "col_timestamp_epoch, whose default",
    "iceberg_v3_default_value": "column j, whose default",
    "iceberg_v3_default_value_avro": "AVRO",
    "partition_time": "type time",
    "trino_nested_variant": "type variant",
    "unsupported-format-version-99": "99",
}


def cases():
    return sorted(path.parent.name for path in ICEBERG.glob("*/expected.json"))


def files_below(path):
    return {str(file.relative_to(path)): (file.stat().st_size, file.stat().st_mtime_ns)
            for file in path.rglob("*") if file.is_file() and "_delta_log" not in file.parts}


def convert(lake, kind, path, more=""):
    lake.execute(f"CONVERT TO DELTA {kind}.`{path}` {more}")


def scan(path):
    return f"delta_scan('{path}')"


@pytest.mark.parametrize("case", [case for case in cases() if case not in REFUSED])
def test_an_iceberg_table_keeps_its_rows(shared_lake, tmp_path, case):
    want = json.loads((ICEBERG / case / "expected.json").read_text())
    path = tmp_path / "t"
    shutil.copytree(ICEBERG / case / "table", path)
    before = files_below(path)
    convert(shared_lake, "iceberg", path)
    table = shared_lake.arrow(f"SELECT * FROM {scan(path)}")
    assert table.column_names == [field["name"] for field in want["schema"]]
    assert table.num_rows == want["num_rows"]
    assert kit.rows_sha256(table) == want.get("rows_sha256", kit.rows_sha256(table))
    after = {name: facts for name, facts in files_below(path).items() if not name.startswith("deletion_vector_")}
    assert after == before


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_an_iceberg_table_that_cannot_be_said_is_refused(shared_lake, tmp_path, case):
    path = tmp_path / "t"
    shutil.copytree(ICEBERG / case / "table", path)
    shared_lake.refuses(f"CONVERT TO DELTA iceberg.`{path}`", REFUSED[case])
    assert not list(path.glob("_delta_log/*")), "a refused conversion left a log"


@pytest.mark.parametrize("case", ["pi_part_multi", "iceberg_v2_partitioned_position_deletes",
                                  "iceberg_v3_deletion_vectors", "pi_schema_evolution", "name_mapping_t1"])
def test_others_read_a_converted_iceberg_table(shared_lake, sail, tmp_path, case):
    path = tmp_path / "t"
    shutil.copytree(ICEBERG / case / "table", path)
    convert(shared_lake, "iceberg", path)
    want = shared_lake.arrow(f"SELECT * FROM {scan(path)}")
    # Only Sail reads columns that were widened.
    readers = [sail] if case == "pi_schema_evolution" else [others.Deltalake(), others.DuckDB(), sail]
    for program in readers:
        kit.same_rows(program.rows(path), want)


def test_a_converted_iceberg_table_can_be_written(lake, tmp_path):
    path = tmp_path / "t"
    shutil.copytree(ICEBERG / "pi_part_multi" / "table", path)
    convert(lake, "iceberg", path)
    lake.execute(f"CREATE TABLE t LOCATION '{path}'")
    before = lake.value("SELECT count(*) AS n FROM t")
    lake.execute("INSERT INTO t SELECT * FROM t")
    assert lake.value("SELECT count(*) AS n FROM t") == 2 * before
    assert others.Deltalake().rows(path).num_rows == 2 * before


def parquet_folder(path):
    for year, city in ((2023, "São Paulo"), (2023, "a%b"), (2024, "x")):
        folder = path / f"year={year}" / f"city={city.replace('%', '%25')}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": pa.array([year, None], pa.int64()), "name": [city, None]}),
                       folder / "part-0.parquet")


def test_a_parquet_folder_reads_alike_everywhere(lake, sail, tmp_path):
    path = tmp_path / "t"
    parquet_folder(path)
    before = files_below(path)
    convert(lake, "parquet", path, "PARTITIONED BY (year INT, city STRING)")
    want = lake.arrow(f"SELECT id, name, year, city FROM {scan(path)}")
    assert want.num_rows == 6 and want.schema.field("year").type == pa.int32()
    for program in (others.Deltalake(), others.DuckDB(), sail):
        kit.same_rows(program.rows(path).select(want.column_names), want)
    assert files_below(path) == before
    assert lake.value(f"SELECT count(*) AS n FROM {scan(path)} WHERE city = 'a%b'") == 2


def test_deltalake_converts_the_same_folder_to_the_same_table(lake, tmp_path):
    """Their statistics and ours prune alike: the same files for the same condition."""
    import deltalake
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    parquet_folder(ours)
    parquet_folder(theirs)
    convert(lake, "parquet", ours)
    schema = pa.schema([("year", pa.int32()), ("city", pa.string())])
    deltalake.convert_to_deltalake(str(theirs), partition_by=deltalake.Schema.from_arrow(schema),
                                   partition_strategy="hive")
    columns = ["num_records", "null_count.id", "min.id", "max.id", "min.name", "max.name", "partition.year",
               "partition.city"]
    left, right = (pa.table(deltalake.DeltaTable(str(path)).get_add_actions(flatten=True)).select(columns)
                   for path in (ours, theirs))
    kit.same_rows(left, right)
