"""Btree rules: equalities first, then one range or the sort with its directions.

Of the equalities the one with most distinct values leads; what follows a range could not narrow
the scan.
"""

from collections.abc import Iterator

from workbench.indexes.candidates.rule import (
    Draft,
    after,
    column_of,
    draft,
    grouped,
    joins,
    keyed,
    leads,
    listed,
    narrows,
    order,
)
from workbench.indexes.index import Key
from workbench.workload.schema import Table, quoted
from workbench.workload.uses import Condition, TableUse

WORDS = {"in": "IN list", "is_null": "IS NULL"}
SINGLE = ("equality", "in", "range", "join", "is_null")


def foreign_keys(use: TableUse, table: Table) -> Iterator[Draft]:
    """The columns that refer to rows which a statement deletes from another table."""
    key = use.foreign_key
    if key is not None:
        names = [quoted(column) for column in key.columns]
        words = f"what is deleted from {key.parent} is looked for here"
        yield draft(names, f"foreign key on {listed(names)}: {words}")


def single_keys(use: TableUse, table: Table) -> Iterator[Draft]:
    """Each column or expression that is compared or joined, alone."""
    for condition in use.conditions:
        if condition.kind in SINGLE and narrows(condition, table):
            kind = WORDS.get(condition.kind, condition.kind)
            yield draft([condition.expression], f"{kind} on {condition.expression}")


def equalities(use: TableUse, table: Table) -> Iterator[Draft]:
    """All equalities together, then one IN list, or what is joined before or after them."""
    equal = keyed(use, table, "equality", "is_null")
    trail = f", then equality on {listed(equal)}" if equal else ""
    yield draft(equal, f"equality on {listed(equal)}")
    for name in keyed(use, table, "in"):
        yield draft([*equal, name], f"{after(equal)}IN list on {name}")
    for group in joins(use, table):
        yield draft([*equal, *group], f"{after(equal)}join on {listed(group)}")
        yield draft([*group, *equal], f"join on {listed(group)}{trail}")


def equalities_then_range(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then one range."""
    for lead in leads(use, table):
        for name in keyed(use, table, "range"):
            yield draft([*lead, name], f"{after(lead)}range on {name}")


def equalities_then_sort(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then the sort with its directions; the sort alone too."""
    keys = order(use)
    words = ", ".join(map(str, keys))
    limit = " with LIMIT" if use.limited else ""
    for lead in [*leads(use, table), []] if keys else []:
        kept = tuple(key for key in keys if key.expression not in lead)
        yield Draft((*map(Key, lead), *kept), f"{after(lead)}ORDER BY {words}{limit}")


def group_keys(use: TableUse, table: Table) -> Iterator[Draft]:
    """The columns of GROUP BY, DISTINCT or PARTITION BY, after the equalities or alone."""
    group = grouped(use)
    tail = tuple(key for key in order(use) if key.expression not in group)
    ranges = keyed(use, table, "range")
    for lead in [*leads(use, table), []] if group else []:
        rest = [name for name in group if name not in lead]
        words = f"{after(lead)}grouping by {listed(group)}"
        yield draft([*lead, *rest], words)
        yield draft([*lead, *rest, *ranges[:1]], words)
        if tail:
            keys = (*map(Key, [*lead, *rest]), *tail)
            yield Draft(keys, f"first rows within {listed(group)}")


def extremes(use: TableUse, table: Table) -> Iterator[Draft]:
    """The columns of min() and max(), after the equalities and the grouped columns."""
    for name in map(quoted, use.extremes):
        for lead in leads(use, table):
            keys = [*lead, *grouped(use), name]
            yield draft(keys, f"{after(keys[:-1])}least or greatest {name}")


def text_prefixes(use: TableUse, table: Table) -> Iterator[Draft]:
    """LIKE 'abc%' as a range: with any collation but C it needs a pattern operator class."""
    equal = keyed(use, table, "equality", "is_null")
    for condition in use.conditions:
        if not _anchored(condition):
            continue
        key = Key(condition.expression, opclass=_pattern_class(condition, table))
        words = f"prefix search on {condition.expression}"
        yield Draft((key,), words)
        if equal:
            yield Draft((*map(Key, equal), key), f"{after(equal)}{words}")


def _pattern_class(condition: Condition, table: Table) -> str:
    """The operator class that compares a text byte by byte."""
    column = column_of(condition, table)
    varying = column is not None and column.type.startswith("character varying")
    return f"{'varchar' if varying else 'text'}_pattern_ops"


def _anchored(condition: Condition) -> bool:
    """Whether the pattern has a fixed start, or is a parameter that may have one."""
    if condition.operator == "^@":
        return True
    if condition.operator not in ("LIKE", "~"):
        return False
    if condition.constant is None:
        return condition.operator == "LIKE" and bool(condition.parameters)
    pattern = condition.constant.strip("'")
    if condition.operator == "~":
        return pattern[:1] == "^" and pattern[1:2].isalnum()
    return pattern[:1] not in ("%", "_", "")
