"""Notebooks in JupyterLab, in a real browser: as a colleague opens them, and run anew."""

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import chrome
from executed import EXPLORES, NOTEBOOKS
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

PATIENCE_S = 180
START = NOTEBOOKS[0]
PLOTTED = NOTEBOOKS[-1]

KERNEL_IS_IDLE = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext;
  return context?.session?.kernel?.connectionStatus === 'connected'
    && context.session.kernel.status === 'idle';
}"""
RUN_ALL = """async () => {
  const app = window.jupyterapp;
  await app.commands.execute('notebook:run-all-cells');
}"""
MODEL = "window.jupyterapp.shell.currentWidget.content.model"
CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
CELLS = f"() => {MODEL}.toJSON().cells.filter(cell => cell.cell_type === 'code')"
TRUSTED = "() => window.jupyterapp.shell.currentWidget.content.widgets.every(w => w.model.trusted)"
TITLES = "all => all.map(it => it.textContent)"
OPEN = """path => window.jupyterapp.commands
  .execute('docmanager:open', {path, factory: 'Notebook'}).then(widget => widget.id)"""
CLOSE = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  panel.context.model.dirty = false;  // a drawn chart is kept as a picture
  await panel.sessionContext.shutdown();
  panel.close();
}"""

pytestmark = pytest.mark.slow
expect.set_options(timeout=60_000)


@contextmanager
def jupyterlab(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a JupyterLab on a free port, started by ``workbench lab``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--port={port}", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    options += ["--IdentityProvider.token=", f"--folder={folder}"]
    command = [sys.executable, "-m", "workbench", "lab", *options]
    config = {**environment, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_DATA_DIR": str(folder)}
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=config, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and server.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=5):
                yield address
                return
            time.sleep(0.2)
        pytest.fail((folder / "lab.log").read_text()[-3000:])
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome() as started:
        yield started


@pytest.fixture(scope="module")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def address(lab_folder: Path, environment: dict[str, str]) -> Iterator[str]:
    with jupyterlab(lab_folder, environment) as found:
        yield found


@contextmanager
def opened(browser: Browser, address: str, path: Path) -> Iterator[Page]:
    """The notebook in a tab of its own, when its kernel is ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{address}/lab/tree/{path.name}?reset")
    page.wait_for_selector(".jp-Notebook")
    page.wait_for_function(KERNEL_IS_IDLE)
    try:
        yield page
    finally:
        page.close()


def stored(path: Path, kind: str) -> list[Any]:
    """What the outputs of a committed notebook hold of one kind."""
    outputs = (out for cell in nbformat.read(path, 4).cells for out in cell.get("outputs", ()))
    return [out.data[kind] for out in outputs if kind in out.get("data", {})]


def titles(path: Path) -> list[str]:
    """The titles of the charts that a committed notebook holds, as a browser writes them."""
    charts = stored(path, "application/vnd.plotly.v1+json")
    return [unescape(re.sub("<[^>]+>", "", it["layout"]["title"]["text"])) for it in charts]


@pytest.fixture(scope="module")
def laboratory(browser: Browser, address: str) -> Iterator[Page]:
    """One JupyterLab for looking at many notebooks, none of which is trusted."""
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{address}/lab?reset")
    page.wait_for_selector(".jp-Launcher")
    yield page
    page.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_opens_as_it_was_committed(laboratory: Page, path: Path) -> None:
    """Untrusted, and not run: every plan unfolds, every chart becomes one under the pointer."""
    panel = laboratory.locator(f"[id='{laboratory.evaluate(OPEN, path.name)}']")
    folding = stored(path, "text/html") + stored(path, "text/markdown")
    folds = sum(text.count("<details") for text in folding)
    pictures, unfolding = panel.locator(".plot-img"), panel.locator(".jp-OutputArea-output details")
    expect(unfolding).to_have_count(folds)
    expect(pictures).to_have_count(len(titles(path)))
    assert all(each.is_visible() for each in unfolding.all()[:1])
    assert not laboratory.evaluate(TRUSTED)
    assert panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    for number in range(len(titles(path))):
        pictures.nth(number).dispatch_event("mouseenter")
        panel.locator(".jp-RenderedPlotly").nth(number).locator(".gtitle").wait_for()
    assert panel.locator(".gtitle").evaluate_all(TITLES) == titles(path) != []
    laboratory.evaluate(CLOSE)
    panel.wait_for(state="detached")


@pytest.mark.parametrize("path", [START, PLOTTED], ids=lambda path: path.stem)
def test_every_cell_runs_and_every_chart_is_drawn(
    browser: Browser, address: str, path: Path
) -> None:
    with opened(browser, address, path) as page:
        page.evaluate(CLEAR)
        page.evaluate(RUN_ALL)
        page.wait_for_function(KERNEL_IS_IDLE)
        cells = page.evaluate(CELLS)
        outputs = [output for cell in cells for output in cell["outputs"]]
        assert [each for each in outputs if each["output_type"] == "error"] == []
        assert [cell["source"] for cell in cells if not cell["execution_count"]] == []
        charts = [each for each in outputs if "application/vnd.plotly.v1+json" in str(each)]
        assert len(charts) == len(titles(path)) > 0
        marks = 0
        for number in range(len(charts)):
            page.locator(".jp-OutputArea .js-plotly-plot").nth(number).scroll_into_view_if_needed()
            marks += page.locator(".js-plotly-plot").nth(number).locator(".point").count()
        drawn = page.locator(".js-plotly-plot .gtitle").evaluate_all(TITLES)
        assert len(drawn) == len(charts)
        assert all(drawn)
        assert marks > 0


def test_the_sliders_of_a_sweep_move_its_figure(
    browser: Browser, address: str, lab_folder: Path
) -> None:
    path = lab_folder / "sliders.ipynb"
    metadata = {"kernelspec": nbformat.read(START, 4).metadata.kernelspec}
    nbformat.write(new_notebook(cells=[new_code_cell(EXPLORES)], metadata=metadata), path)
    with opened(browser, address, path) as page:
        page.evaluate(RUN_ALL)
        title, handles = page.locator(".gtitle"), page.locator(".noUi-handle")
        expect(title).to_have_text("lazy is 2.0× as fast as eager")
        handles.nth(0).press("ArrowRight")
        expect(title).to_have_text("eager is 28× as fast as lazy")
        handles.nth(1).press("ArrowRight")
        expect(title).to_have_text("eager is 46× as fast as lazy")
