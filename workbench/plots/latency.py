"""What distance costs: round trips, the statements of one request, and the ladder of remedies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.rows import Row, Rows, errors, records, series

LEGEND_CHARACTERS, HOVER_CHARACTERS = 30, 80


@dataclass(frozen=True)
class Fit:
    """Milliseconds as a straight line over the round trip: ``at_zero_ms + trips · RTT``."""

    at_zero_ms: float
    trips: float

    def __str__(self) -> str:
        return f"{figures.ms(max(self.at_zero_ms, 0.0))} ms + {figures.count(self.trips)} × RTT"


def fit(rows: Sequence[Row]) -> Fit:
    """Least squares over ``rtt_ms`` and ``ms``; one point alone has no slope."""
    x = np.array([row["rtt_ms"] for row in rows], dtype=float)
    y = np.array([row["ms"] for row in rows], dtype=float)
    if len(set(x.tolist())) < 2:
        return Fit(float(y.mean()), 0.0)
    slope, start = np.polyfit(x, y, 1)
    return Fit(float(start), float(slope))


def latency_by_rtt(rows: Rows, *, title: str = "") -> go.Figure:
    """A line for each pattern: milliseconds against the round trip, with ms = a + b · RTT.

    Columns ``pattern``, ``rtt_ms``, ``ms`` with interval. b is the number of round trips.
    """
    groups = series(records(rows, "pattern", "rtt_ms", "ms"), "pattern")
    fits = {name: fit(group) for name, group in groups.items()}
    traces = []
    for number, (name, group) in enumerate(groups.items()):
        points = sorted(group, key=lambda row: float(row["rtt_ms"]))
        look = theme.line(f"{name}: {fits[name]}", number)
        traces.append(
            go.Scatter(
                x=[row["rtt_ms"] for row in points],
                y=[row["ms"] for row in points],
                error_y=errors(points, "ms"),
                hovertemplate="RTT %{x:g} ms: %{y:.3g} ms",
                **look,
            )
        )
    return theme.figure(
        traces,
        title=title or _trips(fits),
        x=theme.axis("round trip to the database, ms", zero=True),
        y=theme.axis("time of one request, ms", zero=True),
        height_px=380 + 20 * len(groups),
        tall_legend=True,
    )


def _trips(fits: dict[str, Fit]) -> str:
    most = max(fits, key=lambda name: fits[name].trips)
    least = min(fits, key=lambda name: fits[name].trips)
    many = figures.count(round(fits[most].trips))
    if most == least:
        return f"{most} waits for {many} round trips"
    few = figures.count(round(fits[least].trips))
    return f"{most} waits for {many} round trips, {least} for {few}"


def times(rows: Rows, *, title: str = "") -> go.Figure:
    """A bar for each way to do the same thing, with its interval; milliseconds from zero.

    Columns ``pattern`` and ``ms`` with interval.
    """
    found = records(rows, "pattern", "ms")
    bars = go.Bar(
        orientation="h",
        x=[row["ms"] for row in found],
        y=list(range(len(found))),
        error_x=errors(found, "ms"),
        width=0.3,
        marker={"color": theme.BLUE},
        hovertemplate="%{x:.3g} ms",
    )
    made = theme.figure(
        [bars],
        title=title or _quickest(found),
        x=theme.axis("time, ms", zero=True),
        y=theme.axis(""),
        height_px=70 + 50 * len(found),
        legend=False,
    )
    theme.labelled_rows(made, [f"{row['pattern']}: {figures.ms(row['ms'])} ms" for row in found])
    return made


def _quickest(rows: Sequence[Row]) -> str:
    best = min(rows, key=lambda row: float(row["ms"]))
    worst = max(rows, key=lambda row: float(row["ms"]))
    if best is worst or not best["ms"]:
        return f"{best['pattern']} takes {figures.ms(best['ms'])} ms"
    ratio = figures.factor(worst["ms"] / best["ms"])
    return f"{best['pattern']} is {ratio} as fast as {worst['pattern']}"


def statements_waterfall(rows: Rows, *, title: str = "") -> go.Figure:
    """Every statement of one request as a bar on the time it took, in order; milliseconds.

    Columns ``statement`` and ``ms``; ``start_ms`` where it is known, else each begins when the one
    before it ends. The same statement has the same colour.
    """
    found = _started(records(rows, "statement", "ms"))
    kinds = Counter(str(row["statement"]) for row in found)
    shown = [kind for kind, _ in kinds.most_common(len(theme.COLOURS) - 1)]
    bars = []
    for number, kind in enumerate([*shown, ""]):
        mine = [
            (place, row)
            for place, row in enumerate(found, 1)
            if (row["statement"] in shown) == bool(kind) and (row["statement"] == kind or not kind)
        ]
        if mine:
            times = f"{len(mine)} × " if len(mine) > 1 else ""
            name = times + theme.cut(kind, LEGEND_CHARACTERS) if kind else f"{len(mine)} others"
            bars.append(_bars(mine, name, theme.COLOURS[number]))
    made = theme.figure(
        bars,
        title=title or _repeated(found, kinds),
        x=theme.axis("time since the request began, ms", zero=True),
        y=theme.axis("statement"),
        height_px=300 + 20 * len(bars),
        tall_legend=True,
    )
    made.update_yaxes(autorange="reversed")
    made.update_layout(legend={"traceorder": "normal"}, bargap=0.1)
    return made


def _bars(placed: Sequence[tuple[int, Row]], name: str, colour: str) -> go.Bar:
    return go.Bar(
        orientation="h",
        name=theme.escaped(name),
        base=[row["start_ms"] for _, row in placed],
        x=[row["ms"] for _, row in placed],
        y=[place for place, _ in placed],
        marker={"color": colour, "line": {"width": 0}},
        text=[theme.escaped(theme.cut(row["statement"], HOVER_CHARACTERS)) for _, row in placed],
        textposition="none",
        hovertemplate="%{text}<br>%{x:.3g} ms, from %{base:.3g} ms",
    )


def _started(rows: Sequence[Row]) -> list[Row]:
    found: list[Row] = []
    clock_ms = 0.0
    for row in rows:
        start_ms = clock_ms if row.get("start_ms") is None else float(row["start_ms"])
        clock_ms = start_ms + float(row["ms"])
        found.append({**row, "start_ms": start_ms, "statement": str(row["statement"])})
    return found


def _repeated(rows: Sequence[Row], kinds: Counter[str]) -> str:
    [(most, times)] = kinds.most_common(1)
    whole_ms = max(row["start_ms"] + row["ms"] for row in rows)
    busy_ms = sum(row["ms"] for row in rows)
    took = f"{len(rows)} statements in {figures.ms(whole_ms)} ms"
    if times == 1:
        return took if len(rows) > 1 else f"1 statement in {figures.ms(whole_ms)} ms"
    theirs = sum(row["ms"] for row in rows if row["statement"] == most)
    share = figures.percent(theirs / busy_ms) if busy_ms else "0 %"
    return f"{took}; {times} of them are the same one and take {share} of the time"


def ladder(rows: Rows, *, what: str = "time of one request", title: str = "") -> go.Figure:
    """A waterfall of remedies, each on top of those before it: bars from a time to the next one.

    Columns ``step`` and ``ms`` with interval, the first being the start; the axis is logarithmic,
    so that equal lengths are equal ratios. ``what`` is the time that the axis is about.
    """
    found = records(rows, "step", "ms")
    times = [float(row["ms"]) for row in found]
    starts = [times[0], *times[:-1]]
    bars = go.Scatter(
        x=[x for pair in zip(starts, times, strict=True) for x in (*pair, None)],
        y=[y for place in range(len(found)) for y in (place, place, None)],
        mode="lines",
        line={"color": theme.SKY, "width": 12},
        hoverinfo="skip",
    )
    ends = go.Scatter(
        x=times,
        y=list(range(len(found))),
        error_x=errors(found, "ms"),
        mode="markers",
        marker={"color": theme.BLUE, "size": 10},
        hovertemplate="%{x:.3g} ms",
    )
    made = theme.figure(
        [bars, ends],
        title=title or _climbed(found, times),
        x=theme.axis(f"{what}, ms (log)", times, logarithmic=True),
        y=theme.axis(""),
        height_px=70 + 46 * len(found),
        legend=False,
    )
    pairs = zip(found, starts, times, strict=True)
    theme.labelled_rows(made, [_rung(str(row["step"]), *pair) for row, *pair in pairs])
    return made


def _rung(step: str, before: float, after: float) -> str:
    gain = "" if before == after else f", {_gain(before, after)}"
    return f"{step}: {figures.ms(after)} ms{gain}"


def _gain(before: float, after: float) -> str:
    return figures.gain(before / after) if after > 0 else "no time left"


def _climbed(rows: Sequence[Row], times: Sequence[float]) -> str:
    whole = f"{figures.ms(times[0])} ms → {figures.ms(times[-1])} ms"
    if len(times) < 2 or times[-1] <= 0:
        return whole
    gains = [before / after if after else float("inf") for before, after in pairwise(times)]
    best = gains.index(max(gains))
    return (
        f"{whole}, {_gain(times[0], times[-1])}; "
        f"most by {rows[best + 1]['step']} ({figures.factor(gains[best])})"
    )
