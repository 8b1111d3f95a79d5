"""Notebooks as pages: nothing is dropped, data cannot become markup, faults are said on top."""

import json
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.errors import InputError
from workbench.reports import notebook, page_html
from workbench.reports.cells import PLOTLY, SHOWN, output_html
from workbench.reports.publish import prepare, publish

CONTENT = {
    PLOTLY: {"data": [{"x": [1], "name": "</script><b>"}], "layout": {"title": {"text": "seen"}}},
    "text/html": "<table><tr><td>seen</td></tr></table>",
    "image/svg+xml": "<svg>seen</svg>",
    "image/png": "c2Vlbg==",
    "image/jpeg": "c2Vlbg==",
    "text/markdown": "**seen**",
    "application/json": {"is": "seen"},
    "text/latex": "$seen$",
    "text/plain": "seen <script>",
}


def of_cells(*cells: nbformat.NotebookNode) -> notebook.Notebook:
    return notebook.of_node(Path("some.ipynb"), new_notebook(cells=list(cells)))


def shown(*outputs: nbformat.NotebookNode) -> str:
    return page_html.page(of_cells(new_code_cell("x", execution_count=1, outputs=list(outputs))))


@pytest.mark.parametrize("kind", [kind for kind, _ in SHOWN])
@pytest.mark.parametrize("how", ["display_data", "execute_result"])
def test_every_form_of_output_is_shown(kind: str, how: str) -> None:
    page = shown(new_output(how, data={kind: CONTENT[kind]}))
    assert "seen" in page or "c2Vlbg==" in page or "PHN2Zz5zZWVuPC9zdmc+" in page


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_streams_are_shown(name: str) -> None:
    assert "<pre class='stdout'>a &lt;b&gt;" in shown(
        new_output("stream", name=name, text="a <b>")
    ).replace("stderr", "stdout")


def test_the_richest_form_is_taken() -> None:
    shown_html = output_html(new_output("display_data", data=CONTENT))
    assert shown_html.index("application/json") > 0
    assert "<table>" not in shown_html


def test_a_chart_keeps_its_data_and_cannot_leave_its_script() -> None:
    html = output_html(new_output("display_data", data={PLOTLY: CONTENT[PLOTLY]}))
    body = html.split("<script type='application/json'>")[1].split("</script>")[0]
    assert json.loads(unescape(body)) == CONTENT[PLOTLY]


def test_text_and_prose_cannot_become_markup() -> None:
    page = page_html.page(
        of_cells(
            new_markdown_cell("# A <script>alert(1)</script> title\n\nprose <script>x</script>"),
            new_code_cell(
                "'<script>y</script>'",
                execution_count=1,
                outputs=[new_output("execute_result", data={"text/plain": "<script>z</script>"})],
            ),
        )
    )
    assert page.count("<script") == 1  # our own


def test_failed_cells_are_named_on_top() -> None:
    error = new_output("error", ename="ValueError", evalue="no <b>", traceback=["trace"])
    found = of_cells(new_code_cell("x", execution_count=1, outputs=[error]))
    page = page_html.page(found)
    assert [each.number for each in found.failures] == [1]
    assert page.index("ValueError: no &lt;b&gt;") < page.index("<section")
    assert "id='cell-1'" in page


def test_the_contents_lead_to_the_headings() -> None:
    printed = new_code_cell("x", outputs=[new_output("stream", text="x")])
    page = page_html.page(of_cells(new_markdown_cell("# T\n\n## One & `two`"), printed))
    assert '<a href="#One-&amp;-two">One &amp; two</a>' in page
    assert 'id="One-&amp;-two"' in page


def test_a_card_has_title_summary_and_verdict() -> None:
    cell = new_code_cell("x", metadata={"tags": ["verdict"]})
    cell.outputs = [new_output("stream", text="faster: todos (due_date)\n")]
    found = of_cells(new_markdown_cell("# A title\n\nThe *first* paragraph."), cell)
    page = page_html.index("All", [found])
    assert (found.title, found.summary) == ("A title", "The first paragraph.")
    assert "faster: todos (due_date)" in page


def saved(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    for text in ("", "{", "[]", "plain text", '{"cells": 3}'):
        with pytest.raises(InputError, match="is not a Jupyter notebook"):
            notebook.read(saved(tmp_path / "x.ipynb", text))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        notebook.read(tmp_path / "missing.ipynb")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        notebook.read(tmp_path)


def test_a_notebook_without_outputs_is_refused(tmp_path: Path) -> None:
    node = new_notebook(cells=[new_code_cell("1 + 1")])
    with pytest.raises(InputError, match="has no outputs; run it first, or give --execute"):
        notebook.read(saved(tmp_path / "x.ipynb", nbformat.writes(node)))


def test_a_huge_notebook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(notebook.MOST_BYTES + 1)
    with pytest.raises(InputError, match="50 MB"):
        notebook.read(path)


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "precious", "x")
    with pytest.raises(InputError, match="not empty; choose another or give --force"):
        prepare(tmp_path, force=False)
    prepare(tmp_path, force=True)
    with pytest.raises(InputError, match="cannot be used"):
        prepare(tmp_path / "precious", force=False)


def test_two_notebooks_of_one_name_are_refused(tmp_path: Path) -> None:
    found = of_cells(new_markdown_cell("# T"))
    with pytest.raises(InputError, match="two notebooks are named some"):
        publish([found, found], tmp_path)
    assert list(tmp_path.iterdir()) == []
