"""Which statements are refused before a server is asked."""

import pytest

from workbench.errors import StatementError
from workbench.plans.explain import refuse_unplannable
from workbench.unplannable import why_unplannable

ONLY = "only SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE and WITH can"


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("CREATE TABLE t (a int)", "CREATE TABLE"),
        ("create temporary table t as select 1", "CREATE TABLE"),
        ("create or replace temp view v as select 1", "CREATE VIEW"),
        ("CREATE RECURSIVE VIEW v (a) AS SELECT 1", "CREATE VIEW"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("create /* or replace */ -- x\n table t ()", "CREATE TABLE"),
        ("drop foreign table t", "DROP FOREIGN TABLE"),
        ("ALTER", "ALTER"),
        ("DROP MATERIALIZED", "DROP MATERIALIZED"),
        ("COPY t FROM STDIN", "COPY"),
        ("SET work_mem = '1MB'", "SET"),
        ("BEGIN", "BEGIN"),
        ("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN"),
        ("execute stored(1)", "EXECUTE"),
        ("DECLARE c CURSOR FOR SELECT 1", "DECLARE"),
        ("VACUUM t", "VACUUM"),
        ("-- select\n/* select /* nested */ */ truncate t", "TRUNCATE"),
        ("-- a carriage return ends a line\rtruncate t", "TRUNCATE"),
        ("\\copy t from 'f'", "the psql command \\copy"),
    ],
)
def test_commands_are_refused_by_their_name(statement: str, command: str) -> None:
    assert why_unplannable(statement) == f"{command} cannot be planned; {ONLY}"


@pytest.mark.parametrize("statement", ["", " \n", ";", "-- nothing", "/* open", "/* a */ -- b"])
def test_nothing_is_refused(statement: str) -> None:
    assert why_unplannable(statement) == f"there is no statement; {ONLY} be planned"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "/* a */ -- b\n ((SELECT 1) UNION SELECT 2)",
        "WITH a AS (SELECT 1) TABLE a",
        "VALUES (1)",
        "INSERT INTO t VALUES (1)",
        "/* create */ SELECT 'copy'",
        "TABLE t",
        "merge into t using s on true",
        "SELEC 1",
        "DO$ 1",
        "'a' SELECT",
    ],
)
def test_what_may_have_a_plan_goes_to_the_server(statement: str) -> None:
    assert why_unplannable(statement) is None
    refuse_unplannable(statement)


def test_the_reason_is_the_error() -> None:
    with pytest.raises(StatementError, match=f"^BEGIN cannot be planned; {ONLY}$"):
        refuse_unplannable("BEGIN")
