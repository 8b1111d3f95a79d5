"""A plan as lines of text, each a row of spans with a role; who shows it colours the roles.

Figures stand on the left where the eye compares them, the tree on the right where it may grow.
"""

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workbench.plans import figures, remarks
from workbench.plans.metrics import Metrics, NodeMetrics, measure
from workbench.plans.node import Node, Plan

Role: TypeAlias = Literal["plain", "dim", "head", "bar", "hot", "warn"]
WIDTH = 100
LEAST_TREE = 30
HOT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line and what it is."""

    text: str
    role: Role = "plain"


Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure on the left of the tree; a lower ``rank`` is dropped first in a deep tree."""

    head: str
    width: int
    cell: Callable[[NodeMetrics], str]
    rank: int
    role: Role = "plain"


def text(plan: Plan, width: int = WIDTH) -> str:
    """The plan as plain text of at most ``width`` columns, deep trees excepted."""
    return "\n".join(plain(line) for line in lines(plan, width))


def plain(line: Line) -> str:
    """The characters of a line, without its roles."""
    return "".join(span.text for span in line).rstrip()


def lines(plan: Plan, width: int = WIDTH) -> tuple[Line, ...]:
    """All lines: the summary, the steps with their remarks, triggers and other costs."""
    metrics = measure(plan)
    return (
        *_wrapped(remarks.summary(metrics), width),
        *_table(metrics, width),
        *_wrapped(remarks.footer(metrics), width),
    )


def _wrapped(texts: Iterator[str], width: int) -> Iterator[Line]:
    for each in texts:
        yield from ((Span(part),) for part in textwrap.wrap(each, width, subsequent_indent="  "))


def _table(metrics: Metrics, width: int) -> Iterator[Line]:
    columns = _columns(metrics, width)
    left = sum(column.width + 1 for column in columns) + 1
    heads = "".join(column.head.rjust(column.width) + " " for column in columns)
    yield (Span(f"{heads} step", "head"),)
    yield from _step(metrics, metrics.plan.root, columns, "", "", max(width - left, 20))


def _columns(metrics: Metrics, width: int) -> tuple[Column, ...]:
    """The figures there are, as many as leave room for the tree."""
    columns = list(_all_columns(metrics.plan))
    room = LEAST_TREE + 2 * _depth(metrics.plan.root)
    while len(columns) > 1 and width - sum(c.width + 1 for c in columns) - 1 < room:
        columns.remove(min(columns, key=lambda column: column.rank))
    return tuple(columns)


def _all_columns(plan: Plan) -> Iterator[Column]:
    if plan.timed:
        yield Column("own ms", 7, _own_ms, 5, "hot")
        yield Column("", 6, lambda m: figures.bar(m.share or 0.0, 6), 2, "bar")
    if plan.root.total_cost is not None and not plan.analyzed:
        yield Column("cost", 7, lambda m: figures.count(m.node.total_cost or 0.0), 5)
    if plan.root.plan_rows is not None:
        yield Column("planned", 7, _planned, 3, "dim" if plan.analyzed else "plain")
    if plan.analyzed:
        yield Column("rows", 6, _rows, 4)
    if plan.root.buffers is not None and plan.analyzed:
        yield Column("pages", 6, _pages, 1)


def _depth(node: Node) -> int:
    return max((1 + _depth(child) for child in node.children), default=0)


def _own_ms(metrics: NodeMetrics) -> str:
    return "–" if metrics.node.never_executed else figures.ms(metrics.own_ms or 0.0)


def _planned(metrics: NodeMetrics) -> str:
    return "" if metrics.planned_rows is None else figures.count(metrics.planned_rows)


def _rows(metrics: NodeMetrics) -> str:
    if metrics.node.never_executed:
        return "–"
    return "" if metrics.rows is None else figures.count(metrics.rows)


def _pages(metrics: NodeMetrics) -> str:
    touched = metrics.own_buffers.touched_blocks if metrics.own_buffers else 0
    return figures.count(touched) if touched else ""


def _step(
    metrics: Metrics, node: Node, columns: tuple[Column, ...], lead: str, hook: str, room: int
) -> Iterator[Line]:
    """The lines of a step and all below; ``lead`` is drawn under it, ``hook`` before its name."""
    figure = metrics.nodes[node.number]
    cells = tuple(_cells(figure, columns))
    blank = (Span(" " * sum(len(cell.text) for cell in cells)),)
    drawn = _drawn(figure, metrics, lead, hook, max(room - len(lead), LEAST_TREE // 2))
    for number, spans in enumerate(drawn):
        yield (*(blank if number else cells), *spans)
    for child in node.children:
        last = child is node.children[-1]
        hooks = (lead + "  ", lead + "└ ") if last else (lead + "│ ", lead + "├ ")
        yield from _step(metrics, child, columns, *hooks, room)


def _drawn(
    figure: NodeMetrics, metrics: Metrics, lead: str, hook: str, room: int
) -> Iterator[Line]:
    """The right-hand side: the step's name on its branch, its remarks below."""
    role: Role = "dim" if figure.node.never_executed else _heat(figure)
    under = lead + ("│ " if figure.node.children else "  ")
    first, *more = _folded(remarks.title(figure, metrics), room, hang=4)
    yield (Span(hook, "dim"), Span(first, role))
    for part in more:
        yield (Span(under, "dim"), Span(part[2:], role))
    for remark in remarks.remarks(figure, metrics):
        for part in _folded(remark.text, room - 2):
            yield (Span(under, "dim"), Span(part, "warn" if remark.warns else "dim"))


def _folded(words: str, room: int, hang: int = 2) -> list[str]:
    return textwrap.wrap(words, room, subsequent_indent=" " * hang) or [""]


def _cells(figure: NodeMetrics, columns: tuple[Column, ...]) -> Iterator[Span]:
    for column in columns:
        role = _heat(figure) if column.role == "hot" else column.role
        yield Span(column.cell(figure).rjust(column.width) + " ", role)
    yield Span(" ")


def _heat(figure: NodeMetrics) -> Role:
    return "hot" if (figure.share or 0.0) >= HOT_SHARE else "plain"
