"""What was promised against what was measured, for all claims in one picture."""

from collections import Counter
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from workbench.plots import theme
from workbench.plots.rows import Row, Rows, records

COLOURS: Mapping[str, str] = {
    "confirmed": theme.GREEN,
    "partly": theme.SKY,
    "depends": theme.PURPLE,
    "inconclusive": theme.GREY,
    "refuted": theme.VERMILLION,
}
SYMBOLS: Mapping[str, str] = {
    "confirmed": "circle",
    "partly": "diamond",
    "depends": "square",
    "inconclusive": "circle-open",
    "refuted": "x",
}
FURTHEST = 30.0  # what lies beyond is drawn at the edge
NEAR_ALL = 99.9  # percent less that is drawn as if nothing were left


def scorecard(rows: Rows, *, title: str = "") -> go.Figure:
    """The promised range and the measured interval of each claim, as ratios to the least promised.

    Columns ``id``, ``verdict``, ``unit``, ``measured`` with interval, ``promised_low``,
    ``promised_high``, ``neutral``, ``better`` ("higher", "lower") and ``text``. Percent less become
    times as fast; where lower is better the ratio is turned round, so that right is always good.
    """
    found = [row for row in records(rows, "id", "verdict", "measured") if _base(row)]
    bands = go.Scatter(
        x=[x for row in found for x in (*_band(row), None)],
        y=[y for place in range(len(found)) for y in (place, place, None)],
        mode="lines",
        name="promised",
        line={"color": "rgba(128,128,128,0.35)", "width": 14},
        hoverinfo="skip",
    )
    dots = [_dots(found, verdict) for verdict in COLOURS]
    made = theme.figure(
        [bands, *(trace for trace in dots if trace is not None)],
        title=title or _counted(records(rows, "id", "verdict")),
        x=theme.axis(
            "measured ÷ least promised (log)",
            [x for row in found for x in (*_band(row), *_interval(row), 1.0)],
            logarithmic=True,
            form="factor",
        ),
        y=theme.axis(""),
        height_px=110 + 40 * len(found),
    )
    made.add_vline(x=1, line={"color": theme.INK, "dash": "dot", "width": 1})
    theme.labelled_rows(made, [_label(row) for row in found])
    return made


def _dots(rows: Sequence[Row], verdict: str) -> go.Scatter | None:
    mine = [(place, row) for place, row in enumerate(rows) if row["verdict"] == verdict]
    if not mine:
        return None
    middle = [score(row, row["measured"]) for _, row in mine]
    ends = [_interval(row) for _, row in mine]
    return go.Scatter(
        x=middle,
        y=[place for place, _ in mine],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(high - x, 0.0) for x, (_, high) in zip(middle, ends, strict=True)],
            "arrayminus": [max(x - low, 0.0) for x, (low, _) in zip(middle, ends, strict=True)],
            "thickness": 1.5,
            "width": 4,
        },
        mode="markers",
        name=verdict,
        marker={"color": COLOURS[verdict], "symbol": SYMBOLS[verdict], "size": 10},
        text=[theme.escaped(str(row.get("text") or row["id"])) for _, row in mine],
        hovertemplate="%{text}<br>%{x:.3g} times the least promised",
    )


def _gain(row: Row, value: float) -> float:
    """A figure as a ratio that is better when it is higher; percent less as times as fast."""
    if row.get("unit") == "%":
        return 100 / (100 - min(value, NEAR_ALL))
    if row.get("better") == "lower":
        return 1 / value if value > 0 else FURTHEST
    return max(value, 1 / FURTHEST)


def _base(row: Row) -> float | None:
    """The least that was promised, or no gain at all where no figure was."""
    ends = ("promised_high", "promised_low") if row.get("better") == "lower" else ("promised_low",)
    for name in (*ends, "promised_high", "neutral"):
        if row.get(name) is not None:
            return _gain(row, float(row[name]))
    return None


def score(row: Row, value: float) -> float:
    """A figure of a claim as a ratio to the least promised, at the edge if it is far beyond."""
    ratio = _gain(row, float(value)) / (_base(row) or 1.0)
    return min(max(ratio, 1 / FURTHEST), FURTHEST)


def _band(row: Row) -> tuple[float, float]:
    """The promised range; open at the top where only one end was promised."""
    low, high = row.get("promised_low"), row.get("promised_high")
    ends = sorted(score(row, end) for end in (low, high) if end is not None) or [1.0]
    return (ends[0], ends[-1]) if len(ends) > 1 else (ends[0], max(1.0, ends[0]) * 1.05)


def _interval(row: Row) -> tuple[float, float]:
    ends = [row.get(name) for name in ("measured_low", "measured_high")]
    low, high = (score(row, row["measured"] if end is None else end) for end in ends)
    return min(low, high), max(low, high)


def _label(row: Row) -> str:
    unit = row.get("unit") or ""
    measured = f"{row['measured']:,.3g}{'×' if unit == 'x' else f' {unit}'}".strip()
    low, high = row.get("promised_low"), row.get("promised_high")
    ends = list(dict.fromkeys(f"{end:,.3g}" for end in (low, high) if end is not None))
    if row.get("better") == "lower" and len(ends) > 1:
        ends = [f"at most {ends[-1]}"]
    promised = f" (promised {'–'.join(ends)})" if ends else ""
    return f"{row['id']}: {measured}{promised}"


def _counted(rows: Sequence[Row]) -> str:
    counts = Counter(str(row["verdict"]) for row in rows)
    words = [f"{number} {verdict}" for verdict, number in counts.most_common()]
    return f"Of {len(rows)} claims {', '.join(words)}"
