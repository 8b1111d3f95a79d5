"""The commands around datasets and servers."""

import pytest
from shell import SMALL, Shell

from workbench import datasets

KEPT = ("--server", "embedded", "--scale", "700")


def test_datasets_are_listed_described_and_loaded(workbench: Shell) -> None:
    listed = workbench("datasets", "list").out
    assert all(spec.name in listed for spec in datasets.available())
    told = workbench("datasets", "info", "todos", *KEPT[:2], "--scale", "5000").out
    assert "todos" in told
    assert "time_to_finish" in told
    loaded = workbench("datasets", "load", "todos", *KEPT)
    assert loaded.out == "todos: 700 rows at scale 700, kept for the next time\n"
    assert loaded.err == ""
    assert "todos-700" in workbench("server", "status").out
    for command in ("load", "info"):
        assert "did you mean todos?" in workbench("datasets", command, "todo", status=1).line
    assert workbench.left_behind() == []


def test_psql_has_the_dataset_and_gives_its_own_status(workbench: Shell) -> None:
    words = ("server", "psql", *KEPT, "todos", "--", "-X", "-A", "-t", "-c")
    assert workbench(*words, "SELECT count(*) FROM todos").out == "700\n"
    assert 'relation "nope"' in workbench(*words, "SELECT * FROM nope", status=1).err


def test_a_server_is_left_running_used_and_stopped(workbench: Shell) -> None:
    started = workbench("server", "start", "todos", *KEPT)
    try:
        assert "todos-700" in started.out
        assert "end it with: workbench server stop" in started.out
        assert "running" in workbench("server", "status").out
        file = workbench.file("SELECT * FROM todos WHERE completed = false")
        used = workbench("explain", file, *KEPT)
        assert "Scan" in used.out
        assert "runs in the background" in used.err
    finally:
        stopped = workbench("server", "stop")
    assert stopped.out.startswith("stopped todos-700")
    assert workbench("server", "stop").out == "no server was running\n"
    assert workbench.left_behind() == []


def test_cleaning_asks_unless_told(workbench: Shell) -> None:
    workbench("datasets", "load", "todos", *KEPT)
    assert "add --yes" in workbench("server", "clean", status=2).err
    assert "todos-700" in workbench("server", "status").out


def test_doctor_says_what_there_is_without_starting_anything(workbench: Shell) -> None:
    done = workbench("doctor")
    assert done.err == ""
    for word in ("PostgreSQL 18", "Docker engine", "scratch directory", "shared_buffers = 256MB"):
        assert word in " ".join(done.out.split())
    assert workbench.left_behind() == []


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_shows_the_traceback_wherever_it_stands(workbench: Shell, place: str) -> None:
    words = ["suggest-indexes", "nope.sql"]
    words = ["--debug", *words] if place == "before" else [*words, "--debug"]
    with workbench.start(*words) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err.startswith("Traceback")
    assert err.splitlines()[-1] == "workbench: there is no file nope.sql"


def test_a_run_twice_is_the_same_advice(workbench: Shell) -> None:
    """The second run uses the kept rows, and the same seed makes the same choice."""
    file = workbench.file("SELECT * FROM todos WHERE priority = 'urgent' AND NOT completed")
    words = ("suggest-indexes", file, *SMALL, "--no-measure", "--seed", "7")
    assert workbench(*words).out == workbench(*words).out
