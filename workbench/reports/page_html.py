"""A notebook as one page of HTML that needs nothing else: no network, no files beside it.

A content security policy in the page forbids every request. Plotly's script comes packed (gzip in
base64, a third of its size) and is unpacked by the browser after the first paint.
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import unescape
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from workbench.reports.cells import cell_html
from workbench.reports.notebook import Notebook

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {scripts}"
HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
PLOTLY_SCRIPT, SHARED_SCRIPT = "plotly.min.js", "plotly.packed.js"
SHARED_PEV2 = "pev2.packed.js"


def page(
    notebook: Notebook, *, shared: str | None = None, home: str | None = None, pev2: str = ""
) -> str:
    """The page of a notebook; ``shared`` is the address of a plotly.js that many pages use.

    ``pev2`` is the packed viewer, which a page that shares its scripts finds beside them.
    """
    cells = [cell_html(cell, number) for number, cell in enumerate(notebook.cells, start=1)]
    charts = any("class='chart'" in cell for cell in cells)
    viewer = {
        "packed": None if shared else pev2,
        "shared": SHARED_PEV2,
        "opener": _asset("pev2.js"),
    }
    opens = pev2 and any("class='plans'" in cell for cell in cells)
    scripts = "'unsafe-inline'" + (" 'self' file:" if shared else "")
    return _template("page.html.j2").render(
        title=notebook.title,
        policy=POLICY.format(scripts=scripts),
        style=_asset("style.css"),
        charts=_asset("charts.js"),
        contents=_contents(cells),
        cells=cells,
        verdicts=notebook.verdicts,
        failures=notebook.failures,
        provenance=provenance(notebook),
        home=home,
        pev2=viewer if opens else None,
        shared=shared if charts else None,
        packed=packed_plotly() if charts and not shared else None,
    )


def index(title: str, notebooks: Sequence[Notebook]) -> str:
    """A page with a card for each notebook: title, first paragraph, verdicts."""
    return _template("index.html.j2").render(
        title=title,
        policy=POLICY.format(scripts="'none'"),
        style=_asset("style.css"),
        cards=notebooks,
        provenance=_today(),
    )


def provenance(notebook: Notebook) -> Mapping[str, str]:
    """Where the figures come from: what the refresh noted, the workbench and the date."""
    return {"notebook": notebook.path.name, **notebook.provenance, **_today()}


def plotly_script() -> str:
    """Plotly's own script, as its Python package holds it."""
    return (files("plotly") / "package_data" / PLOTLY_SCRIPT).read_text(encoding="utf-8")


def shared_script() -> str:
    """Plotly's script for the pages of a site: packed as in a single page, in a file of its own."""
    return f'window.plotlyPacked = "{packed_plotly()}";'


def _today() -> dict[str, str]:
    now = datetime.now(UTC)
    return {"rendered": f"{now:%Y-%m-%d %H:%M} UTC by workbench {version('workbench')}"}


def _contents(cells: Sequence[str]) -> list[tuple[str, str]]:
    """Anchor and text of each heading of the second level."""
    found = (match.groups() for cell in cells for match in HEADING.finditer(cell))
    plain = re.compile(r"<a class=\"anchor-link\".*?</a>|<[^>]+>")
    return [(unescape(anchor), unescape(plain.sub("", text)).strip()) for anchor, text in found]


@cache
def packed_plotly() -> str:
    """Plotly's script, packed with gzip and written in base64."""
    return b64encode(gzip.compress(plotly_script().encode(), mtime=0)).decode()


def _asset(name: str) -> str:
    return (files("workbench.reports") / "page" / name).read_text(encoding="utf-8")


def _template(name: str) -> Template:
    loader = PackageLoader("workbench.reports", "page")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(name)
