"""The objects of a notebook: open a server, load a dataset, explain, compare, suggest."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from workbench.db import fetch_all, fetch_value

URGENT = "SELECT id, title FROM todos WHERE NOT completed AND priority = 'urgent'"
INDEX = "CREATE INDEX ON todos (priority) WHERE NOT completed"


@pytest.fixture(scope="module")
def server(scratch_home: Path) -> Iterator[wb.Server]:
    with wb.open_server("embedded", notify=print) as server:
        yield server


@pytest.fixture
def db(server: wb.Server) -> Iterator[wb.Database]:
    """The dataset; every test must leave it as it was."""
    db = server.load("todos", 6000)
    query = (
        "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = $1::regclass"
    )
    before = fetch_all(db.connection, query, ["todos"])
    yield db
    assert fetch_all(db.connection, query, ["todos"]) == before
    assert fetch_value(db.connection, "SELECT count(*) FROM todos") == 6000


def test_a_second_load_is_the_same_database(server: wb.Server, db: wb.Database) -> None:
    loading: list[str] = []
    again = server.load("todos", "6000", progress=lambda what, done, total: loading.append(what))
    assert again is db
    assert loading == []
    other = server.load("todos", 200, progress=lambda what, done, total: loading.append(what))
    assert other is not db
    assert "loading rows" in loading
    assert fetch_value(other.connection, "SELECT count(*) FROM todos") == 200


def test_another_session_finds_the_rows_that_were_loaded(scratch_home: Path) -> None:
    def mark() -> str:
        """When the table was made, as the server's own number for its file."""
        with wb.open_server("embedded", notify=print) as server:
            connection = server.load("todos", 300).connection
            return str(fetch_value(connection, "SELECT pg_relation_filepath('todos')"))

    loading: list[str] = []
    first = mark()
    with wb.open_server("embedded", notify=print) as server:
        server.load("todos", 300, progress=lambda what, done, total: loading.append(what))
    assert loading == []
    assert mark() == first


def test_a_plan_prints_as_a_tree(db: wb.Database) -> None:
    plan = db.explain(URGENT, analyze=True)
    assert isinstance(plan, wb.Plan)
    assert plan.execution_ms is not None
    assert "Seq Scan on todos" in str(plan)
    assert db.explain(URGENT).execution_ms is None
    tried = db.explain(URGENT + ";", index=INDEX, analyze=True)
    assert tried.index_names
    assert tried.cost is not None
    assert tried.cost < (plan.cost or 0)


def test_explaining_a_write_leaves_the_rows(db: wb.Database) -> None:
    plan = db.explain("DELETE FROM todos", analyze=True)
    assert "Delete on todos" in str(plan)


def test_a_comparison_says_what_it_found(db: wb.Database) -> None:
    found = db.compare(URGENT, index=INDEX)
    assert isinstance(found, wb.Comparison)
    assert found.verdict == "faster"
    assert found.speedup_ci is not None
    assert found.speedup_ci[0] > 1
    assert str(found).startswith("faster: ")
    assert "99 % interval" in str(found)
    useless = db.compare(URGENT, index="CREATE INDEX mine ON todos (title)")
    assert useless.verdict in ("no difference", "inconclusive")


def test_advice_for_a_text_and_for_files(db: wb.Database, tmp_path: Path) -> None:
    file = tmp_path / "home screen.sql"
    file.write_text(f"-- name: urgent\n-- weight: 3\n{URGENT};")
    names: list[str] = []
    advice = db.suggest_indexes(
        str(file),
        "SELECT count(*) FROM todos WHERE due_date < timestamptz '2024-01-01 00:00:00+00'",
        file,
        budget="50%",
        progress=lambda what, done, total: names.append(what),
    )
    assert isinstance(advice, wb.Advice)
    assert [query.name for query in advice.queries] == ["urgent", "1", "urgent_2"]
    assert advice.queries[0].status == "improved"
    assert {"planning", "building candidates", "measuring"} <= set(names)
    assert json.loads(advice.to_json()) == json.loads(json.dumps(advice.as_dict(), default=str))
    assert f"{advice.indexes[0].index.ddl(concurrently=True)};" in advice.to_sql()
    frame = advice.to_frame()
    assert list(frame["query"]) == ["urgent", "1", "urgent_2"]
    assert frame["speedup"][0] == advice.queries[0].speedup


def test_objects_print_for_a_reader(server: wb.Server, db: wb.Database) -> None:
    advice = db.suggest_indexes(URGENT, measure=False)
    shown = str(advice)
    assert "CREATE INDEX" in shown
    assert "\x1b" not in shown
    assert re.fullmatch(r"<Server embedded, \d loaded>", repr(server))
    where = r"PostgreSQL 18\.\d+ \(embedded\) at postgres@.*"
    assert re.fullmatch(rf"<Database todos at scale 6000 on {where}>", repr(db))
    assert repr(advice).startswith("Advice(1 indexes, 1 queries, ")


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda s, d: s.load("todo"), wb.UnknownName, "did you mean todos?"),
        (lambda s, d: s.load("todos", "tiny"), wb.InputError, "'tiny' is no scale"),
        (lambda s, d: d.explain("DROP TABLE todos"), wb.StatementError, "DROP TABLE"),
        (lambda s, d: d.explain("SELECT 1; SELECT 2"), wb.StatementError, "multiple commands"),
        (lambda s, d: d.explain("SELECT colour FROM todos"), wb.StatementError, "line 1, column 8"),
        (lambda s, d: d.compare(URGENT, "DROP TABLE todos"), wb.StatementError, "CREATE INDEX"),
        (lambda s, d: d.suggest_indexes(), wb.InputError, "there is no statement"),
        (lambda s, d: d.suggest_indexes("nope.sql"), wb.InputError, "nope.sql"),
        (lambda s, d: d.suggest_indexes(URGENT, kinds=["btre"]), wb.UnknownName, "btree"),
        (lambda s, d: d.suggest_indexes(URGENT, budget="x"), wb.InputError, "'x'"),
        (lambda s, d: wb.open_server("embeded"), wb.UnknownName, "did you mean embedded?"),
        (lambda s, d: wb.open_server("me:sesame@h"), wb.ServerError, "postgresql://user"),
    ],
)
def test_mistakes_are_one_line(server, db, call, error, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error) as caught:
        call(server, db)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_limit_ends_a_comparison(db: wb.Database) -> None:
    endless = "SELECT count(*) FROM todos a, todos b WHERE a.title < b.title"
    found = db.compare(endless, index="CREATE INDEX ON todos (title)", timeout_s=0.1)
    assert found.verdict == "inconclusive"
    assert found.before.timed_out_ms == 100
