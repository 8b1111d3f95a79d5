"""A loaded dataset for the terminal and as HTML: sizes, skew, and its statements."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from workbench import markup
from workbench.datasets.facts import ColumnFacts, DatasetFacts, TableFacts
from workbench.plans import figures
from workbench.plans.remarks import clean
from workbench.workload.query import Query

if TYPE_CHECKING:
    import pandas

HEAD = ("column", "type", "null", "values", "most common", "its share", "correlation")
LONGEST_VALUE = 22


@dataclass(frozen=True)
class DatasetPicture:
    """What a dataset is like; prints with rich, shows itself in a notebook."""

    facts: DatasetFacts
    queries: tuple[Query, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(_headline(self.facts), style="bold")
        for table in self.facts.tables:
            yield Text()
            yield Text(_caption(table), style="bold cyan")
            yield _columns(table)
        yield Text()
        yield Text(f"{len(self.queries)} statements, by weight", style="bold")
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        grid.add_column(justify="right")
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis", style="dim", ratio=1)
        for query in _by_weight(self.queries):
            words = clean(" ".join(query.sql.split()))
            grid.add_row(f"{query.weight:g}", query.name, Text(words))
        yield grid

    _repr_pretty_ = markup.as_text

    def _repr_html_(self) -> str:
        """The same as HTML; nothing in it is taken as markup."""
        return markup.card(
            markup.tag("b", escape(_headline(self.facts))),
            *map(_html_table, self.facts.tables),
            _html_queries(self.queries),
        )

    def __str__(self) -> str:
        """The same as text, 100 columns wide."""
        # in a kernel it would show itself otherwise
        console = Console(width=100, color_system=None, file=StringIO(), force_jupyter=False)
        with console.capture() as captured:
            console.print(self)
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    def to_frame(self) -> "pandas.DataFrame":
        """One row for each column: type, shares from 0 to 1, distinct values, correlation."""
        import pandas

        rows = [
            {"table": table.name, "rows": table.rows, **asdict(column)}
            for table in self.facts.tables
            for column in table.columns
        ]
        return pandas.DataFrame(rows)


def _headline(facts: DatasetFacts) -> str:
    tables = "1 table" if len(facts.tables) == 1 else f"{len(facts.tables)} tables"
    size = figures.kilobytes(facts.bytes / 1024)
    return f"{facts.name}: {facts.title} · {tables}, {facts.rows:,} rows, {size}"


def _caption(table: TableFacts) -> str:
    heap = figures.kilobytes(table.heap_bytes / 1024)
    keys = figures.kilobytes(table.index_bytes / 1024)
    return f"{table.name}: {table.rows:,} rows, {heap}, indexes of its keys {keys}"


def _columns(table: TableFacts) -> Table:
    grid = Table(*HEAD, box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in table.columns:
        grid.add_row(*map(Text, _cells(column)))
    return grid


def _cells(column: ColumnFacts) -> tuple[str, ...]:
    """The figures of one column as text, empty where the server knows none."""
    return (
        column.name,
        column.type,
        figures.percent(column.null_share) if column.null_share else "",
        figures.count(column.distinct_values),
        "" if column.top_value is None else clean(_cut(column.top_value, LONGEST_VALUE)),
        "" if column.top_share is None else figures.percent(column.top_share),
        "" if column.correlation is None else f"{column.correlation:.2f}",
    )


def _html_table(facts: TableFacts) -> str:
    rows = map(_html_row, facts.columns)
    caption = markup.tag("p", escape(_caption(facts)), style="margin:10px 0 0 0")
    return caption + markup.table(HEAD, rows, right=(3,), wrap=(4,))


def _html_row(column: ColumnFacts) -> list[str]:
    cells = [escape(cell) for cell in _cells(column)]
    for place, share in ((2, column.null_share), (5, column.top_share)):
        if share:
            cells[place] = f"{markup.bar(share)}{cells[place]}"
    return cells


def _html_queries(queries: Sequence[Query]) -> str:
    rows = (
        (f"{query.weight:g}", escape(query.name), markup.code(query.sql))
        for query in _by_weight(queries)
    )
    listing = markup.table(("weight", "name", "statement"), rows, right=(0,), wrap=(2,))
    return markup.fold(f"{len(queries)} statements", listing)


def _by_weight(queries: Iterable[Query]) -> Iterator[Query]:
    yield from sorted(queries, key=lambda query: (-query.weight, query.name))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
