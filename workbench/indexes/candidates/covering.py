"""INCLUDE: the columns that let an index answer a statement without the heap."""

from collections.abc import Collection, Iterator

from workbench.indexes.candidates.rule import (
    UNORDERED,
    Draft,
    draft,
    finds_one_row,
    listed,
    narrows,
    too_long,
)
from workbench.indexes.index import Index
from workbench.workload.schema import Table, quoted
from workbench.workload.uses import TableUse

MAX_INCLUDED = 5
MAX_MERGED = 6
INCLUDED_SHARE = 0.6
WIDE_BYTES = 100
FEW_ROWS = 200
MANY_LOOKUPS = 1_000


def included(index: Index, use: TableUse, table: Table) -> tuple[str, ...]:
    """The columns that are missing for an index-only scan, if they are few, narrow and pay."""
    if index.method != "btree" or use.written or not _pays(index, use, table):
        return ()
    held = {key.expression for key in index.keys}
    read = [*use.outputs, *(name for c in use.conditions for name in c.columns)]
    read += [name for branch in use.alternatives for c in branch for name in c.columns]
    names = dict.fromkeys(read if use.outputs or use.conditions else use.columns)
    missing = [name for name in names if name in table.columns and quoted(name) not in held]
    if len(missing) > MAX_INCLUDED or not fits(missing, table):
        return ()
    return tuple(sorted(map(quoted, missing)))


def alone(use: TableUse, table: Table) -> Iterator[Draft]:
    """The few columns of a statement that nothing leads into: less to read than the whole table."""
    if use.written:
        return
    leads = any(narrows(c, table) or c.kind in ("range", "other") for c in use.conditions)
    names = [name for name in use.columns if name in table.columns]
    if not (leads or use.sort or use.group or use.alternatives or not names) and (
        len(names) <= MAX_INCLUDED and fits(names, table)
    ):
        held = [c.column for c in use.conditions if c.column] or names
        words = f"{listed(map(quoted, names))} without the rest of the table"
        yield draft([quoted(held[0])], words)


def fits(names: Collection[str], table: Table) -> bool:
    """Whether columns are narrow enough to be stored twice."""
    row_bytes = sum(column.width_bytes for column in table.columns.values())
    found = [table.columns[name] for name in names]
    bytes_ = sum(column.width_bytes for column in found)
    small = all(
        c.width_bytes <= WIDE_BYTES and c.type not in UNORDERED and not too_long(c) for c in found
    )
    return small and bytes_ <= INCLUDED_SHARE * row_bytes


def _pays(index: Index, use: TableUse, table: Table) -> bool:
    """Whether more than a few visits to the heap would be spared.

    A unique key finds one row, so the heap is visited once, unless a join looks up many; and a
    short page in the index's order needs a few rows where nothing else is to be checked.
    """
    keys = [key.expression for key in index.keys]
    if finds_one_row(use, table, keys):
        return use.lookups >= MANY_LOOKUPS
    sorts = [key.expression for key in use.sort]
    checked = all(c.expression in keys for c in use.conditions) and not use.alternatives
    delivered = bool(sorts) and set(sorts) <= set(keys) and use.limited
    few = use.first_rows is not None and use.first_rows <= FEW_ROWS
    return not (checked and delivered and few)
