"""What is shared out: rows to batches, clients to connections, connections over time."""

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.lines import lines, reach
from workbench.plots.rows import Row, Rows, records, series

NEAR_BEST = 0.95


def price_by_batch(rows: Rows, *, title: str = "") -> go.Figure:
    """Microseconds that one row takes, against how many are written together; both logarithmic.

    Columns ``rows``, ``us_per_row`` with interval, ``series`` for each way to write them.
    """
    found = records(rows, "rows", "us_per_row")
    largest = max(row["rows"] for row in found)
    return theme.figure(
        lines(found, "rows", "us_per_row", "%{x:,} rows: %{y:,.3g} µs each"),
        title=title or _cheapest([row for row in found if row["rows"] == largest]),
        x=theme.axis("rows together (log)", [row["rows"] for row in found], logarithmic=True),
        y=theme.axis("one row, µs (log)", reach(found, "us_per_row"), logarithmic=True),
        legend=len(series(found)) > 1,
    )


def _cheapest(rows: Sequence[Row]) -> str:
    least, most = (end(rows, key=lambda row: float(row["us_per_row"])) for end in (min, max))
    start = f"Of {figures.count(least['rows'])} rows each takes"
    if least is most:
        return f"{start} {figures.count(least['us_per_row'])} µs"
    return (
        f"{start} {figures.count(least['us_per_row'])} µs with {least.get('series')}, "
        f"{figures.count(most['us_per_row'])} µs with {most.get('series')}"
    )


def throughput_by_pool(rows: Rows, *, title: str = "") -> go.Figure:
    """Throughput against the connections of the pool, a line for each work; both logarithmic.

    Columns ``pool_size``, ``per_s`` with interval, ``series``. While a pool is what holds requests
    up, twice the connections serve twice as many; where the line bends, something else does.
    """
    found = records(rows, "pool_size", "per_s")
    sizes = [row["pool_size"] for row in found]
    groups = series(found)
    return theme.figure(
        lines(found, "pool_size", "per_s", "pool of %{x}: %{y:,.3g} requests/s"),
        title=title or _enough(groups),
        x=theme.axis("connections in the pool (log)", sizes, logarithmic=True),
        y=theme.axis("requests/s (log)", reach(found, "per_s"), logarithmic=True),
        legend=len(groups) > 1,
    )


def _enough(groups: dict[str, list[Row]]) -> str:
    """The smallest pool of each series that is as good as the best."""
    needs = [f"{_knee(group):g} for {name}".removesuffix(" for ") for name, group in groups.items()]
    return f"Connections that serve 95 % of the best: {', '.join(needs)}"


def _knee(rows: Sequence[Row]) -> float:
    best = max(float(row["per_s"]) for row in rows)
    return min(float(row["pool_size"]) for row in rows if row["per_s"] >= NEAR_BEST * best)


def connections_over_time(rows: Rows, *, limit: int | None = None, title: str = "") -> go.Figure:
    """Connections that a pool has given out and that the server has open, at each moment.

    Columns ``ms``, ``checked_out``, ``open``; ``limit`` is drawn as a line.
    """
    found = records(rows, "ms", "checked_out", "open")
    traces = [
        go.Scatter(
            x=[row["ms"] for row in found],
            y=[row[column] for row in found],
            hovertemplate="%{x:.0f} ms: %{y}",
            **_steps(theme.line(name, number, mode="lines")),
        )
        for number, (column, name) in enumerate(
            (("checked_out", "given out by the pool"), ("open", "open on the server"))
        )
    ]
    most = max(row["checked_out"] for row in found)
    made = theme.figure(
        traces,
        title=title or f"At most {most} connections were given out" + _of(limit),
        x=theme.axis("time, ms", zero=True),
        y=theme.axis("connections", zero=True),
    )
    if limit is not None:
        made.add_hline(y=limit, line={"color": theme.INK, "dash": "dot", "width": 1})
    return made


def _of(limit: int | None) -> str:
    return "" if limit is None else f", {limit} are allowed"


def _steps(look: dict[str, object]) -> dict[str, object]:
    """A line that keeps its level until the next point."""
    return look | {"line": {**look["line"], "shape": "hv"}}  # type: ignore[dict-item]
