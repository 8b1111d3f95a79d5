"""A workload from outside: schema.sql, queries and index sets in a folder."""

from argparse import ArgumentTypeError

import pytest
from scoring import workloads
from scoring.workloads import opened

from workbench.db import fetch_value

SCHEMA = "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 100); ANALYZE;"


@pytest.fixture
def place(tmp_path):
    for name in ("queries", "indexes"):
        (tmp_path / name).mkdir()
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "queries" / "reads.sql").write_text("-- name: one\nSELECT * FROM t WHERE a = 1;")
    (tmp_path / "indexes" / "mine.sql").write_text("CREATE INDEX ON t (a);")
    return tmp_path


def test_a_folder_is_loaded_once_and_again_when_its_schema_changes(place):
    for expected in (100, 101, 5):
        with opened(workloads.known(str(place)), "small", "embedded") as workload:
            connection = workload.database.connection
            assert [each.name for each in workload.statements] == ["one"]
            assert list(workload.sets) == ["mine"]
            connection.execute("INSERT INTO t VALUES (0)")
            assert fetch_value(connection, "SELECT count(*) FROM t") == expected + 1
        if expected == 101:
            (place / "schema.sql").write_text(SCHEMA.replace("100", "5"))


def test_another_name_is_refused(tmp_path):
    with pytest.raises(ArgumentTypeError, match="nor a folder with schema"):
        workloads.known(str(tmp_path))


def test_a_schema_that_fails_says_why(place):
    (place / "schema.sql").write_text("CREATE TABLE t (a nothing);")
    with (
        pytest.raises(SystemExit, match='type "nothing" does not exist'),
        opened(str(place), "small", "embedded"),
    ):
        pytest.fail("there is no table")
