"""How every plot looks: colours, type, axes, and titles that fit a phone.

The colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; dash
and symbol differ as well. The background is clear and the ink a grey that reads on white and on
dark, because nobody knows in advance where a figure will be shown.
"""

import textwrap
from collections.abc import Iterable, Sequence
from math import ceil, floor, isfinite, log, log10
from typing import Any, Final

import plotly.graph_objects as go

from workbench.plans import figures

BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
GREEN: Final = "#009e73"
ORANGE: Final = "#e69f00"
PURPLE: Final = "#cc79a7"
SKY: Final = "#56b4e9"
GREY: Final = "#8a8a8a"
COLOURS: Final = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY)
SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
BEFORE, AFTER = GREY, BLUE
INK: Final = "#787878"
GRID: Final = "rgba(128,128,128,0.22)"
TITLE_CHARACTERS, TITLE_LINE_PX, LABEL_CHARACTERS = 40, 20, 44
MOST_TICKS = 6
# what a round figure is, from many to few: these times every so-manieth power
DECIMAL: Final = (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3))
BINARY: Final = (((1,), 1), ((1,), 2), ((1,), 3), ((1,), 4), ((1,), 5))
CLEAR = "rgba(0,0,0,0)"
# a row of ten would lie over the title on a phone
BUTTONS = ["zoom", "pan", "select", "lasso", "zoomin", "zoomout", "autoscale", "sendChartToCloud"]


def figure(
    traces: Iterable[Any],
    *,
    title: str,
    x: dict[str, Any],
    y: dict[str, Any],
    height_px: int = 400,
    legend: bool = True,
    tall_legend: bool = False,
) -> go.Figure:
    """A figure as wide as its page, its title wrapped, its legend below the data.

    A ``tall_legend`` has a line for each entry, for names that are long.
    """
    lines = textwrap.wrap(title, TITLE_CHARACTERS, break_on_hyphens=False)
    top = 32 + TITLE_LINE_PX * len(lines)
    found = go.Figure(list(traces))
    found.update_layout(
        title={
            "text": "<br>".join(map(escaped, lines)),
            "font": {"size": 15},
            "pad": {"l": 8, "b": 20 + TITLE_LINE_PX * (len(lines) - 1)},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
        },
        xaxis=x,
        yaxis=y,
        height=height_px + top,
        margin={"l": 8, "r": 14, "t": top, "b": 8},
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        template="none",
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        colorway=list(COLOURS),
        showlegend=legend,
        legend={
            "orientation": "h",
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "bgcolor": CLEAR,
            "entrywidth": 1 if tall_legend else 0,
            "entrywidthmode": "fraction" if tall_legend else "pixels",
        },
        modebar={"remove": BUTTONS, "bgcolor": CLEAR, "color": INK},
        hoverlabel={"font": {"family": "system-ui, sans-serif"}},
    )
    return found


def axis(
    title: str,
    values: Iterable[float | None] = (),
    *,
    logarithmic: bool = False,
    zero: bool = False,
    form: str = "count",
) -> dict[str, Any]:
    """An axis with its unit in the title; ``logarithmic`` needs the values that it must hold.

    ``form`` says how ticks are written: count, ms, percent or bytes.
    """
    found = {
        "title": {"text": title, "standoff": 8},
        "automargin": True,
        "gridcolor": GRID,
        "linecolor": GRID,
        "zerolinecolor": GRID,
        "ticks": "",
        "tickangle": 0,
    }
    if zero:
        found["rangemode"] = "tozero"
    if form == "percent":
        found["tickformat"] = ".0%"
    kept = [value for value in values if value is not None and isfinite(value) and value > 0]
    return found | _log_axis(kept, form) if logarithmic and kept else found


def _log_axis(values: Sequence[float], form: str) -> dict[str, Any]:
    """Ticks at round figures, few enough to stand side by side on a phone."""
    low, high = min(values) / 1.25, max(values) * 1.25
    base = 2 if form == "bytes" else 10
    powers = range(floor(log(low, base)), ceil(log(high, base)) + 1)
    ticks: list[float] = []
    for steps, stride in BINARY if base == 2 else DECIMAL:
        kept = (power for power in powers if power % stride == 0)
        ticks = [step * float(base) ** power for power in kept for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= MOST_TICKS:
            break
    return {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": ticks,
        "ticktext": [tick_text(tick, form) for tick in ticks],
    }


def tick_text(value: float, form: str) -> str:
    """A figure on an axis."""
    if form == "percent":
        return f"{100 * value:g} %"
    if form == "bytes":
        return figures.kilobytes(value / 1024)
    if form == "factor":
        return f"{value:g}×"
    return f"{value:g}" if value < 1 else figures.count(value)


def line(name: str, number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly's words
    """The look of the series of that number: colour, dash and symbol."""
    colour = COLOURS[number % len(COLOURS)]
    return {
        "name": escaped(name),
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "dash": DASHES[number % len(DASHES)]},
        "marker": {"color": colour, "size": 8, "symbol": SYMBOLS[number % len(SYMBOLS)]},
        "showlegend": bool(name),
        **more,
    }


def labelled_rows(found: go.Figure, labels: Sequence[str]) -> None:
    """Write each row's name above it inside the plot, where a phone has room for it."""
    for number, label in enumerate(labels):
        found.add_annotation(
            text=escaped(cut(label, LABEL_CHARACTERS)),
            x=0,
            xref="paper",
            xanchor="left",
            y=number,
            yanchor="bottom",
            yshift=7,
            showarrow=False,
        )
    found.update_yaxes(
        showticklabels=False,
        range=[len(labels) - 0.5, -0.8],
        tickvals=list(range(len(labels))),
        title=None,
    )


def marked(found: go.Figure, at: float, words: str) -> None:
    """A vertical line at a place of a logarithmic x axis, with words at its top."""
    found.add_vline(x=at, line={"color": INK, "dash": "dot", "width": 1})
    found.add_annotation(
        text=escaped(words),
        x=log10(at),
        y=1,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        font={"size": 11},
    )


def cut(text: str, most: int) -> str:
    """Text on one line of at most that many characters."""
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def escaped(text: str) -> str:
    """Text that plotly takes for no markup of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
