"""Plots with a slider over a sweep that was measured before: it needs no kernel, only the figure.

What is shown before the slider is touched, and on paper, is one whole figure of the sweep.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any

import plotly.graph_objects as go

from workbench.errors import InputError
from workbench.plots import theme
from workbench.plots.rows import Rows, records, series

SLIDER_PX = 86


def sweep(
    rows: Rows,
    column: str,
    plot: Callable[[Rows], go.Figure],
    *,
    over: str,
    start: str | None = None,
) -> go.Figure:
    """The plot of the rows that share a value of ``column``; a slider chooses the value.

    ``over`` names the value with its unit. For example
    ``sweep(rows, "rtt_ms", plots.times, over="round trip, ms")``.
    """
    groups = series(records(rows, column), column)
    return slider({name: plot(group) for name, group in groups.items()}, over=over, start=start)


def slider(found: Mapping[str, go.Figure], *, over: str, start: str | None = None) -> go.Figure:
    """One figure out of several of the same kind; the slider ``over`` chooses which is shown.

    ``start`` is the one shown at first, else the first. Logarithmic axes are shared, so that
    the data move and not the scale. Raises InputError when there is no figure.
    """
    if not found:
        raise InputError("a slider needs at least one figure")
    names = list(found)
    active = names.index(start) if start in names else 0
    owners = [name for name, each in found.items() for _ in each.data]
    made = go.Figure(layout=found[names[active]].layout)
    for each in found.values():
        made.add_traces(each.data)
    for trace, owner in zip(made.data, owners, strict=True):
        trace.visible = owner == names[active]
    made.update_layout(shared_axes(found.values()))
    _make_room(made)
    steps = [
        {
            "label": name,
            "method": "update",
            "args": [{"visible": [owner == name for owner in owners]}, _words(each)],
        }
        for name, each in found.items()
    ]
    made.update_layout(
        sliders=[
            {
                "active": active,
                "steps": steps,
                "currentvalue": {"prefix": f"{over}: ", "font": {"size": 13}},
                "pad": {"t": 46, "b": 4, "l": 4, "r": 4},
                "y": 0,
                "yanchor": "top",
            }
        ]
    )
    return made


def shared_axes(figures: Iterable[go.Figure]) -> dict[str, dict[str, Any]]:
    """What to set in a layout so that all figures have the same axes; nothing for free ones."""
    layouts = [each.layout for each in figures]
    return {axis: _shared([layout[axis] for layout in layouts]) for axis in ("xaxis", "yaxis")}


def _words(each: go.Figure) -> dict[str, Any]:
    """What else of the layout belongs to one figure: its title, labels and lines."""
    layout = each.layout
    return {
        "title.text": layout.title.text,
        "annotations": [annotation.to_plotly_json() for annotation in layout.annotations],
        "shapes": [shape.to_plotly_json() for shape in layout.shapes],
    }


def _make_room(made: go.Figure) -> None:
    """Height for the slider below the axis."""
    made.update_layout(height=made.layout.height + SLIDER_PX)


def _shared(axes: Sequence[Any]) -> dict[str, Any]:
    """The range that holds those of all figures, with their ticks; nothing where none is set."""
    ranges = [axis.range for axis in axes if axis.range]
    if len(ranges) < len(axes):
        return {}
    ticks: dict[float, str] = {}
    for axis in axes:
        ticks |= dict(zip(axis.tickvals or (), axis.ticktext or (), strict=False))
    backwards = ranges[0][0] > ranges[0][1]
    low = min((min(ends) for ends in ranges), default=inf)
    high = max((max(ends) for ends in ranges), default=-inf)
    shared: dict[str, Any] = {"range": [high, low] if backwards else [low, high]}
    if ticks:
        kept = _thinned(sorted(ticks))
        shared |= {"tickvals": kept, "ticktext": [ticks[key] for key in kept]}
    return shared


def _thinned(ticks: Sequence[float]) -> list[float]:
    """Of the ticks of several axes so many as stand side by side on a phone, round ones first."""
    kept = list(ticks)
    for leading in ("13", "1"):
        if len(kept) > theme.MOST_TICKS:
            kept = [tick for tick in kept if f"{tick:e}"[0] in leading] or kept
    return kept
