"""The cells of a notebook as HTML: prose, folded code, and every output.

Of each output the richest form that a page can show is taken; none is left out. A chart comes as
its data for plotly, with the picture that the notebook holds standing in until it is drawn.
"""

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import bleach
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from workbench.errors import InputError
from workbench.markup import PLANS
from workbench.reports.notebook import VERDICT_TAG

PLOTLY = "application/vnd.plotly.v1+json"
CHECKED = "# NBVAL_CHECK_OUTPUT"
NOTHING = "<p class='note'>This output has no form that a page can show.</p>"
BLOCKS = "br dd del details div dl dt h1 h2 h3 h4 h5 h6 hr img kbd p pre s small span sub summary"
TABLES = "sup table tbody td th thead tr"
TAGS = frozenset({*bleach.ALLOWED_TAGS, *BLOCKS.split(" "), *TABLES.split(" ")})
ATTRIBUTES = ["align", "alt", "class", "colspan", "height", "href", "id", "src", "title", "width"]
PROTOCOLS = ["http", "https", "mailto", "data"]

Data = Mapping[str, Any]


def cell_html(cell: Any, number: int) -> str:  # noqa: ANN401 - nbformat has no types
    """One cell, with its outputs."""
    if cell.cell_type == "markdown":
        attachments = cell.get("attachments", {})
        return f"<div class='prose'>{markdown(cell.source, attachments)}</div>"
    if cell.cell_type == "raw":
        return f"<pre>{escape(cell.source)}</pre>" if cell.source.strip() else ""
    outputs = "".join(output_html(output) for output in cell.get("outputs", ()))
    kind = "code checked" if VERDICT_TAG in cell.metadata.get("tags", ()) else "code"
    return f"<section class='{kind}' id='cell-{number}'>{_code(cell.source)}{outputs}</section>"


def markdown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """Prose as HTML without scripts; its headings can be linked to."""
    renderer = IPythonRenderer(escape=False, attachments=attachments or {})
    found = str(MarkdownWithMath(renderer=renderer).render(source))
    return str(bleach.clean(found, TAGS, ATTRIBUTES, PROTOCOLS))


def _code(source: str) -> str:
    if not source.strip():
        return ""
    shown = Highlight2HTML()(source, "ipython3")
    lines = [line.strip() for line in source.splitlines() if line.strip() and line != CHECKED]
    summary = escape("  ".join(lines))
    return f"<details class='source'><summary><code>{summary}</code></summary>{shown}</details>"


def output_html(output: Any) -> str:  # noqa: ANN401
    """One output; raises InputError for a kind that no notebook format knows."""
    kind = output.output_type
    if kind == "stream":
        return f"<pre class='{escape(output.name)}'>{ansi2html(output.text)}</pre>"
    if kind == "error":
        trace = ansi2html("\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
        return f"<pre class='error'>{trace}</pre>"
    if kind in ("display_data", "execute_result"):
        return _bundle(output.data)
    raise InputError(f"the notebook holds an output of the unknown kind {kind}")


def _bundle(data: Data) -> str:
    for kind, show in SHOWN:
        if kind in data:
            return f"<div class='output'>{show(data)}{_plans(data)}</div>"
    return NOTHING


def _plans(data: Data) -> str:
    """The plans behind an output, for a button that opens them."""
    return (
        f"<script type='application/json' class='plans'>{_json(data[PLANS])}</script>"
        if PLANS in data
        else ""
    )


def _json(value: object) -> str:
    """JSON that cannot leave its script element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _chart(data: Data) -> str:
    """The figure's JSON, safe inside a script element, below its picture."""
    picture = _picture("image/png")(data) if "image/png" in data else ""
    height = int(data[PLOTLY].get("layout", {}).get("height") or 450)
    return (
        f"<div class='chart' style='min-height:{height}px'>{picture}"
        f"<script type='application/json'>{_json(data[PLOTLY])}</script></div>"
    )


def _picture(kind: str) -> Callable[[Data], str]:
    def show(data: Data) -> str:
        content = "".join(str(data[kind]).split())
        return f"<img alt='chart' src='data:{kind};base64,{escape(content)}'>"

    return show


def _vector(data: Data) -> str:
    from base64 import b64encode

    content = b64encode(str(data["image/svg+xml"]).encode()).decode()
    return f"<img alt='drawing' src='data:image/svg+xml;base64,{content}'>"


SHOWN: tuple[tuple[str, Callable[[Data], str]], ...] = (
    (PLOTLY, _chart),
    ("text/html", lambda data: f"<div class='html'>{data['text/html']}</div>"),
    ("image/svg+xml", _vector),
    ("image/png", _picture("image/png")),
    ("image/jpeg", _picture("image/jpeg")),
    ("text/markdown", lambda data: markdown(data["text/markdown"])),
    ("application/json", lambda data: f"<pre>{escape(json.dumps(data['application/json']))}</pre>"),
    ("text/latex", lambda data: f"<pre>{escape(data['text/latex'])}</pre>"),
    ("text/plain", lambda data: f"<pre>{escape(data['text/plain'])}</pre>"),
)
"""The forms of an output that a page can show, richest first."""
