"""A loaded dataset for the terminal and as HTML: sizes, skew, and the statements that come with it.

The HTML has inline styles only, so that it looks the same in an untrusted notebook and in print.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from workbench.datasets.facts import ColumnFacts, DatasetFacts, TableFacts
from workbench.plans import figures
from workbench.plans.remarks import clean
from workbench.workload.query import Query

HEAD = ("column", "type", "null", "values", "most common", "its share", "correlation")
LONGEST_VALUE = 22
CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"
BAR = "display:inline-block;height:8px;background:#4477aa;vertical-align:middle;margin-right:6px"


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

    def _repr_html_(self) -> str:
        """The same as HTML; nothing in it is taken as markup."""
        parts = [f"<p><b>{escape(_headline(self.facts))}</b></p>"]
        parts += [_html_table(table) for table in self.facts.tables]
        parts.append(_html_queries(self.queries))
        return f'<div style="overflow-x:auto;font-size:13px">{"".join(parts)}</div>'


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


def _html_table(table: TableFacts) -> str:
    rows = "".join(_html_row(column) for column in table.columns)
    return (
        f"<p>{escape(_caption(table))}</p>"
        f'<table style="border-collapse:collapse">{_html_head(HEAD)}{rows}</table>'
    )


def _html_row(column: ColumnFacts) -> str:
    cells = [escape(cell) for cell in _cells(column)]
    for place, share in ((2, column.null_share), (5, column.top_share)):
        if share:
            cells[place] = f'<span style="{BAR};width:{60 * share:.0f}px"></span>{cells[place]}'
    return _html_cells(cells)


def _html_queries(queries: Sequence[Query]) -> str:
    rows = "".join(
        _html_cells([f"{query.weight:g}", escape(query.name), f"<code>{escape(query.sql)}</code>"])
        for query in _by_weight(queries)
    )
    head = _html_head(("weight", "name", "statement"))
    return (
        f"<details><summary>{len(queries)} statements</summary>"
        f'<table style="border-collapse:collapse">{head}{rows}</table></details>'
    )


def _html_head(names: Iterable[str]) -> str:
    cells = "".join(f'<th style="{CELL}">{escape(name)}</th>' for name in names)
    return f"<tr>{cells}</tr>"


def _html_cells(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _by_weight(queries: Iterable[Query]) -> Iterator[Query]:
    yield from sorted(queries, key=lambda query: (-query.weight, query.name))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
