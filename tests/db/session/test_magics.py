"""``%load_ext workbench`` in a real shell: thin, one line for an error, and beside JupySQL."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from jupyter_client.manager import start_new_kernel

import workbench as wb
from workbench.plans.diff import PlanDiff
from workbench.session import latest

URGENT = "SELECT id, title FROM todos WHERE NOT completed AND priority = 'urgent'"
INDEX = "CREATE INDEX ON todos (priority) WHERE NOT completed"
MAGICS = {"cell": {"explain", "compare", "suggest_indexes"}, "line": {"workbench"}}


@pytest.fixture(scope="module")
def server(scratch_home: Path) -> Iterator[wb.Server]:
    with wb.open_server("embedded", notify=print) as server:
        server.load("todos", 6000)
        yield server


@pytest.fixture
def shell(server: wb.Server) -> Iterator[InteractiveShell]:
    shell = InteractiveShell()
    shell.run_cell("%load_ext workbench").raise_error()
    shell.user_ns["db"] = server.load("todos", 6000)
    yield shell
    shell.history_manager.end_session()


def ran(shell: InteractiveShell, cell: str) -> object:
    found: ExecutionResult = shell.run_cell(cell)
    found.raise_error()
    return found.result


def refused(shell: InteractiveShell, cell: str, output: pytest.CaptureFixture[str]) -> str:
    """What a cell that fails shows, which must be one line."""
    output.readouterr()
    assert not shell.run_cell(cell).success
    shown = "".join(output.readouterr())
    assert "Traceback" not in shown
    [line] = shown.strip().splitlines()
    return line


def test_magics_are_registered(shell: InteractiveShell) -> None:
    for kind, names in MAGICS.items():
        assert names <= set(shell.magics_manager.magics[kind])


def test_they_return_what_the_calls_return(shell: InteractiveShell) -> None:
    plan = ran(shell, f"%%explain\n{URGENT}")
    assert isinstance(plan, wb.Plan)
    assert plan.execution_ms is not None
    estimate = ran(shell, f"%%explain --no-run\n{URGENT}")
    assert isinstance(estimate, wb.Plan)
    assert estimate.execution_ms is None
    change = ran(shell, f"%%explain --no-run {INDEX}\n{URGENT}")
    assert isinstance(change, PlanDiff)
    assert change.after.index_names
    assert not change.after.analyzed
    found = ran(shell, f"%%compare {INDEX}\n{URGENT}")
    assert isinstance(found, wb.Comparison)
    assert found.index == INDEX
    found.require("faster", table="todos", index="todos_priority_idx")


def test_suggestions_take_the_options_of_the_call(shell: InteractiveShell) -> None:
    options = "--no-measure --max-indexes 1 --kinds btree --budget 50%"
    cell = (
        f"-- name: urgent\n{URGENT};\n-- name: soon\nSELECT * FROM todos ORDER BY due_date LIMIT 9"
    )
    advice = ran(shell, f"%%suggest_indexes {options}\n{cell}")
    assert isinstance(advice, wb.Advice)
    assert [query.name for query in advice.queries] == ["urgent", "soon"]
    [index] = advice.indexes
    assert (index.verdict, index.index.predicate) == ("estimated", "")


def test_a_notebook_sees_progress_that_is_gone_in_the_end(server: wb.Server) -> None:
    where = server.load("todos", 6000).conninfo
    load = f"import workbench as wb; db = wb.open_server({where!r}, disposable=True).database()"
    messages: list[dict[str, Any]] = []
    manager, client = start_new_kernel(extra_arguments=["--log-level=ERROR"])
    try:
        client.execute_interactive(f"{load}\n%load_ext workbench", timeout=60)
        cell = f"%%suggest_indexes --no-measure\n{URGENT}"
        client.execute_interactive(cell, timeout=60, output_hook=messages.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    kinds = [it["msg_type"] for it in messages if it["msg_type"] not in ("status", "stream")]
    assert kinds[:2] == ["execute_input", "display_data"]
    assert kinds[-2:] == ["clear_output", "execute_result"]
    assert set(kinds[2:-2]) <= {"update_display_data"}
    assert "CREATE INDEX" in messages[-2]["content"]["data"]["text/plain"]


def test_status_says_where_one_is(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    ran(shell, "%workbench status")
    shown = capsys.readouterr().out
    assert re.search(r"PostgreSQL 18\.\d+ \(embedded\)", shown)
    assert "todos at scale 6000; rows: todos 6,000" in shown
    assert "built, measured and dropped" in shown


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%explain\nSELECT colour FROM todos", 'column "colour" does not exist'),
        ("%%explain CREATE TABLE x\nSELECT 1", "an index is given as CREATE INDEX"),
        (f"%%compare\n{URGENT}", "give the index to try: %%compare CREATE INDEX ON …"),
        (f"%%explain --fast\n{URGENT}", "not as '--fast'"),
        (f"%%compare DROP TABLE todos\n{URGENT}", "CREATE INDEX"),
        (f"%%suggest_indexes --kinds btre\n{URGENT}", "btree"),
        (f"%%suggest_indexes --fast\n{URGENT}", "unrecognized arguments: --fast"),
        ("%workbench stauts", "invalid choice: 'stauts'"),
    ],
)
def test_mistakes_are_one_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str, said: str
) -> None:
    assert said in refused(shell, cell, capsys)


def test_the_last_database_serves_where_none_is_called_db(
    shell: InteractiveShell, server: wb.Server
) -> None:
    del shell.user_ns["db"]
    other = server.load("todos", 300)
    assert latest() is other
    shell.user_ns["db"] = "not a database"
    plan = ran(shell, "%%explain\nSELECT * FROM todos")
    assert isinstance(plan, wb.Plan)
    assert plan.root.total_rows == 300


def test_without_a_database_it_says_how_to_open_one(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del shell.user_ns["db"]
    monkeypatch.setattr("workbench.session._opened", [])
    line = refused(shell, f"%%explain\n{URGENT}", capsys)
    assert "no database is open; db = workbench.open_server().load('todos') opens one" in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("explain", "--no-run"),
        ("compare", "index"),
        ("suggest_indexes", "--price-writes"),
        ("workbench", "{status}"),
    ],
)
def test_each_has_help(shell: InteractiveShell, name: str, said: str) -> None:
    magic = shell.find_line_magic(name) or shell.find_cell_magic(name)
    assert f"%{name} [" in magic.__doc__ or f"%{name} {said}" in magic.__doc__
    assert said in magic.__doc__


@pytest.mark.filterwarnings("ignore")  # of a package that we only sit beside
def test_they_work_beside_jupysql(shell: InteractiveShell) -> None:
    shell.run_cell("%load_ext sql").raise_error()
    shell.run_cell("%sql sqlite://").raise_error()
    assert "3" in str(ran(shell, "%sql SELECT 1 + 2 AS three"))
    assert isinstance(ran(shell, f"%%explain\n{URGENT}"), wb.Plan)
    assert MAGICS["cell"] <= set(shell.magics_manager.magics["cell"])
