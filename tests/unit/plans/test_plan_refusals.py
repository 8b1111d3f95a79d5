import pytest

from workbench.errors import StatementError
from workbench.plans.explain import refuse_unplannable


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE TABLE t (a int)", "CREATE TABLE"),
        ("create temporary table t as select 1", "CREATE TABLE"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("drop foreign table t", "DROP FOREIGN TABLE"),
        ("COPY t FROM STDIN", "COPY"),
        ("SET work_mem = '1MB'", "SET"),
        ("BEGIN", "BEGIN"),
        ("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN"),
        ("execute stored(1)", "EXECUTE"),
        ("DECLARE c CURSOR FOR SELECT 1", "DECLARE"),
        ("VACUUM", "VACUUM"),
        ("-- select\n/* select /* nested */ */ truncate t", "TRUNCATE"),
        ("\\copy t from 'f'", "the psql command \\copy"),
    ],
)
def test_commands_are_refused_by_their_name(statement, name):
    with pytest.raises(StatementError) as caught:
        refuse_unplannable(statement)
    assert str(caught.value) == (
        "only SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE and WITH can be planned;"
        f" this is {name}"
    )


@pytest.mark.parametrize("statement", ["", " \n", ";", "-- nothing", "/* open", "/* a */ -- b"])
def test_nothing_is_refused(statement):
    with pytest.raises(StatementError, match="there is no statement"):
        refuse_unplannable(statement)


@pytest.mark.parametrize(
    "statement",
    [
        *("SELECT 1", "(SELECT 1) UNION SELECT 2", "WITH a AS (SELECT 1) TABLE a", "VALUES (1)"),
        *("/* create */ SELECT 'copy'", "TABLE t", "merge into t using s on true", "SELEC 1"),
    ],
)
def test_what_may_have_a_plan_goes_to_the_server(statement):
    refuse_unplannable(statement)
