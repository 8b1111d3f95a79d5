"""What every rule is made of: drafts, and questions about a table's columns."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from workbench.indexes.index import Key
from workbench.workload.schema import Column, Table, quoted
from workbench.workload.uses import Condition, TableUse

SHAPES = ("point", "box", "polygon", "path", "line", "lseg", "circle")
UNORDERED = frozenset({"json", "jsonb", "xml", "tsvector", "tsquery", *SHAPES})


@dataclass(frozen=True)
class Draft:
    """The keys of a possible index, its access method, and the words that say what asks for it."""

    keys: tuple[Key, ...]
    because: str
    method: str = "btree"
    include: tuple[str, ...] = ()


Rule: TypeAlias = Callable[[TableUse, Table], Iterator[Draft]]


def draft(columns: Iterable[str], because: str) -> Draft:
    """A btree over plain columns."""
    return Draft(tuple(Key(quoted(column)) for column in columns), because)


def columns(use: TableUse, table: Table, *kinds: str) -> list[str]:
    """Columns with conditions of these kinds, the one with most distinct values first."""
    named = dict.fromkeys(c.column for c in use.conditions if c.column and c.kind in kinds)
    distinct = {name: table.columns[name].distinct or 0 for name in named if name in table.columns}
    return sorted(distinct, key=lambda name: (-distinct[name], name))


def leads(use: TableUse, table: Table) -> list[list[str]]:
    """What may stand before a range or a sort: the equalities, and joined columns with them."""
    equal = columns(use, table, "equality", "is_null")
    joined = columns(use, table, "join")
    found = [equal, *([*equal, column] for column in joined)]
    found += [[column] for column in equal if len(equal) > 1]
    return [list(lead) for lead in dict.fromkeys(map(tuple, found)) if lead] or [[]]


def every_condition(use: TableUse) -> Iterator[Condition]:
    """The conditions that hold together, then those of each branch of an OR."""
    yield from use.conditions
    for branch in use.alternatives:
        yield from branch


def column_of(condition: Condition, table: Table) -> Column | None:
    """The column that a condition compares bare, None for an expression."""
    return table.columns.get(condition.column or "")


def ordered(column: Column) -> bool:
    """Whether a btree over the column serves more than whole-value equality."""
    base = column.type.partition("(")[0]
    return base not in UNORDERED and not base.endswith("[]")


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: a and b and c."""
    return " and ".join(names)


def after(names: list[str]) -> str:
    """The words for leading equality columns."""
    return f"equality on {listed(names)}, then " if names else ""
