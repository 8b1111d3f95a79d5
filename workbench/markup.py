"""HTML as text: escaping, and the few elements that every picture of a result is made of.

Only inline styles, because an untrusted notebook drops ``<style>``, ``<script>`` and ``<svg>``, and
only those that JupyterLab's sanitizer lets through: no ``currentColor``, ``rgba`` with commas. Text
keeps the colour of its page, so that it reads on white and on dark; lines and badges have colours
that do on both. Bars and dots are borders: printers leave backgrounds out.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

BLUE: Final = "#3d8fc4"
GREEN: Final = "#159a74"
ORANGE: Final = "#d98a00"
RED: Final = "#d55e00"
GREY: Final = "#8a8a8a"
LINE: Final = "1px solid rgba(128,128,128,0.35)"
FONT: Final = "font-family:system-ui,sans-serif;font-size:13px;line-height:1.45"
MONO: Final = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px"
CELL: Final = "padding:3px 10px 3px 0;vertical-align:top;background-color:transparent"


PLANS: Final = "application/vnd.workbench.plans+json"
"""Of an output: each plan as EXPLAIN (FORMAT JSON) printed it, by what it is called."""


def as_text(shown: object, printer: Any, cycle: bool) -> None:  # noqa: ANN401 - IPython's
    """``_repr_pretty_`` of what has a picture: where no HTML is shown its text, not its fields."""
    printer.text(str(shown))


def tag(name: str, *content: str, style: str = "", **attributes: str) -> str:
    """An element around HTML that is safe already; attribute values are escaped here."""
    given = {"style": style} if style else {}
    words = "".join(f' {key}="{escape(value)}"' for key, value in {**given, **attributes}.items())
    return f"<{name}{words}>{''.join(content)}</{name}>"


def card(*content: str) -> str:
    """A whole picture, which scrolls inside itself where it is wider than the page."""
    return tag("div", *content, style=f"{FONT};max-width:1100px;overflow-x:auto;text-align:left")


def dim(html: str) -> str:
    """Less important words."""
    return tag("span", html, style="opacity:0.7")


def code(text: str) -> str:
    """SQL or an identifier to copy; long lines wrap."""
    lines = "white-space:pre-wrap;overflow-wrap:break-word;word-break:normal"
    frame = f"margin:4px 0;padding:6px 10px;border-left:3px solid {BLUE}"
    return tag("pre", escape(text), style=f"{MONO};{lines};{frame}")


def badge(text: str, colour: str = GREY) -> str:
    """A word in a coloured frame."""
    style = f"display:inline-block;border:1px solid {colour};border-radius:8px;padding:0 7px"
    return tag("span", escape(text), style=f"{style};margin:0 4px 0 0;font-size:12px")


def bar(share: float, colour: str = BLUE, width_px: int = 60) -> str:
    """A bar for a share from 0 to 1, in a box of a fixed width so that bars can be compared."""
    filled = max(0.0, min(share, 1.0)) * width_px
    length = max(filled, 1.0) if share > 0 else 0.0
    inner = f"display:inline-block;width:{length:.0f}px;border-top:9px solid {colour}"
    outer = f"display:inline-block;width:{width_px}px;margin:0 6px 0 0"
    return tag("span", tag("span", style=inner) if length else "", style=outer)


def dot(left_percent: float, top_px: float, colour: str, title: str = "") -> str:
    """A dot in a box whose position is relative."""
    place = f"position:absolute;left:{left_percent:.1f}%;top:{top_px:.0f}px"
    style = f"{place};width:0px;height:0px;border:3px solid {colour};border-radius:3px"
    return tag("span", style=style, **({"title": title} if title else {}))


def fold(summary: str, *content: str, opened: bool = False) -> str:
    """What is shown on demand, without a script."""
    words = tag("summary", summary, style="cursor:pointer")
    return tag("details", words, *content, **({"open": "open"} if opened else {}))


def columns(*sides: str, least_px: int = 330) -> str:
    """Side by side where there is room, else one below the other."""
    style = f"min-width:{least_px}px;flex:1 1 {least_px}px;max-width:100%"
    each = (tag("div", side, style=style) for side in sides)
    return tag("div", *each, style="display:flex;flex-wrap:wrap;gap:12px 28px")


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
    wrap: Sequence[int] = (),
) -> str:
    """A table of cells that are HTML already; it scrolls inside itself where it is too wide.

    ``right`` are the columns of figures, ``wrap`` those of words that may take several lines.
    """
    styles = [_cell(n in right, n in wrap) for n in range(len(head))]
    top = "".join(
        tag("th", escape(name), style=f"{style};border-bottom:{LINE};font-weight:600")
        for name, style in zip(head, styles, strict=True)
    )
    lines = (
        tag("tr", *(tag("td", cell, style=s) for cell, s in zip(row, styles, strict=True)))
        for row in rows
    )
    body = tag("tbody", *lines)
    whole = tag("table", tag("thead", tag("tr", top)), body, style="border-collapse:collapse")
    return tag("div", whole, style="overflow-x:auto;margin:6px 0")


def _cell(right: bool, wrap: bool) -> str:
    side, space = "right" if right else "left", "normal" if wrap else "nowrap"
    return f"{CELL};text-align:{side};white-space:{space}"
