"""Reports in a real browser: they draw every chart, ask nobody for anything, and fit a phone."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from browser import chrome
from executed import EXPLORES, NOTEBOOKS
from playwright.sync_api import Browser, Page

from workbench.reports import execution, notebook, page_html
from workbench.reports.publish import publish

MOST_REPORT_BYTES, MOST_SITE_BYTES = 5_000_000, 8_000_000
WIDTHS = (1280, 390)
DRAWN = ".chart[data-drawn]"
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LEAVES = ("http:", "https:", "ws:", "wss:")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome() as started:
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    publish([notebook.read(path) for path in NOTEBOOKS], folder, site=True)
    return folder


def opened(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    """The page, and what it asked the network for or complained about."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    page.on("request", lambda it: faults.append(it.url) if it.url.startswith(LEAVES) else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda it: faults.append(it.text) if it.type == "error" else None)
    page.goto(path.as_uri())
    return page, faults


def charts(path: Path) -> int:
    cells = nbformat.read(path, as_version=4).cells
    return sum(
        "application/vnd.plotly.v1+json" in output.get("data", {})
        for cell in cells
        for output in cell.get("outputs", ())
    )


def wait_for_charts(page: Page, path: Path) -> None:
    """Not by a function to be evaluated: the page's policy forbids that, too."""
    for number in range(charts(path)):
        page.locator(DRAWN).nth(number).wait_for(state="attached")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_page_of_the_site(browser: Browser, site: Path, path: Path, width: int) -> None:
    page, faults = opened(browser, site / f"{path.stem}.html", width)
    wait_for_charts(page, path)
    assert not page.evaluate(TOO_WIDE)
    assert faults == []
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_index_leads_to_every_page(browser: Browser, site: Path, width: int) -> None:
    page, faults = opened(browser, site / "index.html", width)
    links = page.eval_on_selector_all(".card a", "all => all.map(a => a.getAttribute('href'))")
    assert links == [f"{path.stem}.html" for path in NOTEBOOKS]
    assert not page.evaluate(TOO_WIDE)
    assert faults == []
    page.close()


def test_a_page_alone_unpacks_its_script(browser: Browser, tmp_path: Path) -> None:
    path = max(NOTEBOOKS, key=charts)
    (written,) = publish([notebook.read(path)], tmp_path)
    page, faults = opened(browser, written, 1280)
    wait_for_charts(page, path)
    assert faults == []
    page.close()


def test_a_page_cannot_reach_the_network(browser: Browser, tmp_path: Path) -> None:
    """What a cell's HTML asks for is refused by the page's own policy."""
    node = nbformat.v4.new_notebook()
    asks = "<img src='http://127.0.0.1:9/x.png'><script>fetch('http://127.0.0.1:9/')</script>"
    output = nbformat.v4.new_output("display_data", data={"text/html": asks})
    node.cells = [nbformat.v4.new_code_cell("x", execution_count=1, outputs=[output])]
    written = tmp_path / "asks.html"
    written.write_text(page_html.page(notebook.of_node(Path("asks.ipynb"), node)), "utf-8")
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda it: refused.append(it.text))
    page.goto(written.as_uri())
    page.wait_for_timeout(300)
    assert sum("Content Security Policy" in text for text in refused) >= 2
    page.close()


def test_what_moves_with_a_kernel_is_a_chart_with_a_slider(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "explores.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(EXPLORES)]), path)
    found = execution.execute(path)
    assert "widgets" not in found.node.metadata
    (written,) = publish([found], tmp_path)
    page, faults = opened(browser, written, 1280)
    page.locator(DRAWN).wait_for(state="attached")
    assert page.locator(".slider-label").all_text_contents() == ["round trip, ms: 0", "0", "5"]
    assert faults == []
    page.close()


def test_sizes(site: Path, tmp_path: Path) -> None:
    assert sum(file.stat().st_size for file in site.iterdir()) <= MOST_SITE_BYTES
    alone = publish([notebook.read(path) for path in NOTEBOOKS], tmp_path)
    assert max(file.stat().st_size for file in alone) <= MOST_REPORT_BYTES
