"""Btree rules: equalities first, then one range or the sort with its directions.

Of the equality columns the one with most distinct values leads; what follows a range could not
narrow the scan.
"""

from collections.abc import Iterator
from dataclasses import replace

from workbench.indexes.candidates.rule import (
    Draft,
    after,
    column_of,
    columns,
    draft,
    every_condition,
    leads,
    listed,
)
from workbench.indexes.index import Key
from workbench.workload.schema import Table, quoted
from workbench.workload.uses import Condition, TableUse

WORDS = {"in": "IN list", "is_null": "IS NULL"}


def single_columns(use: TableUse, table: Table) -> Iterator[Draft]:
    """Each column that is compared or joined, alone."""
    for condition in every_condition(use):
        if condition.column and condition.kind not in ("other", "unequal", "is_not_null"):
            kind = WORDS.get(condition.kind, condition.kind)
            yield draft([condition.column], f"{kind} on {condition.column}")


def equalities(use: TableUse, table: Table) -> Iterator[Draft]:
    """All equalities together, then one IN list or one joined column before or after them."""
    equal = columns(use, table, "equality", "is_null")
    trail = f", then equality on {listed(equal)}" if equal else ""
    for members in (*_branches(use), use.conditions):
        branch = replace(use, conditions=tuple(members))
        together = columns(branch, table, "equality", "is_null")
        yield draft(together, f"equality on {listed(together)}")
    for column in columns(use, table, "in"):
        yield draft([*equal, column], f"{after(equal)}IN list on {column}")
    for column in columns(use, table, "join"):
        yield draft([*equal, column], f"{after(equal)}join on {column}")
        yield draft([column, *equal], f"join on {column}{trail}")
    joined = columns(use, table, "join")
    yield draft([*joined, *equal], f"join on {listed(joined)}{trail}")


def equalities_then_range(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then one range."""
    for lead in leads(use, table):
        for column in columns(use, table, "range"):
            yield draft([*lead, column], f"{after(lead)}range on {column}")


def equalities_then_sort(use: TableUse, table: Table) -> Iterator[Draft]:
    """Equalities, then the sort with its directions; the sort alone too."""
    order = tuple(Key(quoted(k.column), k.descending, k.nulls_first) for k in use.sort)
    words = ", ".join(str(key) for key in order)
    limit = " with LIMIT" if use.limited else ""
    for lead in [*leads(use, table), []] if order else []:
        kept = tuple(key for key in order if key.expression not in map(quoted, lead))
        keys = (*draft(lead, "").keys, *kept)
        yield Draft(keys, f"{after(lead)}ORDER BY {words}{limit}")


def group_columns(use: TableUse, table: Table) -> Iterator[Draft]:
    """The columns of GROUP BY, DISTINCT or PARTITION BY, after the equalities or alone."""
    tail = tuple(
        Key(quoted(key.column), key.descending, key.nulls_first)
        for key in use.sort
        if key.column not in use.group
    )
    ranges = columns(use, table, "range")
    for lead in [*leads(use, table), []] if use.group else []:
        rest = [column for column in use.group if column not in lead]
        words = f"{after(lead)}grouping by {listed(use.group)}"
        yield draft([*lead, *rest], words)
        yield draft([*lead, *rest, *ranges[:1]], words)
        if tail:
            keys = (*draft([*lead, *rest], "").keys, *tail)
            yield Draft(keys, f"first rows within {listed(use.group)}")


def expressions(use: TableUse, table: Table) -> Iterator[Draft]:
    """An expression that is compared, alone, after the equalities, and before the sort."""
    equal = columns(use, table, "equality", "is_null")
    order = tuple(Key(quoted(k.column), k.descending, k.nulls_first) for k in use.sort)
    for condition in every_condition(use):
        if condition.column or condition.kind not in ("equality", "in", "range", "join"):
            continue
        key = Key(condition.expression)
        words = f"{WORDS.get(condition.kind, condition.kind)} on {condition.expression}"
        yield Draft((key,), words)
        if equal:
            yield Draft((*draft(equal, "").keys, key), f"{after(equal)}{words}")
        if order and condition.kind == "equality":
            yield Draft((*draft(equal, "").keys, key, *order), f"{words}, then ORDER BY")


def text_prefixes(use: TableUse, table: Table) -> Iterator[Draft]:
    """LIKE 'abc%' as a range: with any collation but C it needs a pattern operator class."""
    equal = columns(use, table, "equality", "is_null")
    for condition in every_condition(use):
        if not _anchored(condition):
            continue
        column = column_of(condition, table)
        varying = column is not None and column.type.startswith("character varying")
        key = Key(condition.expression, opclass=f"{'varchar' if varying else 'text'}_pattern_ops")
        words = f"prefix search on {condition.expression}"
        yield Draft((key,), words)
        if equal:
            yield Draft((*draft(equal, "").keys, key), f"{after(equal)}{words}")


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


def _branches(use: TableUse) -> list[tuple[Condition, ...]]:
    """Each branch of an OR, by itself and with the conditions that hold for all branches."""
    return [(*common, *branch) for branch in use.alternatives for common in ((), use.conditions)]
