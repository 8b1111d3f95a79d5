"""What indexes weigh, what they bring for it, and what they cost the writes."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.rows import Row, Rows, errors, records, series


def size_against_benefit(rows: Rows, *, title: str = "") -> go.Figure:
    """A dot for each index: bytes against milliseconds saved; the line is the Pareto front.

    Columns ``index``, ``size_bytes``, ``benefit_ms``; ``Advice.to_frame("indexes")`` has them.
    ``chosen`` (true or false) sets the suggested ones apart.
    """
    found = records(rows, "index", "size_bytes", "benefit_ms")
    front = pareto_front(found)
    edge = go.Scatter(
        x=[*(row["size_bytes"] for row in front), max(row["size_bytes"] for row in found)],
        y=[*(row["benefit_ms"] for row in front), front[-1]["benefit_ms"]],
        mode="lines",
        line={"color": theme.BLUE, "width": 2, "shape": "hv"},
        name="no smaller index saves as much",
        hoverinfo="skip",
    )
    dots = [
        _cloud([row for row in found if bool(row.get("chosen", True)) == chosen], chosen)
        for chosen in (False, True)
    ]
    return theme.figure(
        [edge, *(cloud for cloud in dots if cloud is not None)],
        title=title or _worth(found, front),
        x=theme.axis(
            "size of the index (log)",
            [row["size_bytes"] for row in found],
            logarithmic=True,
            form="bytes",
        ),
        y=theme.axis("saved in the workload, ms", zero=True),
    )


def _cloud(rows: Sequence[Row], chosen: bool) -> go.Scatter | None:
    if not rows:
        return None
    return go.Scatter(
        x=[row["size_bytes"] for row in rows],
        y=[row["benefit_ms"] for row in rows],
        text=[theme.escaped(str(row["index"])) for row in rows],
        mode="markers",
        name="suggested" if chosen else "not suggested",
        marker={
            "color": theme.GREEN if chosen else theme.GREY,
            "symbol": "circle" if chosen else "circle-open",
            "size": 10,
        },
        hovertemplate="%{text}<br>%{x:,} bytes, %{y:.3g} ms saved",
    )


def pareto_front(rows: Sequence[Row]) -> list[Row]:
    """The rows of which no other is as small and saves as much, by size."""
    front: list[Row] = []
    for row in sorted(rows, key=lambda row: (row["size_bytes"], -row["benefit_ms"])):
        if not front or row["benefit_ms"] > front[-1]["benefit_ms"]:
            front.append(row)
    return front


def _worth(rows: Sequence[Row], front: Sequence[Row]) -> str:
    total = sum(max(row["benefit_ms"], 0.0) for row in rows)
    best = max(rows, key=lambda row: float(row["benefit_ms"]))
    share = figures.percent(best["benefit_ms"] / total) if total else "0 %"
    size = figures.kilobytes(best["size_bytes"] / 1024)
    return f"{best['index']} alone brings {share} of what all save, with {size}"


def write_price(rows: Rows, *, title: str = "") -> go.Figure:
    """Bars of microseconds that each index adds to a row inserted and updated.

    Columns ``index``, ``insert_us``, ``update_us`` with intervals; ``Advice.to_frame("indexes")``
    has them after ``price_writes``.
    """
    found = records(rows, "index", "insert_us")
    places = list(range(len(found)))
    bars = []
    for kind, name, colour, shift in (
        ("insert", "row inserted", theme.BLUE, -0.02),
        ("update", "row updated", theme.ORANGE, 0.24),
    ):
        priced = [row for row in found if row.get(f"{kind}_us") is not None]
        bars.append(
            go.Bar(
                x=[row[f"{kind}_us"] for row in priced],
                y=[found.index(row) + shift for row in priced],
                error_x=errors(priced, f"{kind}_us"),
                orientation="h",
                width=0.24,
                marker={"color": colour},
                name=name,
                hovertemplate="%{x:.3g} µs",
            )
        )
    made = theme.figure(
        bars,
        title=title or _dearest(found),
        x=theme.axis("added to one row, µs", zero=True),
        y=theme.axis(""),
        height_px=90 + 60 * len(places),
    )
    theme.labelled_rows(made, [_named(row) for row in found])
    made.update_yaxes(range=[len(found) - 0.4, -0.7])
    return made


def _named(row: Row) -> str:
    columns: Any = row.get("columns")
    return f"{row['table']} ({columns})" if columns and row.get("table") else str(row["index"])


def _dearest(found: Sequence[Row]) -> str:
    """The table that pays most; a row is inserted into one table and pays for its indexes only."""
    tables = series(found, "table")
    rows = max(tables.values(), key=lambda each: sum(row["insert_us"] for row in each))
    total = sum(row["insert_us"] for row in rows)
    worst = max(rows, key=lambda row: float(row["insert_us"]))
    if len(rows) == 1:
        return f"An inserted row costs {worst['insert_us']:.2g} µs more with {_named(worst)}"
    where = f" of {worst['table']}" if len(tables) > 1 else ""
    return (
        f"{len(rows)} indexes add {total:.2g} µs to an inserted row{where}, "
        f"{worst['insert_us']:.2g} µs of it by {_named(worst)}"
    )
