"""Sliders that need a kernel: they move the figure, and leave one behind that needs none."""

import sys
from typing import Any

import pytest
from plot_examples import TRIPS

from workbench import plots
from workbench.errors import InputError

PLOTLY, WIDGET = "application/vnd.plotly.v1+json", "application/vnd.jupyter.widget-view+json"
PAGES = [row | {"parents": n, "ms": row["ms"] * n} for n in (10, 100) for row in TRIPS]
OVER = {"rtt_ms": "round trip, ms", "parents": "parents"}


def titles(pages: list[dict[str, Any]] = PAGES) -> tuple[Any, Any, Any]:
    """Both sliders, and the figure that they move."""
    return plots.explore(pages, plots.times, OVER, start={"parents": 100}).widget().children


def test_every_slider_moves_the_figure() -> None:
    trip, parents, figure = titles()
    assert (trip.description, trip.value) == ("round trip, ms", "0")
    assert (parents.options, parents.value) == (("10", "100"), "100")
    assert figure.layout.title.text == "lazy is 1.2× as fast as joined"
    assert max(figure.data[0].x) == 500.0
    trip.value = "5"
    assert figure.layout.title.text == "joined is 51× as fast as lazy"
    parents.value = "10"
    assert len(figure.data) == 1
    assert max(figure.data[0].x) == 5090


def test_what_is_kept_needs_no_kernel() -> None:
    explorer = plots.explore(PAGES, plots.times, OVER, start={"parents": 100})
    [slider] = explorer.static.layout.sliders
    assert [step.label for step in slider.steps] == ["0", "1", "5"]
    bundle = explorer._repr_mimebundle_()
    assert {PLOTLY, WIDGET, "text/plain"} == set(bundle)
    assert bundle["text/plain"].startswith("round trip, ms · parents · lazy is")


def test_without_ipywidgets_the_figure_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = plots.explore(PAGES, plots.times, OVER)._repr_mimebundle_()
    assert PLOTLY in bundle
    assert WIDGET not in bundle


def test_a_place_without_rows_is_named() -> None:
    holed = [row for row in PAGES if (row["rtt_ms"], row["parents"]) != (5, 100)]
    with pytest.raises(InputError, match="nothing to plot for rtt_ms 5 and parents 100;"):
        plots.explore(holed, plots.times, OVER)
    with pytest.raises(InputError, match="cannot start at"):
        plots.explore(PAGES, plots.times, OVER, start={"parents": 7})
    with pytest.raises(InputError, match="at least one column"):
        plots.explore(PAGES, plots.times, {})
