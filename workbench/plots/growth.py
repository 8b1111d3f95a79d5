"""What a way of reading takes as there is more to read: pages by depth, memory by rows."""

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.lines import lines, reach
from workbench.plots.rows import Row, Rows, records, series


def pages_by_depth(rows: Rows, *, title: str = "") -> go.Figure:
    """Pages that Postgres touches for one page of a list, against its depth; both logarithmic.

    Columns ``depth`` (rows before the page), ``pages``, ``series`` for each way to ask.
    """
    found = records(rows, "depth", "pages")
    return theme.figure(
        lines(found, "depth", "pages", "%{x:,} rows deep: %{y:,} pages touched"),
        title=title or f"{_more(found, 'depth')} as deep: pages {_grown(found, 'depth', 'pages')}",
        x=theme.axis("rows before the page (log)", reach(found, "depth"), logarithmic=True),
        y=theme.axis("pages touched, 8 kB each (log)", reach(found, "pages"), logarithmic=True),
        legend=len(series(found)) > 1,
    )


def memory_by_rows(rows: Rows, *, title: str = "") -> go.Figure:
    """The most memory that reading a result takes, against its rows; both logarithmic.

    Columns ``rows``, ``bytes`` with interval, ``series`` for each way to read.
    """
    found = records(rows, "rows", "bytes")
    return theme.figure(
        lines(found, "rows", "bytes", "%{x:,} rows: %{y:,.0f} bytes at the peak"),
        title=title or f"{_more(found, 'rows')} the rows: memory {_grown(found, 'rows', 'bytes')}",
        x=theme.axis("rows of the result (log)", reach(found, "rows"), logarithmic=True),
        y=theme.axis(
            "memory at the peak (log)", reach(found, "bytes"), logarithmic=True, form="bytes"
        ),
        legend=len(series(found)) > 1,
    )


def _more(rows: Sequence[Row], column: str) -> str:
    values = [float(row[column]) for row in rows]
    return figures.factor(max(values) / min(values))


def _grown(rows: Sequence[Row], x: str, y: str) -> str:
    """By how much each series grows from its first point to its last; the steepest comes first."""
    factors = {}
    for name, group in series(rows).items():
        points = sorted(group, key=lambda row: float(row[x]))
        factors[name] = float(points[-1][y]) / float(points[0][y])
    ranked = sorted(factors, key=factors.__getitem__)
    ends = dict.fromkeys((ranked[-1], ranked[0]))
    words = (f"{figures.factor(factors[name])} for {name}" for name in ends)
    return ", ".join(each.removesuffix(" for ") for each in words)
