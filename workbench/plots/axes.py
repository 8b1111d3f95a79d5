"""Promises along the axis that they did not name: one claim in full, or how far each one moves."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.rows import Row, Rows, errors, records, series
from workbench.plots.scorecard import score

ENDS: Mapping[str, tuple[slice, dict[str, Any]]] = {
    "smallest place": (slice(0, 1), {"color": theme.ORANGE, "symbol": "circle-open", "size": 10}),
    "between": (slice(1, -1), {"color": theme.GREY, "symbol": "line-ns-open", "size": 10}),
    "largest place": (slice(-1, None), {"color": theme.BLUE, "symbol": "circle", "size": 10}),
}


def along_axis(rows: Rows, *, title: str = "") -> go.Figure:
    """One claim's measured figure along its axis, the promised range as a band behind it.

    Columns ``at``, ``measured`` with interval, ``axis``, ``unit``, and as far as there are any
    ``promised_low``, ``promised_high`` and ``neutral`` (dotted: no gain at all).
    """
    found = sorted(records(rows, "at", "measured", "axis"), key=lambda row: float(row["at"]))
    first, places = found[0], [float(row["at"]) for row in found]
    trace = go.Scatter(
        x=places,
        y=[row["measured"] for row in found],
        error_y=errors(found, "measured"),
        hovertemplate="%{x:,.4g}: %{y:.3g}",
        **theme.line("measured", 0),
    )
    made = theme.figure(
        [trace],
        title=title or f"{_named(first)}{_at(first)}, {_at(found[-1])} ({first['axis']})",
        x=theme.axis(theme.escaped(str(first["axis"])), places, logarithmic=min(places) > 0),
        y=theme.axis(f"{first.get('figure') or 'measured'}, {_unit(first)}", zero=True),
        legend=False,
    )
    _promise(made, first, max(float(row["measured"]) for row in found))
    return made


def _named(row: Row) -> str:
    return f"{row['id']}: " if row.get("id") else ""


def _at(row: Row) -> str:
    return f"{_figure(row)} at {figures.count(row['at'])}"


def _promise(made: go.Figure, row: Row, most: float) -> None:
    """The promised range, open to the top where it has no end, and the line of no gain."""
    low, high, neutral = (row.get(n) for n in ("promised_low", "promised_high", "neutral"))
    if low is not None:
        top = max(low * 1.02, most) if high is None else high
        made.add_hrect(y0=low, y1=top, fillcolor="rgba(128,128,128,0.25)", line_width=0)
    if neutral is not None:
        made.add_hline(y=neutral, line={"color": theme.INK, "dash": "dot", "width": 1})


def along_axes(rows: Rows, *, title: str = "") -> go.Figure:
    """How far each claim moves along its own axis, as ratios to the least that was promised.

    Columns as for ``scorecard``, and ``at`` and ``axis``: a row for each place. Right is good.
    """
    groups = list(series(records(rows, "id", "at", "measured", "axis"), "id").values())
    groups = [sorted(group, key=lambda row: float(row["at"])) for group in groups]
    scores = [[score(row, row["measured"]) for row in group] for group in groups]
    made = theme.figure(
        [_spans(scores), *(_places(scores, end) for end in ENDS)],
        title=title or _both_sides(scores),
        x=theme.axis(
            "measured ÷ least promised (log)",
            [1.0, *(x for each in scores for x in each)],
            logarithmic=True,
            form="factor",
        ),
        y=theme.axis(""),
        height_px=150 + 40 * len(groups),
    )
    made.add_vline(x=1, line={"color": theme.INK, "dash": "dot", "width": 1})
    theme.labelled_rows(made, [_moves(group) for group in groups])
    return made


def _spans(scores: Sequence[Sequence[float]]) -> go.Scatter:
    return go.Scatter(
        x=[x for each in scores for x in (min(each), max(each), None)],
        y=[y for place in range(len(scores)) for y in (place, place, None)],
        mode="lines",
        showlegend=False,
        line={"color": "rgba(128,128,128,0.5)", "width": 3},
        hoverinfo="skip",
    )


def _places(scores: Sequence[Sequence[float]], end: str) -> go.Scatter:
    """The first, the last or all other places of each claim."""
    part, look = ENDS[end]
    marked = [(x, place) for place, each in enumerate(scores) for x in each[part]]
    return go.Scatter(
        x=[x for x, _ in marked],
        y=[place for _, place in marked],
        mode="markers",
        name=end,
        marker=look,
        hovertemplate="%{x:.3g} times the least promised",
    )


def _both_sides(scores: Sequence[Sequence[float]]) -> str:
    both = sum(min(each) < 1 <= max(each) for each in scores)
    promises = "promise" if len(scores) == 1 else "promises"
    return f"{both} of {len(scores)} {promises} kept at one place of the axis, not at another"


def _moves(group: Sequence[Row]) -> str:
    first, last = group[0], group[-1]
    return f"{first['id']} {_figure(first)} → {_figure(last)} by {first['axis']}"


def _figure(row: Row) -> str:
    return f"{row['measured']:,.3g}{'×' if row.get('unit') == 'x' else ' ' + _unit(row)}".strip()


def _unit(row: Row) -> str:
    return str(row.get("unit") or "")
