"""What every rule is made of: drafts, and questions about a use and its table's columns."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from workbench.indexes.candidates.partial import NARROW, share_kept
from workbench.indexes.index import Key
from workbench.workload.schema import Column, Table, quoted
from workbench.workload.uses import Condition, TableUse

SHAPES = ("point", "box", "polygon", "path", "line", "lseg", "circle")
UNORDERED = frozenset({"json", "jsonb", "xml", "tsvector", "tsquery", "hstore", *SHAPES})
UNKNOWN_DISTINCT = 200  # of an expression, as the planner assumes
PAGE_BYTES = 1_000  # an average value as wide as this has fellows that no btree page takes


@dataclass(frozen=True)
class Draft:
    """The keys of a possible index, its access method, and the words that say what asks for it."""

    keys: tuple[Key, ...]
    because: str
    method: str = "btree"
    storage: str = ""


Rule: TypeAlias = Callable[[TableUse, Table], Iterator[Draft]]


def draft(expressions: Iterable[str], because: str) -> Draft:
    """A btree in ascending order."""
    return Draft(tuple(map(Key, expressions)), because)


def keyed(use: TableUse, table: Table, *kinds: str) -> list[str]:
    """What conditions of these kinds compare, that of most distinct values first."""
    distinct: dict[str, float] = {}
    for condition in use.conditions:
        if condition.kind in kinds and narrows(condition, table):
            distinct.setdefault(condition.expression, _distinct(condition, table))
    return sorted(distinct, key=lambda name: (-distinct[name], name))


def joins(use: TableUse, table: Table) -> list[list[str]]:
    """What is joined, by the table it is joined to; all of it together where that is more."""
    partners = dict.fromkeys(c.partner for c in use.conditions if c.kind == "join")
    every = keyed(use, table, "join")
    groups = [
        [name for name in every if any(_joins(c, name, partner) for c in use.conditions)]
        for partner in partners
    ]
    return [list(g) for g in dict.fromkeys(map(tuple, [*groups, every])) if g]


def finds_one_row(use: TableUse, table: Table, expressions: Collection[str]) -> bool:
    """Whether a unique key among some expressions is compared for equality as a whole."""
    equal = {c.expression for c in use.conditions if c.kind in ("equality", "join", "in")}
    held = equal & set(expressions)
    return any(set(map(quoted, unique)) <= held for unique in table.uniques)


def leads(use: TableUse, table: Table) -> list[list[str]]:
    """What may stand before a range or a sort: the equalities, and what is joined with them."""
    equal = keyed(use, table, "equality", "is_null")
    found = [equal, *([*equal, *group] for group in joins(use, table)[:4])]
    found += [[name] for name in equal if len(equal) > 1]
    return [_unique(lead) for lead in dict.fromkeys(map(tuple, found)) if lead] or [[]]


def narrows(condition: Condition, table: Table) -> bool:
    """Whether a btree could hold the compared side, and the condition rules out enough rows.

    One that most rows meet is better said in a predicate.
    """
    column = table.columns.get(condition.column or "")
    if column is None:
        return condition.column is None
    return ordered(column) and (share_kept(condition, column) or 0.0) <= NARROW


def column_of(condition: Condition, table: Table) -> Column | None:
    """The column that a condition compares bare, None for an expression."""
    return table.columns.get(condition.column or "")


def ordered(column: Column) -> bool:
    """Whether a btree takes the column's values and serves more than whole-value equality."""
    base = column.type.partition("(")[0]
    known = base not in UNORDERED and not base.endswith("[]")
    return known and column.width_bytes < PAGE_BYTES and not too_long(column)


def too_long(column: Column) -> bool:
    """Whether ANALYZE found none of the texts short enough to compare.

    It then takes them for distinct and knows nothing else; their width is that of a pointer.
    """
    nothing = column.correlation is None and not column.common
    return is_text(column) and bool(column.distinct) and nothing


def is_text(column: Column) -> bool:
    """Whether values may be of any length."""
    return column.type.startswith(("text", "character varying", "bytea"))


def order(use: TableUse) -> tuple[Key, ...]:
    """The sort as keys, empty where it is one by distance."""
    if any(" <-> " in key.expression for key in use.sort):
        return ()
    return tuple(Key(key.expression, key.descending, key.nulls_first) for key in use.sort)


def grouped(use: TableUse) -> list[str]:
    """The grouped columns as keys."""
    return [quoted(name) for name in use.group]


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: a and b and c."""
    return " and ".join(names)


def after(names: Iterable[str]) -> str:
    """The words for leading equality columns."""
    words = listed(names)
    return f"equality on {words}, then " if words else ""


def _distinct(condition: Condition, table: Table) -> float:
    column = column_of(condition, table)
    return column.distinct or 0 if column else UNKNOWN_DISTINCT


def _joins(condition: Condition, name: str, partner: str) -> bool:
    return (condition.kind, condition.expression, condition.partner) == ("join", name, partner)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
