"""The viewer from npm: where its parts are looked for, and what a page without it is like."""

import gzip
import json
from base64 import b64decode
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from workbench.errors import InputError
from workbench.markup import PLANS
from workbench.plans.parse import parse
from workbench.reports import notebook, page_html, pev2

EXPLAINED = [{"Plan": {"Node Type": "Seq Scan", "Relation Name": "</script>", "Total Cost": 1.0}}]
PARTS = (*pev2.SCRIPTS, *pev2.STYLES, *pev2.LICENCES)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    for name in PARTS:
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}")
    return tmp_path / "node_modules"


@pytest.mark.parametrize("place", ["..", ".", "pev2"])
def test_all_parts_are_packed_wherever_one_points(modules: Path, place: str) -> None:
    found = json.loads(gzip.decompress(b64decode(pev2.packed((modules / place).resolve()))))
    texts = [text for part in found.values() for text in part]
    assert sorted(texts) == sorted(f"text of {name}" for name in PARTS)


def test_what_is_missing_is_said(modules: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no pev2 in .*elsewhere; run `npm install pev2` there"):
        pev2.packed(tmp_path / "elsewhere")
    (modules / pev2.STYLES[0]).unlink()
    with pytest.raises(InputError, match=r"not whole: .*bootstrap.min.css cannot be read"):
        pev2.packed(modules)


def shown(viewer: str) -> str:
    plan = parse(EXPLAINED)
    data = {**plan._repr_mimebundle_(), "text/html": plan._repr_html_()}
    output = new_output("execute_result", data=data)
    node = new_notebook(cells=[new_code_cell("x", execution_count=1, outputs=[output])])
    return page_html.page(notebook.of_node(Path("some.ipynb"), node), pev2=viewer)


def test_a_page_holds_the_plan_as_postgres_printed_it() -> None:
    assert parse(EXPLAINED)._repr_mimebundle_() == {PLANS: {"plan": EXPLAINED}}
    page = shown("")
    body = page.split("class='plans'>")[1].split("</script>")[0]
    assert json.loads(body) == {"plan": EXPLAINED}
    assert "pev2-packed" not in page
    assert 'id="pev2-packed">packed</script>' in shown("packed")
