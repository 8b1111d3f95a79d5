"""The indexes that a database already has."""

import re
from dataclasses import dataclass, replace
from typing import Any

from workbench import sql
from workbench.db import Connection, fetch_all
from workbench.indexes.index import Index, Key
from workbench.workload.conditions import canonical
from workbench.workload.schema import TableName, quoted

MARK = "workbench candidate"
_NAME = re.compile(r"[A-Za-z_][\w$]*|\"(?:[^\"]|\"\")+\"")
_DESCENDING, _NULLS_FIRST = 1, 2


@dataclass(frozen=True)
class Existing:
    """An index of the database; ``ours`` marks a candidate that a killed run left behind."""

    index: Index
    name: str
    unique: bool
    valid: bool
    size_bytes: int
    ours: bool


def read(connection: Connection) -> tuple[Existing, ...]:
    """Every index outside the system schemas."""
    return tuple(_existing(row) for row in fetch_all(connection, sql.load("indexes"), [MARK]))


def relations(connection: Connection) -> frozenset[TableName]:
    """Every name that an index could not have, those of our own candidates excepted."""
    names = """/*workbench*/ SELECT n.nspname::text, c.relname::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"""
    ours = {TableName(e.index.table.schema, e.name) for e in read(connection) if e.ours}
    return frozenset(TableName(*row) for row in fetch_all(connection, names)) - ours


def _existing(row: tuple[Any, ...]) -> Existing:
    schema, table, name, method, unique, valid, predicate, keys, include, options, classes = row[
        :11
    ]
    index = Index(
        TableName(schema, table),
        tuple(map(_key, keys, options, classes)),
        method,
        tuple(map(_expression, include)),
        canonical(predicate) if predicate else "",
    )
    return Existing(index, name, unique, valid, *row[11:])


def _key(definition: str, option: int, opclass: str) -> Key:
    """A key as candidates write it: an expression stands in brackets."""
    expression = _expression(definition)
    return Key(expression, bool(option & _DESCENDING), bool(option & _NULLS_FIRST), opclass)


def _expression(text: str) -> str:
    """A column in quotes only where it must be, anything else in brackets."""
    if _NAME.fullmatch(text):
        return quoted(text[1:-1].replace('""', '"')) if text[:1] == '"' else text
    return f"({canonical(text)})"


def _comparable(index: Index) -> Index:
    """The same definition in the words of ``read``, without what only its size depends on."""
    keys = tuple(replace(key, expression=_expression(key.expression)) for key in index.keys)
    predicate = canonical(index.predicate) if index.predicate else ""
    return replace(index, keys=keys, predicate=predicate, storage="")


def served_by(index: Index, existing: tuple[Existing, ...]) -> str | None:
    """Why ``index`` is not needed beside the existing ones, None if it could be.

    A covering twin of a unique key is left to the planner's costs: it is only drafted where a join
    looks up many rows, each of which then needs no visit to the heap. So is a partial one: a scan
    in the key's order then meets only the rows it is about.
    """
    wanted = _comparable(index)
    for other in existing:
        if not other.valid or other.ours:
            continue
        if other.index.serves_as(wanted):
            same = len(other.index.keys) == len(index.keys)
            return f"{'exists already as' if same else 'is the start of'} {other.name}"
        plain = not (other.index.predicate or index.predicate or index.include)
        if other.unique and plain:
            unique = {(key.expression, key.opclass) for key in other.index.keys}
            lead = {(key.expression, key.opclass) for key in index.keys[: len(unique)]}
            if other.index.table == index.table and unique == lead:
                names = ", ".join(sorted(expression for expression, _ in unique))
                return f"{other.name} already finds at most one row for {names}"
    return None
