"""What indexes do: before and after, and from which share or size on they pay."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, log

import plotly.graph_objects as go

from workbench.measurement.comparison import Comparison
from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.lines import lines, reach
from workbench.plots.rows import Row, Rows, compared, errors, records, series

ROW_PX = 46


def before_after(rows: Rows | Mapping[str, Comparison], *, title: str = "") -> go.Figure:
    """Two dots a statement with their intervals, joined by a line; milliseconds, logarithmic.

    Columns ``query``, ``before_ms``, ``after_ms``; ``Advice.to_frame()`` has them, and a mapping of
    names to comparisons will do.
    """
    if isinstance(rows, Mapping):
        rows = compared(rows)
    found = records(rows, "query", "before_ms", "after_ms")
    places = list(range(len(found)))
    joined = go.Scatter(
        x=[x for row in found for x in (row["before_ms"], row["after_ms"], None)],
        y=[y for place in places for y in (place, place, None)],
        mode="lines",
        line={"color": theme.GRID, "width": 5},
        showlegend=False,
        hoverinfo="skip",
    )
    dots = [
        go.Scatter(
            x=[row[f"{side}_ms"] for row in found],
            y=places,
            error_x=errors(found, f"{side}_ms"),
            mode="markers",
            name=side,
            marker={"color": colour, "size": 11, "symbol": symbol},
            hovertemplate="%{x:.3g} ms",
        )
        for side, colour, symbol in (
            ("before", theme.BEFORE, "circle-open"),
            ("after", theme.AFTER, "circle"),
        )
    ]
    times = [*reach(found, "before_ms"), *reach(found, "after_ms")]
    made = theme.figure(
        [joined, *dots],
        title=title or _faster(found),
        x=theme.axis("time of one run, ms (log)", times, logarithmic=True),
        y=theme.axis(""),
        height_px=90 + ROW_PX * len(found),
    )
    theme.labelled_rows(made, [_gained(row) for row in found])
    return made


def _gained(row: Row) -> str:
    return f"{row['query']}: {figures.gain(_gain(row))}"


def _faster(rows: Sequence[Row]) -> str:
    """How many statements got faster, and the one that gained most."""
    best = max(rows, key=_gain)
    won = sum(map(_surely_faster, rows))
    if len(rows) == 1:
        sure = "" if won or _gain(best) < 1 else ", but that is not sure"
        return f"{best['query']}: {figures.gain(_gain(best))}{sure}"
    if not won:
        return f"None of {len(rows)} is surely faster"
    top = figures.factor(_gain(best))
    return f"{won} of {len(rows)} faster, most of all {best['query']}: {top}"


def _gain(row: Row) -> float:
    """The measured speed-up where the row has it, which may be of CPU time, else of medians."""
    return float(row.get("speedup") or _ratio(row["before_ms"], row["after_ms"]))


def _surely_faster(row: Row) -> bool:
    """Whether the whole interval says so; without intervals the medians must do."""
    if row.get("speedup_low") is not None:
        return bool(row["speedup_low"] > 1)
    before, after = row.get("before_ms_low"), row.get("after_ms_high")
    if before is not None and after is not None:
        return bool(before > after)
    return _gain(row) > 1


def _ratio(before: float, after: float) -> float:
    return before / after if after else float("inf")


def speedup_by_selectivity(rows: Rows, *, title: str = "") -> go.Figure:
    """How many times faster, against the share of rows that match; both logarithmic.

    Columns ``selectivity`` (0 to 1), ``speedup`` with interval, ``series`` for more lines.
    """
    found = records(rows, "selectivity", "speedup")
    made = theme.figure(
        lines(found, "selectivity", "speedup", "%{x:.2%} of the rows: %{y:.3g}×"),
        title=title or _pays_below(found),
        x=theme.axis(
            "matching rows of the table (log)",
            [row["selectivity"] for row in found],
            logarithmic=True,
            form="percent",
        ),
        y=theme.axis(
            "times as fast (log)", [1, *reach(found, "speedup")], logarithmic=True, form="factor"
        ),
        legend=len(series(found)) > 1,
    )
    made.add_hline(y=1, line={"color": theme.INK, "dash": "dot", "width": 1})
    turn = crossing(found, "selectivity", "speedup")
    if turn is not None and len(series(found)) == 1:
        theme.marked(made, turn, _percent(turn))
    return made


def _pays_below(rows: Sequence[Row]) -> str:
    turn = crossing(rows, "selectivity", "speedup")
    best = max(rows, key=lambda row: float(row["speedup"]))
    top = f"{figures.gain(best['speedup'])} at {_percent(best['selectivity'])} of the rows"
    if len(series(rows)) > 1:
        return f"At best {best.get('series')} is {top}"
    if turn is not None:
        return f"The index pays below {_percent(turn)} of the rows; at best it is {top}"
    every = all(row["speedup"] > 1 for row in rows)
    return f"The index pays at {'every' if every else 'no'} share; at best it is {top}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def time_by_rows(rows: Rows, *, title: str = "") -> go.Figure:
    """Milliseconds before and after against the rows of the table; both logarithmic.

    Columns ``rows``, ``before_ms``, ``after_ms`` with intervals.
    """
    found = sorted(
        records(rows, "rows", "before_ms", "after_ms"), key=lambda row: float(row["rows"])
    )
    sides = [
        go.Scatter(
            x=[row["rows"] for row in found],
            y=[row[f"{side}_ms"] for row in found],
            error_y=errors(found, f"{side}_ms"),
            hovertemplate="%{x:,} rows: %{y:.3g} ms",
            **theme.line(f"{side} the index", number),
        )
        for side, number in (("before", 1), ("after", 0))
    ]
    turn = _pays_from(found)
    times = [*reach(found, "before_ms"), *reach(found, "after_ms")]
    made = theme.figure(
        sides,
        title=title or _start(found, turn),
        x=theme.axis("rows in the table (log)", [row["rows"] for row in found], logarithmic=True),
        y=theme.axis("time of one run, ms (log)", times, logarithmic=True),
    )
    if turn is not None:
        theme.marked(made, turn, f"{figures.count(round(turn, -1))} rows")
    return made


def _pays_from(rows: Sequence[Row]) -> float | None:
    ratios = [
        {"rows": row["rows"], "ratio": _ratio(row["before_ms"], row["after_ms"])} for row in rows
    ]
    return crossing(ratios, "rows", "ratio")


def _start(rows: Sequence[Row], turn: float | None) -> str:
    last = rows[-1]
    ratio = _ratio(last["before_ms"], last["after_ms"])
    end = f"at {figures.count(last['rows'])} rows it is {figures.gain(ratio)}"
    if turn is not None:
        return f"The index starts to pay at about {figures.count(round(turn, -1))} rows; {end}"
    first = rows[0]
    pays = _ratio(first["before_ms"], first["after_ms"]) > 1
    return f"The index pays at {'every' if pays else 'no'} size; {end}"


def crossing(rows: Sequence[Row], x: str, ratio: str) -> float | None:
    """Where a ratio passes 1 for the last time, by straight lines on logarithmic axes."""
    points = sorted((float(row[x]), float(row[ratio])) for row in rows if row[x] > 0)
    for (x0, r0), (x1, r1) in reversed(list(pairwise(points))):
        if min(r0, r1) > 0 and x1 > x0 and (r0 - 1) * (r1 - 1) < 0:
            part = log(r0) / (log(r0) - log(r1))
            return exp(log(x0) + part * (log(x1) - log(x0)))
    return None
