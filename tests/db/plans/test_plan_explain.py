import pytest

from workbench import db
from workbench.errors import StatementError, TimedOut
from workbench.plans.explain import explain
from workbench.plans.timing import timing


@pytest.fixture
def filled(connection):
    """A connection to a database with one table of 5,000 rows."""
    connection.execute("CREATE TABLE todos (id int PRIMARY KEY, user_id int, note text)")
    connection.execute(
        "INSERT INTO todos SELECT n, n % 50, 'note ' || n FROM generate_series(1, 5000) n"
    )
    connection.execute("ANALYZE todos")
    return connection


def rows(connection):
    return db.fetch_value(connection, "SELECT count(*) FROM todos")


def test_an_estimate_does_not_run_the_statement(filled):
    found = explain(filled, "DELETE FROM todos WHERE user_id = 3")
    assert found.cost > 0
    assert not found.analyzed
    assert found.root.operation == "Delete"
    assert found.tables == ("todos",)
    assert rows(filled) == 5000


def test_analyze_runs_it_and_own_times_add_up(filled):
    found = explain(filled, "SELECT user_id, count(*) FROM todos GROUP BY 1", analyze=True)
    assert found.execution_ms > 0
    assert found.root.actual_rows == 50
    assert found.root.buffers.touched_blocks > 0
    assert sum(timing(found).own_ms) == pytest.approx(found.root.actual_total_ms, rel=0.01)
    assert "Seq Scan on todos" in str(found)


def test_without_timing_there_are_rows_but_no_times_of_steps(filled):
    found = explain(filled, "SELECT * FROM todos WHERE user_id = 3", analyze=True, timing=False)
    assert found.analyzed
    assert not found.timed
    assert found.root.actual_rows == 100
    assert found.execution_ms > 0


def test_verbose_gives_schema_and_output(filled):
    found = explain(filled, "SELECT id FROM todos", verbose=True)
    assert (found.root.schema, found.root.output) == ("public", ("id",))


def test_values_take_the_place_of_parameters(filled):
    found = explain(filled, "SELECT * FROM todos WHERE id = $1 AND note <> $2", ["7", "a;'b"])
    assert found.index_names == ("todos_pkey",)
    assert found.root.conditions["Index Cond"] == "(id = 7)"
    assert "a;''b" in found.root.conditions["Filter"]


def test_settings_that_differ_are_in_the_plan(filled):
    with db.settings(filled, work_mem="3MB"):
        assert explain(filled, "SELECT 1").settings["work_mem"] == "3MB"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM todos",
        "INSERT INTO todos VALUES (-1, 1, 'x') RETURNING id",
        "UPDATE todos SET note = '' WHERE user_id = 1",
        "WITH gone AS (DELETE FROM todos RETURNING id) SELECT count(*) FROM gone",
        "SELECT * INTO copied FROM todos",
        "MERGE INTO todos t USING todos s ON t.id = s.id WHEN MATCHED THEN DELETE",
    ],
)
def test_analyzed_statements_leave_nothing(filled, statement):
    before = db.fetch_value(filled, "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM todos t")
    assert explain(filled, statement, analyze=True).analyzed
    after = db.fetch_value(filled, "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM todos t")
    assert after == before
    assert db.fetch_value(filled, "SELECT to_regclass('copied')") is None
    assert not db.in_transaction(filled)


def test_within_a_transaction_only_the_statement_is_undone(filled):
    with db.rolled_back(filled):
        filled.execute("DELETE FROM todos WHERE id <= 1000")
        found = explain(filled, "DELETE FROM todos WHERE id <= 2000", analyze=True)
        assert found.root.children[0].actual_rows == 1000
        assert rows(filled) == 4000
        with pytest.raises(StatementError):
            explain(filled, "SELECT 1 / (id - id) FROM todos", analyze=True)
        assert rows(filled) == 4000
    assert rows(filled) == 5000


def test_the_statement_is_sent_unchanged(filled):
    found = explain(filled, "SELECT ';' AS \"a;b\" -- and; more\nFROM todos WHERE note = ';%s'")
    assert found.root.conditions["Filter"] == "(note = ';%s'::text)"


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC" (line 1, column 1)'),
        ("SELECT *\nFROM tods", 'relation "tods" does not exist (line 2, column 6)'),
        ("CREATE TABLE t AS SELECT 1", "CREATE TABLE cannot be planned"),
        ("SELECT 1; DELETE FROM todos", "multiple commands"),
    ],
)
@pytest.mark.parametrize("analyze", [False, True])
def test_refused_in_one_line(filled, statement, says, analyze):
    with pytest.raises(StatementError) as caught:
        explain(filled, statement, analyze=analyze)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert rows(filled) == 5000


def test_a_query_that_never_ends_is_stopped(filled):
    with db.settings(filled, statement_timeout="100ms"), pytest.raises(TimedOut):
        explain(filled, "SELECT pg_sleep(60)", analyze=True)
    assert not db.in_transaction(filled)
    assert rows(filled) == 5000


def test_a_rule_that_makes_nothing_of_a_statement(filled):
    filled.execute("CREATE RULE quiet AS ON INSERT TO todos DO INSTEAD NOTHING")
    with pytest.raises(StatementError, match="rules"):
        explain(filled, "INSERT INTO todos VALUES (0, 0, '')")


def test_a_container_answers_the_same_way(any_connection):
    found = explain(any_connection, "SELECT * FROM generate_series(1, 10) n", analyze=True)
    assert found.root.total_rows == 10
