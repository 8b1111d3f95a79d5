"""Which statements are refused before a server is asked."""

import pytest

from workbench.workload.plannable import first_keyword, refusal


@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        ("select 1", "SELECT"),
        ("/* a */ -- b\n ((SELECT 1) UNION SELECT 2)", "SELECT"),
        ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "WITH"),
        ("VALUES (1)", "VALUES"),
        ("'a' SELECT", ""),
        ("", ""),
    ],
)
def test_first_keyword(sql, keyword):
    assert first_keyword(sql) == keyword


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("create or replace temp view v as select 1", "CREATE VIEW"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("DROP FOREIGN TABLE t", "DROP FOREIGN TABLE"),
        ("ALTER", "ALTER"),
        ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN"),
        ("BEGIN", "BEGIN"),
        ("VACUUM t", "VACUUM"),
        ("/* x */ truncate t", "TRUNCATE"),
    ],
)
def test_refused(sql, command):
    assert refusal(sql) == (
        f"{command} cannot be planned; suggest-indexes takes"
        " SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES and WITH"
    )


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "INSERT INTO t VALUES (1)", "MERGE INTO t", "TABLE t", "SELCT 1", ""]
)
def test_left_to_the_server(sql):
    assert refusal(sql) is None
