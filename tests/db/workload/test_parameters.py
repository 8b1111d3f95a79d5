"""Parameter values from the statistics of a real server."""

import pytest

from workbench import db
from workbench.errors import StatementError
from workbench.workload.files import parse
from workbench.workload.parameters import fill, parameter_types
from workbench.workload.values import Type

TABLES = """
CREATE TYPE state AS ENUM ('open', 'done', 'void');
CREATE DOMAIN amount AS numeric(8, 2);
CREATE SCHEMA "Odd one";
CREATE TABLE "Odd one".todos AS
SELECT n AS id, n % 100 / 10 * (n % 2) AS user_id, (n % 4 = 0) AS done,
       CASE WHEN n % 10 = 0 THEN 'done' ELSE 'open' END::state AS state,
       'title ' || n % 500 AS title, (n / 8)::amount AS price,
       timestamptz '2024-01-01 00:00+00' + n * interval '1 minute' AS created_at,
       date '2024-01-01' + n / 100 AS day, gen_random_uuid() AS key,
       CASE WHEN n % 3 = 0 THEN ARRAY['red', 'blue'] ELSE ARRAY['red'] END AS tags,
       jsonb_build_object('n', n % 3) AS data, ('10.0.0.' || n % 9)::inet AS address
FROM generate_series(1, 20000) AS n;
ANALYZE "Odd one".todos;
CREATE TABLE "Odd one".fresh AS SELECT 'a' AS "Name", ARRAY['x'] AS tags;
"""


@pytest.fixture
def todos(connection):
    connection.execute(TABLES)
    connection.execute('SET search_path = "Odd one", public')
    return connection


def filled(connection, sql, table="todos", **columns):
    (query,) = parse(sql, stem="q")
    column_of = {slot.lstrip("_"): ("Odd one", table, name) for slot, name in columns.items()}
    return fill(connection, query, column_of, sample=table == "fresh")


def rows(connection, query):
    return len(db.run_statement(connection, query.text, query.values))


def kind(query):
    return query.name.removeprefix("q [").rstrip("]")


def counts(connection, sql, **columns):
    """Rows that each variant finds."""
    return {kind(q): rows(connection, q) for q in filled(connection, sql, **columns)}


@pytest.mark.parametrize(
    "column", ["user_id", "state", "title", "price", "day", "key", "id", "created_at", "address"]
)
def test_equality_finds_more_for_common_than_for_rare_and_nothing_for_absent(todos, column):
    found = counts(todos, f"SELECT 1 FROM todos WHERE {column} = :x", x=column)
    assert found.get("absent", 0) == 0
    assert found["common"] >= found.get("rare", 1) > 0


def test_values_come_with_their_origin_and_share_the_weight(todos):
    (query,) = parse("-- weight: 30\nSELECT 1 FROM todos WHERE user_id = $1 LIMIT $2", stem="q")
    variants = fill(todos, query, {"1": ("Odd one", "todos", "user_id")})
    assert [v.name for v in variants] == ["q [common]", "q [rare]", "q [absent]"]
    assert [v.weight for v in variants] == [10, 10, 10]
    assert [v.parameters["2"] for v in variants] == ["10", "10", "10"]
    assert variants[0].parameters["1"] == "0"
    assert variants[0].origin.startswith("1 = 0: the most common value of todos.user_id (5")
    assert variants[0].origin.endswith("2 = 10: the default for LIMIT")
    assert variants[0].sql == query.sql


def test_booleans_have_both_values(todos):
    found = counts(todos, "SELECT 1 FROM todos WHERE done = %s", _1="done")
    assert found == {"common": 15000, "rare": 5000}


def test_labels_that_never_occur_are_the_absent_ones(todos):
    *_, absent = filled(todos, "SELECT 1 FROM todos WHERE state = :s", s="state")
    assert absent.parameters == {"s": "void"}


def test_open_and_closed_ranges(todos):
    later = counts(todos, "SELECT 1 FROM todos WHERE created_at > :t", t="created_at")
    assert later["common"] == pytest.approx(10000, rel=0.1)
    assert later["rare"] == pytest.approx(400, rel=0.5)
    assert later["absent"] == 0
    before = counts(todos, "SELECT 1 FROM todos WHERE id < $1", _1="id")
    assert before["common"] == pytest.approx(10000, rel=0.1)
    assert before["rare"] == pytest.approx(400, rel=0.5)
    assert before["absent"] == 0


@pytest.mark.parametrize("condition", ["BETWEEN :a AND :b", ">= :a AND created_at < :b"])
def test_windows(todos, condition):
    sql = f"SELECT 1 FROM todos WHERE created_at {condition}"
    found = counts(todos, sql, a="created_at", b="created_at")
    assert found["common"] == pytest.approx(10000, rel=0.1)
    assert 0 < found["rare"] < 1000
    assert found["absent"] == 0


def test_patterns_and_lists(todos):
    found = counts(todos, "SELECT 1 FROM todos WHERE title LIKE :t", t="title")
    assert found == {"common": 20000, "absent": 0}
    found = counts(todos, "SELECT 1 FROM todos WHERE user_id = ANY(:ids)", ids="user_id")
    assert found["common"] > found["rare"] > found["absent"] == 0


def test_elements_of_arrays_and_documents(todos):
    for condition in ("tags @> :t", ":t = ANY(tags)"):
        found = counts(todos, f"SELECT 1 FROM todos WHERE {condition}", t="tags")
        assert found["common"] == 20000
        assert found["rare"] == pytest.approx(6666, abs=1)
        assert found["absent"] == 0
    found = counts(todos, "SELECT 1 FROM todos WHERE data @> :d", d="data")
    assert found["common"] > 6000
    assert found["absent"] == 0


def test_given_values_stay_and_nothing_is_asked_when_all_are_given(todos):
    sql = "-- param: a=7\n-- param: b=NULL\nSELECT 1 FROM todos WHERE user_id = :a AND id = :b"
    (query,) = parse(sql)
    assert fill(todos, query, {}) == (query,)
    (query,) = parse(f"{sql} AND title = :c")
    variants = fill(todos, query, {"c": ("Odd one", "todos", "title")})
    assert {(v.parameters["a"], v.parameters["b"]) for v in variants} == {("7", None)}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("id % :x = 0", "1"),
        ("length(title) > :x::int", "1"),
        ("title || :x = 'b'", "a"),
        ("done AND :x", "true"),
        ("created_at > now() - :x::interval", "1 day"),
        ("key = :x", "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_defaults_by_type(todos, expression, value):
    (query,) = filled(todos, f"SELECT 1 FROM todos WHERE {expression}")
    assert query.parameters == {"x": value}
    assert query.name == "q"
    assert "the default for type" in query.origin
    rows(todos, query)


def test_dates_without_a_column_are_today(todos):
    (query,) = filled(todos, "SELECT 1 FROM todos WHERE created_at < :x")
    assert query.parameters["x"] == str(db.fetch_value(todos, "SELECT current_date"))


def test_limits_of_all_kinds(todos):
    sql = "SELECT 1 FROM todos ORDER BY id OFFSET :a FETCH FIRST :b ROWS ONLY"
    (query,) = filled(todos, sql)
    assert query.parameters == {"a": "0", "b": "10"}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT 1 FROM todos WHERE data @> :doc", r"parameter :doc \(jsonb\) has no value; add a"),
        ("SELECT 1 FROM todos WHERE tags @> $1", r"\$1 \(text\[\]\) has no value; .* param: 1=…"),
        ("SELECT 1 FROM tod WHERE a = :x", 'relation "tod" does not exist .*line 1, column 15'),
        ("SELECT 1 FROM todos\nWHERE usr = :x", r'"usr" does not exist.*\(line 2, column 7\)'),
        ("SELECT $1 IS NULL", "could not determine data type"),
        ("SELECT 1 WHERE a = = :x", "syntax error .*column 20"),
    ],
)
def test_what_cannot_be_filled(todos, sql, reason):
    with pytest.raises(StatementError, match=reason):
        filled(todos, sql)
    assert db.fetch_value(todos, "SELECT count(*) FROM pg_prepared_statements") == 0


def test_without_statistics_one_value_is_read_only_when_allowed(todos):
    (query,) = parse('SELECT 1 FROM fresh WHERE "Name" = :n')
    column_of = {"n": ("Odd one", "fresh", "Name")}
    todos.execute("INSERT INTO fresh VALUES ('seen')")
    todos.execute("DELETE FROM fresh WHERE \"Name\" = 'a'")
    common, absent = fill(todos, query, column_of, sample=True)
    assert common.parameters == {"n": "seen"}
    assert "has no statistics" in common.origin
    assert absent.parameters == {"n": "workbench-absent"}
    (default,) = fill(todos, query, column_of)
    assert default.parameters == {"n": "a"}
    assert "the default" in default.origin


def test_an_array_without_statistics_is_read_whole(todos):
    common, *_ = filled(todos, "SELECT 1 FROM fresh WHERE tags @> :t", table="fresh", t="tags")
    assert common.parameters == {"t": "{x}"}


def test_writes_are_prepared_and_not_run(todos):
    before = db.fetch_value(todos, "SELECT count(*) FROM todos")
    variants = filled(todos, "DELETE FROM todos WHERE user_id = :u", u="user_id")
    assert len(variants) == 3
    assert db.fetch_value(todos, "SELECT count(*) FROM todos") == before


def test_partitions_have_the_statistics_of_the_whole(connection):
    connection.execute(
        "CREATE TABLE p (k int, v int) PARTITION BY LIST (k);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
        "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);"
        "INSERT INTO p SELECT 1 + n % 2, n % 2 FROM generate_series(0, 999) n; ANALYZE p"
    )
    (query,) = parse("SELECT 1 FROM p WHERE v = $1")
    variants = fill(connection, query, {"1": ("public", "p", "v")})
    assert {v.parameters["1"] for v in variants} == {"0", "1", "2"}


def test_a_read_only_session_is_enough(todos):
    todos.execute("SET default_transaction_read_only = on")
    assert len(filled(todos, "SELECT 1 FROM todos WHERE user_id = :u", u="user_id")) == 3


def test_types(todos):
    text = "SELECT 1 FROM todos WHERE id = $1 AND tags && $2 AND state = $3 AND $4::jsonb IS NULL"
    assert parameter_types(todos, text) == (
        Type("integer", "N"),
        Type("text[]", "A", Type("text", "S")),
        Type("state", "E"),
        Type("jsonb", "U"),
    )
