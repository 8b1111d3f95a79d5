"""Every plot as a browser draws it, on a desk and on a phone: nothing is cut off or overlaps."""

import json
import runpy
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from browser import chrome
from playwright.sync_api import Browser, Page

from workbench import plots
from workbench.reports.page_html import plotly_script

EXAMPLES = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "plots" / "plot_examples.py"))
TRIPS = EXAMPLES["TRIPS"]
LONG = [
    {"query": f"a name that is longer than any phone is wide {n}", "before_ms": 9.0, "after_ms": n}
    for n in range(1, 4)
]
FIGURES: dict[str, go.Figure] = {
    **{plot.__name__: plot(rows) for plot, rows, _ in EXAMPLES["EVERY"]},
    "sweep": plots.sweep(TRIPS, "rtt_ms", plots.times, over="round trip, ms"),
    "long names": plots.before_after(LONG),
}
BOXES = """() => Object.fromEntries(Object.entries({
  title: '.gtitle', plot: '.bglayer, .cartesianlayer .plot', x: '.xtitle', y: '.ytitle',
  legend: 'g.legend', slider: '.slider-group, .slider-container', ticks: '.xtick text',
  labels: '.annotation-text',
}).map(([name, path]) => [name, [...document.querySelectorAll(path)].map(e => {
  const box = e.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
}).filter(box => box[2] > box[0])]))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome() as browser:
        yield browser


@pytest.fixture(scope="module", params=[1280, 390], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 900})
    page.set_content("<body style='margin:16px'><div id=here></div></body>")
    page.add_script_tag(content=plotly_script())
    yield page
    page.close()


def boxes(page: Page, figure: go.Figure) -> dict[str, list[list[float]]]:
    """Left, top, right and bottom of the parts of a figure in the page."""
    spec: dict[str, Any] = json.loads(figure.to_json())
    page.evaluate(
        "spec => Plotly.newPlot('here', spec.data, spec.layout, {responsive: true})", spec
    )
    found: dict[str, list[list[float]]] = page.evaluate(BOXES)
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_all_can_be_read(page: Page, name: str) -> None:
    found = boxes(page, FIGURES[name])
    assert found["ticks"]
    assert found["labels"] or found["y"]
    assert found["legend"] or not FIGURES[name].layout.showlegend
    cut_off(found, page.viewport_size["width"] if page.viewport_size else 0)
    overlapping(found)


def cut_off(found: dict[str, list[list[float]]], width: float) -> None:
    for part, each in found.items():
        for left, top, right, _ in each:
            assert left >= 0, part
            assert right <= width, part
            assert top >= 0, part


def overlapping(found: dict[str, list[list[float]]]) -> None:
    [title], [x], ticks = found["title"], found["x"], sorted(found["ticks"])
    for label in found["labels"]:
        assert label[1] >= title[3] - 1
    for tick in ticks:
        assert title[3] <= tick[1]
        assert tick[3] <= x[1] + 2
    for below in (*found["legend"], *found["slider"]):
        assert below[1] >= x[3] - 2
    for one, other in pairwise(ticks):
        assert one[2] <= other[0]


def test_what_is_too_wide_is_seen(page: Page) -> None:
    wide = plots.times(TRIPS[:2]).update_layout(title_text="too wide " * 60)
    with pytest.raises(AssertionError, match="title"):
        cut_off(boxes(page, wide), 1280)
    deep = plots.times(TRIPS[:2]).update_layout(title_pad_b=-40)
    with pytest.raises(AssertionError):
        overlapping(boxes(page, deep))
