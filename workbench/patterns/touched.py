"""Rows and pages that Postgres read for whatever a connection did, by its own count.

A plan tells the same of one statement; this also tells it of a cursor that was left early.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from workbench.sql import load


@dataclass(frozen=True)
class Touched:
    """Rows read from a table, by a scan or an index, and pages of it and its indexes."""

    rows: int
    pages: int


def touched(connection: Connection, table: str, call: Callable[[Connection], Any]) -> Touched:
    """What ``call`` reads of ``table``, within a transaction that is rolled back.

    The counts are those of this session only, so parallel workers are switched off.
    """
    with connection.begin() as transaction:
        connection.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
        before = _read(connection, table)
        call(connection)
        after = _read(connection, table)
        transaction.rollback()
    return Touched(*(int(now - then) for then, now in zip(before, after, strict=True)))


def _read(connection: Connection, table: str) -> Sequence[int]:
    return connection.execute(text(load("touched")), {"relation": table}).one()
