"""An advice for the terminal: what to create, what it does to each statement, and why not more."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workbench.indexes import wording
from workbench.indexes.advice import Advice, IndexAdvice, Rejected
from workbench.plans.remarks import clean

SHOWN_REJECTED = 5
STYLES = {"improved": "green", "regressed": "red", "failed": "red"}


@dataclass(frozen=True)
class AdviceTable:
    """The receipt as a person reads it in ten seconds; ``rich`` prints it at any width."""

    advice: Advice

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        advice = self.advice
        yield Text(wording.where(advice), style="dim")
        yield Text(wording.headline(advice), style="bold")
        for index in advice.indexes:
            yield Text()
            yield from _index(index)
        if advice.queries:
            yield Text()
            yield _statements(advice)
            for remark in wording.remarks(advice):
                yield Text(remark, style="red")
            for used in wording.values(advice):
                yield Text(used, style="dim")
        if advice.rejected:
            yield Text()
            yield from _rejected(advice.rejected)
        if advice.sweep:
            yield Text()
            yield _sweep(advice)
        for note in advice.notes:
            yield Text(f"note: {clean(note)}", style="dim")


def _index(index: IndexAdvice) -> Iterator[Text | Padding]:
    """One suggestion: the statement to copy, then what speaks for it."""
    # to be copied: the terminal may break this line, we must not
    yield Text(f"{index.index.ddl()};", style="bold cyan", no_wrap=True, overflow="ignore")
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    for name, words in wording.facts(index):
        facts.add_row(name, Text(words))
    yield Padding(facts, (0, 0, 0, 2))


def _statements(advice: Advice) -> Table:
    """One row for each statement, before and after."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("statement", overflow="fold")
    table.add_column("before", justify="right", no_wrap=True)
    table.add_column("after", justify="right", no_wrap=True)
    table.add_column(wording.heading(advice), no_wrap=True)
    table.add_column("", no_wrap=True)
    for query in advice.queries:
        *cells, status = wording.cells(query)
        table.add_row(*map(Text, cells), Text(status, style=STYLES.get(query.status, "")))
    return table


def _sweep(advice: Advice) -> Table:
    """One row for each budget: what could be had for it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("budget", "best set", "cost", "time"):
        table.add_column(f"{name} after/before" if name in ("cost", "time") else name)
    for row in wording.swept(advice):
        table.add_row(*row)
    return table


def _rejected(rejected: tuple[Rejected, ...]) -> Iterator[Text | Table]:
    yield Text("Why not", style="bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(ratio=1)
    table.add_column(ratio=1, style="dim")
    for each in rejected[:SHOWN_REJECTED]:
        table.add_row(*map(Text, wording.why_not(each)))
    yield table
    left = len(rejected) - SHOWN_REJECTED
    if left > 0:
        yield Text(f"and {left} more, each with its reason, in --format json", style="dim")
