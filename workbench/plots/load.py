"""A server under load: throughput and latency, pool sizes, caches, memory."""

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.plans import figures
from workbench.plots import theme
from workbench.plots.rows import Row, Rows, errors, records, series

MIB = 1 << 20


def throughput_latency(rows: Rows, *, title: str = "") -> go.Figure:
    """Latency against throughput, along rising load: the knee is where more load only waits.

    Columns ``per_s`` (requests done in a second), ``ms`` (of a percentile that the title should
    name) with interval, ``series`` for more lines, ``clients`` for the labels.
    """
    found = records(rows, "per_s", "ms")
    groups = series(found)
    traces = []
    for number, (name, group) in enumerate(groups.items()):
        look = theme.line(name, number)
        traces.append(
            go.Scatter(
                x=[row["per_s"] for row in group],
                y=[row["ms"] for row in group],
                error_x=errors(group, "per_s"),
                error_y=errors(group, "ms"),
                text=[_clients(row) for row in group],
                hovertemplate="%{text}%{x:,.0f} requests/s at %{y:.3g} ms",
                **look,
            )
        )
    return theme.figure(
        traces,
        title=title or _most(groups),
        x=theme.axis("throughput, requests/s", zero=True),
        y=theme.axis("latency, ms (log)", [row["ms"] for row in found], logarithmic=True),
        legend=len(groups) > 1,
    )


def _clients(row: Row) -> str:
    clients = row.get("clients")
    return "" if clients is None else f"{clients:g} clients: "


def _most(groups: dict[str, list[Row]]) -> str:
    tops = {name: max(group, key=lambda row: float(row["per_s"])) for name, group in groups.items()}
    best = max(tops, key=lambda name: float(tops[name]["per_s"]))
    top = tops[best]
    clients = top.get("clients")
    where = "" if clients is None else f" with {clients:g} clients"
    who = f", {best}" if best else ""
    return (
        f"At most {figures.count(top['per_s'])} requests/s{where}, "
        f"at {figures.ms(top['ms'])} ms{who}"
    )


def pool_surface(rows: Rows, *, title: str = "") -> go.Figure:
    """Throughput for every pool size and number of clients, as a map of colours.

    Columns ``pool_size``, ``clients``, ``per_s``; the median is taken where a cell has more rows.
    """
    found = records(rows, "pool_size", "clients", "per_s")
    sizes = sorted({row["pool_size"] for row in found})
    clients = sorted({row["clients"] for row in found})
    cells = [[_cell(found, size, number) for size in sizes] for number in clients]
    map_ = go.Heatmap(
        z=cells,
        x=[f"{size:g}" for size in sizes],
        y=[f"{number:g}" for number in clients],
        colorscale="Cividis",
        colorbar={"title": {"text": "requests/s", "side": "right"}, "thickness": 12},
        texttemplate="%{z:,.0f}",
        hovertemplate="pool of %{x}, %{y} clients: %{z:,.0f} requests/s<extra></extra>",
    )
    best = max(found, key=lambda row: float(row["per_s"]))
    made = theme.figure(
        [map_],
        title=title
        or (
            f"Most, {figures.count(best['per_s'])} requests/s, with a pool of "
            f"{best['pool_size']:g} and {best['clients']:g} clients"
        ),
        x=theme.axis("connections in the pool"),
        y=theme.axis("clients at the same time"),
        height_px=110 + 38 * len(clients),
        legend=False,
    )
    made.update_xaxes(type="category", showgrid=False)
    made.update_yaxes(type="category", showgrid=False)
    return made


def _cell(rows: Sequence[Row], size: float, clients: float) -> float | None:
    found = sorted(
        float(row["per_s"])
        for row in rows
        if row["pool_size"] == size and row["clients"] == clients
    )
    return found[len(found) // 2] if found else None


def cache_hit_rate(rows: Rows, *, title: str = "") -> go.Figure:
    """Latency against the share of requests that the cache answers.

    Columns ``hit_rate`` (0 to 1), ``ms`` with interval; ``series`` for several percentiles or
    settings.
    """
    found = records(rows, "hit_rate", "ms")
    groups = series(found)
    traces = []
    for number, (name, group) in enumerate(groups.items()):
        points = sorted(group, key=lambda row: float(row["hit_rate"]))
        look = theme.line(name, number)
        traces.append(
            go.Scatter(
                x=[row["hit_rate"] for row in points],
                y=[row["ms"] for row in points],
                error_y=errors(points, "ms"),
                hovertemplate="%{x:.0%} hits: %{y:.3g} ms",
                **look,
            )
        )
    return theme.figure(
        traces,
        title=title or _hits(groups),
        x=theme.axis("requests answered by the cache", form="percent"),
        y=theme.axis("latency, ms (log)", [row["ms"] for row in found], logarithmic=True),
        legend=len(groups) > 1,
    )


def _hits(groups: dict[str, list[Row]]) -> str:
    name, group = next(iter(groups.items()))
    points = sorted(group, key=lambda row: float(row["hit_rate"]))
    first, last = points[0], points[-1]
    who = f"{name}: " if name else ""
    rates = f"{figures.percent(first['hit_rate'])} → {figures.percent(last['hit_rate'])} hits"
    return f"{who}{rates} bring {figures.ms(first['ms'])} → {figures.ms(last['ms'])} ms"


def memory_over_time(rows: Rows, *, title: str = "") -> go.Figure:
    """Memory of a process over the seconds of its work, a line for each way to do it; MB.

    Columns ``second``, ``bytes``, ``series``.
    """
    groups = series(records(rows, "second", "bytes"))
    traces = []
    for number, (name, group) in enumerate(groups.items()):
        look = theme.line(name, number, mode="lines")
        traces.append(
            go.Scatter(
                x=[row["second"] for row in group],
                y=[row["bytes"] / MIB for row in group],
                hovertemplate="%{x:.2f} s: %{y:,.1f} MB",
                **look,
            )
        )
    peaks = {name: max(row["bytes"] for row in group) for name, group in groups.items()}
    return theme.figure(
        traces,
        title=title or _peaks(peaks),
        x=theme.axis("time, s", zero=True),
        y=theme.axis("memory of the process, MB", zero=True),
        legend=len(groups) > 1,
    )


def _peaks(peaks: dict[str, float]) -> str:
    words = [
        f"{name or 'The process'} {figures.kilobytes(peaks[name] / 1024)}"
        for name in sorted(peaks, key=lambda name: peaks[name])
    ]
    return f"At the peak: {', '.join(words)}"
