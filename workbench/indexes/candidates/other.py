"""Rules for the less common access methods: GiST, BRIN and hash."""

from collections.abc import Iterator

from workbench.indexes.candidates.rule import Draft, column_of, columns, every_condition
from workbench.indexes.index import Key
from workbench.workload.schema import Table, quoted
from workbench.workload.uses import TableUse

GIST_TYPES = ("point", "box", "polygon", "circle", "inet", "tsquery")
GIST_OPERATORS = ("&&", "@>", "<@", "<->")
BRIN_CORRELATION = 0.9
BRIN_ROWS = 50_000
HASH_WIDTH_BYTES = 32


def overlaps(use: TableUse, table: Table) -> Iterator[Draft]:
    """Ranges and shapes that overlap or contain one another."""
    for condition in every_condition(use):
        column = column_of(condition, table)
        if column is None or condition.operator not in GIST_OPERATORS:
            continue
        if column.type in GIST_TYPES or column.type.endswith("range"):
            words = f"{condition.operator} on {condition.expression}"
            yield Draft((Key(condition.expression),), words, "gist")


def block_ranges(use: TableUse, table: Table) -> Iterator[Draft]:
    """BRIN where rows lie on the disk nearly in the order of a column asked for by range."""
    for name in columns(use, table, "range"):
        correlation = abs(table.columns[name].correlation or 0)
        if correlation >= BRIN_CORRELATION and table.rows >= BRIN_ROWS:
            words = f"range on {name}, whose rows lie in order (correlation {correlation:.2f})"
            yield Draft((Key(quoted(name)),), words, "brin")


def wide_equalities(use: TableUse, table: Table) -> Iterator[Draft]:
    """Hash where the compared values are long, so that a btree would repeat them."""
    for name in columns(use, table, "equality"):
        if table.columns[name].width_bytes >= HASH_WIDTH_BYTES:
            yield Draft((Key(quoted(name)),), f"equality on the long {name}", "hash")
