"""An advice as HTML: the indexes to create, what each statement gains, and why not more."""

from collections.abc import Iterator
from html import escape
from math import log10

from workbench.indexes import wording
from workbench.indexes.advice import Advice, IndexAdvice, QueryAdvice
from workbench.markup import (
    BLUE,
    GREEN,
    GREY,
    LINE,
    ORANGE,
    RED,
    badge,
    bar,
    card,
    code,
    dim,
    fold,
    table,
    tag,
)
from workbench.plans.remarks import clean

STATUS = {"improved": GREEN, "unchanged": GREY, "unclear": ORANGE, "regressed": RED, "failed": RED}
MOST_REJECTED = 100
LONGEST_BAR = 1000  # a speed-up that fills its bar


def advice_html(advice: Advice) -> str:
    """The whole receipt."""
    return card(
        tag("div", dim(escape(wording.where(advice)))),
        tag("p", tag("b", escape(wording.headline(advice))), style="font-size:15px;margin:4px 0"),
        *map(_index, advice.indexes),
        _statements(advice),
        *(tag("div", escape(words)) for words in wording.remarks(advice)),
        *(tag("div", dim(escape(words))) for words in wording.values(advice)),
        _sweep(advice),
        _rejected(advice),
        *(tag("div", dim(f"note: {escape(clean(note))}")) for note in advice.notes),
    )


def _index(index: IndexAdvice) -> str:
    """One suggestion: the statement to copy, then what speaks for it and what it costs."""
    rows = [(dim(escape(name)), escape(words)) for name, words in wording.facts(index)]
    lines = (tag("div", f"{name} {words}", style="margin:1px 0") for name, words in rows)
    colour = GREEN if index.verdict == "proven" else ORANGE
    head = tag("div", badge(index.verdict, colour), escape(_what(index)))
    style = f"border:{LINE};border-radius:6px;padding:6px 12px;margin:8px 0"
    return tag("div", head, code(f"{index.index.ddl()};"), *lines, style=style)


def _what(index: IndexAdvice) -> str:
    return f"{index.index.method} on {index.index.table.name} ({', '.join(index.columns)})"


def _statements(advice: Advice) -> str:
    if not advice.queries:
        return ""
    head = ("statement", "", wording.heading(advice), "", "before", "after")
    return table(head, map(_query, advice.queries), right=(4, 5))


def _query(query: QueryAdvice) -> tuple[str, ...]:
    *cells, status = wording.cells(query)
    name, before, after, ratio = map(escape, cells)
    statement = fold(name, code(query.sql))
    colour = STATUS.get(status, GREY)
    return statement, badge(status, colour), ratio, _gain(query), before, after


def _gain(query: QueryAdvice) -> str:
    """A bar whose length is the logarithm of the ratio, so that 10 and 100 can both be seen."""
    if query.speedup is None:
        return ""
    share = abs(log10(query.speedup)) / log10(LONGEST_BAR)
    return bar(share, BLUE if query.speedup >= 1 else RED)


def _sweep(advice: Advice) -> str:
    """One row for each budget that was tried."""
    if not advice.sweep:
        return ""
    head = ("budget", "best set", "cost after/before", "time after/before")
    return table(head, (tuple(map(escape, row)) for row in wording.swept(advice)), right=(2, 3))


def _rejected(advice: Advice) -> str:
    if not advice.rejected:
        return ""
    number = len(advice.rejected)
    count = f"why not: {number} {'candidate' if number == 1 else 'candidates'} rejected"
    shown = (tuple(map(escape, wording.why_not(each))) for each in advice.rejected[:MOST_REJECTED])
    left = number - MOST_REJECTED
    more = f"and {left} more, each with its reason, in --format json" if left > 0 else ""
    return fold(count, table(("index on", "reason"), shown, wrap=(0, 1)), dim(more))


def environment_lines(advice: Advice) -> Iterator[str]:
    """What the figures were measured on, one fact a line, for the foot of a page."""
    for name, value in advice.environment.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} = {each}" for key, each in value.items())
        if value not in (None, ""):
            yield f"{name.replace('_', ' ')}: {clean(str(value))}"
