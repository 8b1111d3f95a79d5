"""Lines through measured points, one for each series."""

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.plots import theme
from workbench.plots.rows import Row, errors, series


def lines(rows: Sequence[Row], x: str, y: str, hover: str) -> list[go.Scatter]:
    """A line for each series, sorted along x, with its intervals."""
    found = []
    for number, (name, group) in enumerate(series(rows).items()):
        points = sorted(group, key=lambda row: float(row[x]))
        found.append(
            go.Scatter(
                x=[row[x] for row in points],
                y=[row[y] for row in points],
                error_y=errors(points, y),
                hovertemplate=hover,
                **theme.line(name, number),
            )
        )
    return found


def reach(rows: Sequence[Row], name: str) -> list[float | None]:
    """All values of a column and the ends of their intervals, which an axis must hold."""
    return [row.get(end) for row in rows for end in (name, f"{name}_low", f"{name}_high")]
