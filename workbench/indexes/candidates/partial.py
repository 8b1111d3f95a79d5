"""Predicates: which constant conditions of a statement an index could keep to."""

from collections.abc import Iterator
from dataclasses import replace

from workbench.workload.schema import Column, Table, quoted
from workbench.workload.uses import Condition, TableUse

MOST_DISTINCT = 50
MOST_SHARE = 0.6


def predicates(use: TableUse, table: Table) -> Iterator[tuple[str, TableUse]]:
    """Constant conditions that keep a small share of the rows, each with what is left of the use.

    A parameter never makes a predicate: another value of it could not use the index.
    """
    found = [(c, text) for c in use.conditions if (text := _predicate(c, table))]
    for condition, text in found:
        rest = tuple(c for c in use.conditions if c != condition)
        keyless = not (rest or use.sort or use.group or use.alternatives)
        yield text, replace(use, conditions=(condition,) if keyless else rest)
    if len(found) > 1:
        chosen = {condition for condition, _ in found}
        rest = tuple(c for c in use.conditions if c not in chosen)
        if rest or use.sort or use.group:
            text = " AND ".join(sorted(text for _, text in found))
            yield text, replace(use, conditions=rest)


def _predicate(condition: Condition, table: Table) -> str:
    """The condition as an index predicate, empty where it would keep most of the rows."""
    column = table.columns.get(condition.column or "")
    share = _share(condition, column) if column else None
    if column is None or share is None or share > MOST_SHARE:
        return ""
    name = quoted(column.name)
    if condition.kind == "is_null":
        return f"{name} IS NULL"
    if condition.kind == "is_not_null":
        return f"{name} IS NOT NULL"
    if condition.constant in ("true", "false") and condition.kind == "equality":
        return name if condition.constant == "true" else f"NOT {name}"
    operator = {"in": "IN", "unequal": "<>"}.get(condition.kind, "=")
    return f"{name} {operator} {condition.constant}"


def _share(condition: Condition, column: Column) -> float | None:
    """Share of the rows that a constant condition keeps, None where statistics cannot say."""
    if condition.kind == "is_null":
        return column.null_share
    if condition.kind == "is_not_null":
        return 1 - column.null_share
    if condition.constant is None or condition.kind not in ("equality", "in", "unequal"):
        return None
    if not column.common or (column.distinct or 0) > MOST_DISTINCT:
        return None
    boolean = {"true": "t", "false": "f"}
    constants = condition.constant.strip("()").split(", ")
    values = [boolean.get(value, value.strip("'")) for value in constants]
    share = sum(column.common.get(value, 0.0) for value in values)
    return 1 - share - column.null_share if condition.kind == "unequal" else share
