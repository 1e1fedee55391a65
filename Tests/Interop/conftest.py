"""Fixtures: a lakehouse of one's own, and the other programs that read and write the same tables."""

import sys
import pathlib

import duckdb
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import kit
import others


@pytest.fixture
def lake(tmp_path):
    """A new lakehouse."""
    return kit.Lakehouse(tmp_path / "home")


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory):
    """One lakehouse for a module whose tests only read, or keep to tables of their own."""
    return kit.Lakehouse(tmp_path_factory.mktemp("lake") / "home")


@pytest.fixture(scope="session")
def duck():
    """DuckDB with its own delta extension, as an outside reader."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute(f"LOAD '{kit.DELTA_EXTENSION}'")
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def sail():
    """Sail, a Spark of another make, as an outside reader and writer."""
    with others.Sail() as worker:
        yield worker


def pytest_report_header():
    return f"tarn: {kit.TARN}; golden tables: {kit.GOLDEN}"
