"""A check that cannot fail is none: one broken notebook for each kind of fault must be found."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from executed import NOTEBOOKS, nbval
from house_style import CHECKED, FIGURE, breaches
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

SECTIONS = """## Question

Which index makes the list of open to-dos fast?

## What we expect and why

A partial index on the open ones, since hardly any are open.

## Setup

## The plan

## The measurement

We were promised 3x and look at what was measured. Enough is said here to outweigh the code below,
which a reader of a notebook should not have to study in order to follow the story that it tells.

## The picture

## Verdict

## When this does not hold

## Next
"""

SETUP = "import workbench as wb\nserver = wb.open_server(notify=lambda message: None)\n"
SETUP += "db = server.load('todos', scale=2000)"
QUERY = "query = 'SELECT id FROM todos WHERE due_date = $$2026-01-01$$'"
VERDICT = f"{CHECKED}\nprint('uses', db.explain(query, index=index).index_names, '⟨3x⟩')"
WANTED = "index = 'CREATE INDEX wanted ON todos (due_date)'"


def sound() -> nbformat.NotebookNode:
    """A small notebook that keeps every rule, with the outputs it has when it is run."""
    printed = "uses ('wanted',) ⟨3x⟩\n"
    sources = [SETUP, QUERY, WANTED, VERDICT, "server.stop()"]
    cells = [new_markdown_cell(SECTIONS)]
    for count, source in enumerate(sources, start=1):
        cell = new_code_cell(source, execution_count=count)
        if source is VERDICT:
            cell.metadata["tags"] = ["verdict"]
            cell.outputs = [new_output("stream", name="stdout", text=printed)]
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def replaced(old: str, new: str) -> Callable[[nbformat.NotebookNode], None]:
    def change(node: nbformat.NotebookNode) -> None:
        assert any(old in cell.source for cell in node.cells)
        for cell in node.cells:
            cell.source = cell.source.replace(old, new)

    return change


def another_output(node: nbformat.NotebookNode) -> None:
    node.cells[4].outputs[0].text = "uses ('another',) ⟨3x⟩\n"


def no_count(node: nbformat.NotebookNode) -> None:
    node.cells[4].execution_count = None


def no_output(node: nbformat.NotebookNode) -> None:
    node.cells[4].outputs = []


def no_tag(node: nbformat.NotebookNode) -> None:
    node.cells[4].metadata["tags"] = []


def failed(node: nbformat.NotebookNode) -> None:
    node.cells[2].outputs = [new_output("error", ename="E", evalue="x", traceback=[])]


def long_cell(node: nbformat.NotebookNode) -> None:
    node.cells[2].source += "\nx = 1" * 8


def chart_without_picture(node: nbformat.NotebookNode) -> None:
    data = {"application/vnd.plotly.v1+json": {"data": [], "layout": {}}}
    node.cells[2].outputs = [new_output("display_data", data=data)]


def empty_output(node: nbformat.NotebookNode) -> None:
    node.cells[2].outputs = [new_output("display_data", data={"text/html": "<pre></pre>\n"})]


RUN_FAULTS = {
    "the wrong index": replaced("INDEX wanted", "INDEX other"),
    "an index that is not used": replaced("(due_date)", "(title)"),
    "a cell that raises": replaced(QUERY, "query = undefined_name"),
    "an output that was edited": another_output,
}

STYLE_FAULTS = {
    "a cell without a count": no_count,
    "a checked cell without output": no_output,
    "no tagged verdict": no_tag,
    "a stored error": failed,
    "a long cell": long_cell,
    "a function": replaced(QUERY, f"{QUERY}\ndef f(): pass"),
    "prose with an unprinted figure": replaced("promised 3x", "promised 7x"),
    "a missing section": replaced("## The plan", "## A plan"),
    "a chart without a picture": chart_without_picture,
    "an empty output": empty_output,
    "a verdict that is not checked": replaced(CHECKED, "# fine"),
}


def test_a_sound_notebook_keeps_the_rules() -> None:
    assert breaches(sound()) == []


@pytest.mark.parametrize("fault", STYLE_FAULTS)
def test_the_rules_find(fault: str) -> None:
    node = sound()
    STYLE_FAULTS[fault](node)
    assert breaches(node) != []


def written(tmp_path: Path, node: nbformat.NotebookNode) -> Path:
    path = tmp_path / "mutated.ipynb"
    nbformat.write(node, path)
    return path


@pytest.mark.slow
def test_a_sound_notebook_passes(tmp_path: Path, environment: dict[str, str]) -> None:
    done = nbval(written(tmp_path, sound()), environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("fault", RUN_FAULTS)
def test_a_run_finds(fault: str, tmp_path: Path, environment: dict[str, str]) -> None:
    node = sound()
    RUN_FAULTS[fault](node)
    done = nbval(written(tmp_path, node), environment)
    assert done.returncode == 1, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"\b[12] failed", done.stdout)  # the set-up did not fail


@pytest.mark.slow
def test_a_run_finds_other_figures_only_outside_the_marks(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Between ⟨ and ⟩ a measured figure may differ; nowhere else."""
    node = sound()
    node.cells[4].outputs[0].text = "uses ('wanted',) ⟨4x⟩\n"
    done = nbval(written(tmp_path, node), environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.parametrize("text", ["3x", "12.5 ms", "80 %", "1,000 rows", "64 kB", "2.5×"])
def test_figures_are_seen(text: str) -> None:
    assert FIGURE.search(f"it took {text} in all")


@pytest.mark.parametrize("text", ["notebook 04", "10 of 12", "S3.2", "PostgreSQL 18", "x3 y"])
def test_other_numbers_are_not(text: str) -> None:
    assert not FIGURE.search(f"as in {text} above")


def test_every_notebook_has_a_name_with_a_number() -> None:
    assert all(path.stem[:2].isdigit() for path in NOTEBOOKS)
