"""Plans open in pev2, as npm has it, in a page that asks nobody for anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from browser import chrome
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook, new_output, writes

from workbench.cli.commands import cli
from workbench.plans.parse import parse

PATIENCE_S = 120
SCAN = {"Node Type": "Seq Scan", "Relation Name": "todos", "Alias": "todos"}
SCAN |= {"Startup Cost": 0.0, "Total Cost": 9.0, "Plan Rows": 10, "Plan Width": 8}
LIMIT = SCAN | {"Node Type": "Limit", "Plans": [SCAN]}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which npm has installed pev2."""
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None:
        pytest.skip("there is no npm to install pev2 with")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "pev2@1"]
    env = {**os.environ, "npm_config_fetch_retries": "0"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install pev2 within {PATIENCE_S} s")
    if done.returncode:
        pytest.skip("npm cannot reach its registry")
    return folder


@pytest.mark.parametrize("site", [False, True], ids=["alone", "site"])
def test_a_button_opens_the_plan(installed: Path, tmp_path: Path, site: bool) -> None:
    data = {"text/html": "<p>two plans</p>"}
    data |= parse([{"Plan": SCAN}]).diff(parse([{"Plan": LIMIT}]))._repr_mimebundle_()
    output = new_output("execute_result", data=data)
    path = tmp_path / "plans.ipynb"
    path.write_text(writes(new_notebook(cells=[new_code_cell("x", outputs=[output])])))
    options = ["-o", str(tmp_path / "out"), "--pev2", str(installed), *(["--site"] * site)]
    done = CliRunner().invoke(cli, ["report", str(path), *options])
    assert done.exit_code == 0, done.output
    page_bytes = sum(file.stat().st_size for file in (tmp_path / "out").glob("p*"))
    assert page_bytes < 2_500_000 if site else page_bytes < 500_000
    with chrome() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        page.on("request", lambda it: asked.append(it.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.goto((tmp_path / "out" / "plans.html").as_uri())
        page.get_by_role("button", name="open the plan before in pev2").click()
        frame = page.frame_locator("dialog.pev2 iframe")
        frame.locator(".plan-node", has_text="Seq Scan").first.wait_for()
        assert frame.locator(".plan-node", has_text="Limit").count() == 0
        page.get_by_role("button", name="close").click()
        page.get_by_role("button", name="open the plan after in pev2").click()
        frame.locator(".plan-node", has_text="Limit").first.wait_for()
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
