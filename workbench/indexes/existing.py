"""The indexes that a database already has."""

from dataclasses import dataclass
from typing import Any

from workbench import sql
from workbench.db import Connection, fetch_all
from workbench.indexes.index import Index, Key
from workbench.workload.schema import TableName

MARK = "workbench candidate"
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


def _existing(row: tuple[Any, ...]) -> Existing:
    schema, table, name, method, unique, valid, predicate, keys, include, options, size, ours = row
    index = Index(
        TableName(schema, table),
        tuple(map(_key, keys, options)),
        method,
        tuple(include),
        predicate,
    )
    return Existing(index, name, unique, valid, size, ours)


def _key(definition: str, option: int) -> Key:
    return Key(definition, bool(option & _DESCENDING), bool(option & _NULLS_FIRST))


def served_by(index: Index, existing: tuple[Existing, ...]) -> str | None:
    """Why ``index`` is not needed beside the existing ones, None if it could be."""
    for other in existing:
        if other.valid and not other.ours and other.index.serves_as(index):
            same = len(other.index.keys) == len(index.keys)
            return f"{'exists already as' if same else 'is the start of'} {other.name}"
        if other.valid and other.unique and not other.index.predicate and not other.ours:
            unique = {key.expression for key in other.index.keys}
            lead = {key.expression for key in index.keys[: len(unique)]}
            if other.index.table == index.table and unique == lead:
                return f"{other.name} already finds at most one row for {', '.join(sorted(unique))}"
    return None
