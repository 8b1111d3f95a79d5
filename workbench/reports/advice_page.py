"""An advice as one page of HTML that needs nothing else and runs no script."""

from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from importlib.resources import files

from workbench.indexes import wording
from workbench.indexes.advice import Advice
from workbench.indexes.picture import advice_html, environment_lines
from workbench.markup import card, code, fold, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def advice_page(advice: Advice) -> str:
    """The whole document; its style is that of the reports of notebooks."""
    style = (files("workbench.reports") / "page" / "style.css").read_text(encoding="utf-8")
    title = wording.headline(advice)
    body = (
        tag("h1", "Index advice"),
        advice_html(advice),
        card(fold("as a script", code(advice.to_sql()))) if advice.indexes else "",
        _foot(advice),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n"
        f'<body>\n<main class="single">{"".join(body)}</main>\n</body>\n</html>\n'
    )


def _foot(advice: Advice) -> str:
    """Environment, version and date."""
    rendered = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by workbench {version('workbench')}"
    facts = [line.partition(": ")[::2] for line in environment_lines(advice)]
    pairs = (
        tag("dt", escape(name)) + tag("dd", escape(value))
        for name, value in (*facts, ("rendered", rendered))
    )
    return tag("footer", tag("dl", *pairs))
