"""What an untrusted notebook keeps of a picture: a strict reading of its HTML.

The tags and the forms of style values are those that JupyterLab 4's sanitizer lets through.
"""

import re
from html.parser import HTMLParser

TAGS = {"b", "code", "details", "div", "li", "p", "pre", "span", "summary", "table", "tbody"}
TAGS |= {"td", "th", "thead", "tr", "ul"}
LENGTH = r"(0|[\d.]+(px|em|%))"
COLOUR = r"(#[0-9a-f]{3,8}|rgba\(\d+,\d+,\d+,(1|0(\.\d+)?)\)|transparent)"
WORD = r"[a-z-]+"
STYLES = {
    "align-items": WORD,
    "background-color": COLOUR,
    **{f"border{side}": rf"{LENGTH} solid {COLOUR}" for side in ("", "-bottom", "-left", "-top")},
    "border-collapse": "collapse",
    "border-radius": LENGTH,
    "cursor": "pointer",
    "display": "(inline-block|flex)",
    "flex": rf"[01] [01] ({LENGTH}|auto)",
    "flex-wrap": "wrap",
    "font-family": r"[\w ,-]+",
    "font-size": LENGTH,
    "font-weight": r"\d+",
    "gap": rf"{LENGTH}( {LENGTH})?",
    **dict.fromkeys(("height", "left", "margin-left", "max-width", "min-width"), LENGTH),
    **dict.fromkeys(("padding-left", "top", "width"), LENGTH),
    "justify-content": WORD,
    "line-height": r"[\d.]+",
    "margin": rf"{LENGTH}( {LENGTH}){{0,3}}",
    "opacity": r"0\.\d+",
    "overflow-wrap": "break-word",
    "overflow-x": "auto",
    "padding": rf"{LENGTH}( {LENGTH}){{0,3}}",
    "position": "(relative|absolute)",
    "text-align": "(left|right)",
    "vertical-align": WORD,
    "word-break": "normal",
    "white-space": "(normal|nowrap|pre-wrap)",
}


class Seen(HTMLParser):
    """The text of a picture and its elements; asserts that nothing would be taken away."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ("style", "title", "open")
            if name == "style":
                check_style(value or "")
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check_style(style: str) -> None:
    for part in style.split(";"):
        name, _, value = part.partition(":")
        assert re.fullmatch(STYLES[name], value), part
