"""Claims and their verdicts as HTML: promised against measured, the sentence behind each folded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from workbench.errors import InputError
from workbench.markup import (
    BLUE,
    GREEN,
    GREY,
    LINE,
    ORANGE,
    RED,
    as_text,
    badge,
    card,
    dim,
    fold,
    tag,
)
from workbench.plans.remarks import clean

if TYPE_CHECKING:
    import pandas

Row: TypeAlias = Mapping[str, Any]
COLOURS = {
    "confirmed": GREEN,
    "partly": BLUE,
    "depends": "#b47aa0",
    "refuted": RED,
    "inconclusive": ORANGE,
}
ROW = f"display:flex;flex-wrap:wrap;gap:2px 14px;padding:5px 0;border-top:{LINE}"
WIDTHS = ("165px", "260px", "140px", "190px")


@dataclass(frozen=True, init=False)
class ClaimsPicture:
    """A table of claims; takes the frame of ``wb.claims.results()`` or rows like its rows."""

    rows: tuple[Row, ...]

    def __init__(self, rows: Union["pandas.DataFrame", Iterable[Row]]) -> None:
        given = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
        found = tuple({k: None if v != v else v for k, v in row.items()} for row in given)
        if any("id" not in row or "verdict" not in row for row in found):
            raise InputError("a row of claims needs the columns id and verdict")
        object.__setattr__(self, "rows", found)

    def __str__(self) -> str:
        return "\n".join([*map(" ".join, map(_words, self.rows)), _counts(self.rows)])

    _repr_pretty_ = as_text

    def _repr_html_(self) -> str:
        return card(tag("b", escape(_counts(self.rows))), *_systems(self.rows))

    def to_frame(self) -> "pandas.DataFrame":
        """The rows as they came."""
        import pandas

        return pandas.DataFrame(self.rows)


def _systems(rows: Iterable[Row]) -> Iterator[str]:
    """A heading and a table for each system, in the order of the rows."""
    for system, group in groupby(rows, key=lambda row: row.get("system")):
        if system:
            yield tag("p", tag("b", escape(str(system))), style="margin:12px 0 0 0")
        yield from (tag("div", *_cells(row), style=ROW) for row in group)


def _cells(row: Row) -> Iterator[str]:
    """Verdict, claim, promise and figure: side by side, or below one another on a phone."""
    identifier, verdict, title, promised, measured = map(escape, _words(row))
    more = (row.get("text"), row.get("sentence"), row.get("note"))
    lines = "".join(tag("div", dim(escape(clean(str(words))))) for words in more if words)
    claim = fold(title, lines) if lines else title
    promise = f"{dim('promised')} {promised}" if promised else ""
    figure = f"{dim('measured')} {measured}" if measured else ""
    shown = (f"{identifier} {badge(verdict, COLOURS.get(verdict, GREY))}", claim, promise, figure)
    for content, width in zip(shown, WIDTHS, strict=True):
        yield tag("div", content, style=f"flex:1 1 {width};min-width:{width}")


def _words(row: Row) -> tuple[str, ...]:
    """Identifier, verdict, title, promise, and figure with interval."""
    title = clean(str(row.get("title") or row.get("text") or ""))
    return str(row["id"]), str(row["verdict"]), title, _promised(row), _measured(row)


def _promised(row: Row) -> str:
    unit, low, high = _unit(row), row.get("promised_low"), row.get("promised_high")
    if row.get("better") == "lower" and high is not None and low != high:
        low = None  # there is no promise to stay above it
    if low is not None and high is not None:
        return f"{low:,.4g}{unit}" if low == high else f"{low:,.4g}–{high:,.4g}{unit}"
    if low is not None:
        return f"at least {low:,.4g}{unit}"
    if high is not None:
        return f"at most {high:,.4g}{unit}"
    neutral = row.get("neutral")
    return "" if neutral is None else f"better than {neutral:,.4g}{unit}"


def _measured(row: Row) -> str:
    unit, value = _unit(row), row.get("measured")
    low, high = row.get("measured_low"), row.get("measured_high")
    if value is None:
        return ""
    if low is None or high is None or low == high:
        return f"{value:,.3g}{unit}"
    return f"{value:,.3g}{unit} ({low:,.3g} to {high:,.3g})"


def _unit(row: Row) -> str:
    unit = row.get("unit") or ""
    return "×" if unit == "x" else f" {unit}".rstrip()


def _counts(rows: Iterable[Row]) -> str:
    counts = Counter(str(row["verdict"]) for row in rows)
    parts = " · ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    return f"{sum(counts.values())} claims: {parts}" if counts else "no claims"
