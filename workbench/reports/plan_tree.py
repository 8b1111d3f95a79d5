"""A plan for the terminal: the lines of ``plans.tree`` in colours, and two plans together."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from workbench.plans import figures, tree
from workbench.plans.diff import PlanDiff, diff
from workbench.plans.node import Plan
from workbench.plans.remarks import clean

STYLES: dict[tree.Role, str] = {
    "plain": "",
    "dim": "dim",
    "head": "bold",
    "bar": "yellow",
    "hot": "bold yellow",
    "warn": "red",
}
GAP = 3
LEAST_SIDE = 72
WIDEST = 120


@dataclass(frozen=True, slots=True)
class PlanTree:
    """One plan, as wide as the terminal up to a readable width."""

    plan: Plan
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.title:
            yield Text(clean(self.title), style="bold underline")
        for line in tree.lines(self.plan, min(options.max_width, WIDEST)):
            yield _styled(line)


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Two plans of one statement: what changed in words, then both trees, side by side if wide."""

    before: Plan
    after: Plan
    title: str = ""
    names: tuple[str, str] = ("before", "after")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.title:
            yield Text(clean(self.title), style="bold underline")
        yield from _changes(diff(self.before, self.after))
        trees = (PlanTree(self.before, self.names[0]), PlanTree(self.after, self.names[1]))
        if options.max_width < 2 * LEAST_SIDE + GAP:
            for each in trees:
                yield Text()
                yield each
            return
        sides = Table.grid(padding=(0, GAP, 0, 0), expand=True)
        sides.add_column(ratio=1)
        sides.add_column(ratio=1)
        sides.add_row(*trees)
        yield Text()
        yield sides


def _styled(line: tree.Line) -> Text:
    text = Text(no_wrap=True, overflow="ignore", end="\n")
    for span in line:
        text.append(span.text, style=STYLES[span.role])
    text.rstrip()
    return text


def _changes(change: PlanDiff) -> Iterator[Text]:
    """The figures of the whole and a line for each change, or that nothing changed."""
    for name, unit, (one, other) in (
        ("cost", "", change.cost),
        ("execution", " ms", change.execution_ms),
        ("pages", "", change.touched_blocks),
    ):
        if one is not None and other is not None:
            show = figures.ms if unit else figures.count
            yield Text(f"{name} {show(one)}{unit} → {show(other)}{unit}", style="bold")
    for sentence in change.changes or ("the same plan",):
        yield Text(f"• {clean(sentence)}")
