"""workbench datasets: list, load, info."""

from shell import SMALL, Shell

from workbench import datasets
from workbench.db import fetch_all
from workbench.servers import Server


def test_list_names_all(workbench: Shell) -> None:
    out = workbench("datasets", "list").out
    assert {line.split()[0] for line in out.splitlines()[1:]} >= {
        spec.name for spec in datasets.available()
    }


def test_info_is_measured(workbench: Shell) -> None:
    out = workbench("datasets", "info", "todos", *SMALL).out
    assert "5,000 rows" in out.splitlines()[0]
    (completed,) = [line for line in out.splitlines() if line.startswith("completed ")]
    assert completed.split()[:2] == ["completed", "boolean"]
    assert "newest_open_of_priority" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_unknown_names_are_told(workbench: Shell) -> None:
    assert "did you mean todos?" in workbench("datasets", "info", "todoes", status=1).line
    assert "did you mean todos?" in workbench("datasets", "load", "todoes", status=1).line


def test_load_into_a_database_of_ones_own(workbench: Shell, server: Server) -> None:
    words = ("datasets", "load", "todos", "--scale", "2000", "--db", server.conninfo)
    made = workbench(*words, "--schema", "mine")
    assert "creates schema mine" in made.err
    assert "2,000 rows in todos" in made.err
    assert "todos: 2,000 rows in schema mine" in made.out
    with server.connect() as connection:
        assert fetch_all(connection, "SELECT count(*) FROM mine.todos") == [(2000,)]
    again = workbench(*words, "--schema", "mine", status=1)
    assert "--replace" in again.line
    replaced = workbench(*words, "--schema", "mine", "--replace")
    assert "drops schema mine" in replaced.err
    with server.connect() as connection:
        connection.execute("DROP SCHEMA mine CASCADE")


def test_schema_without_a_database_is_wrong_usage(workbench: Shell) -> None:
    done = workbench("datasets", "load", "todos", "--schema", "x", status=2)
    assert "speak of a --db URL" in done.err
