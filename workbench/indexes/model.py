"""A scale model: candidates built on a sample of their table, shown to the planner as the table's.

Building everything that could help can take far longer than all else. An index over a few thousand
sampled rows takes milliseconds, and inside a transaction pg_index can be told that it belongs to
the real table. The planner then sees rows, selectivities and heap as they are; only the index
itself is smaller than it will be, so scans of a large part of it look cheaper. That is good enough
to see which candidates have no part in any good plan. Statements are planned, never run, and the
transaction is rolled back: nothing of it was ever there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql as compose

from workbench.db import Connection, fetch_all, rolled_back
from workbench.indexes.checks import explained
from workbench.indexes.costs import Planned, Set
from workbench.indexes.index import Index
from workbench.indexes.whatif import Progress
from workbench.workload.query import Query
from workbench.workload.schema import TableName

SAMPLED_ROWS = 10_000
_ADOPT = """/*workbench*/ UPDATE pg_index SET indrelid = $1::oid, indisvalid = false
WHERE indrelid = $2::regclass AND indexrelid = ANY ($3)"""
_NOTICE = "/*workbench*/ UPDATE pg_class SET relhasindex = true WHERE oid = $1::oid"
_SHOW = "/*workbench*/ UPDATE pg_index SET indisvalid = true WHERE indexrelid = ANY ($1)"
_TIDY = "/*workbench*/ VACUUM pg_index, pg_class, pg_attribute, pg_depend"
_TABLE = """/*workbench*/ SELECT c.oid::int8, c.reltuples FROM pg_class c
WHERE c.oid = $1::regclass AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND NOT EXISTS
      (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attisdropped)"""


@dataclass(frozen=True)
class Modelled:
    """A candidate in the model, and the bytes that it would have on the whole table."""

    name: str
    oid: int
    size_bytes: int


class Model:
    """The candidates that could be modelled; ``plan`` says what the planner makes of some."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.built: dict[Index, Modelled] = {}

    def build(self, indexes: Iterable[Index], progress: Progress) -> None:
        """Build what is possible table by table; partitioned tables have no model."""
        by_table: dict[TableName, list[Index]] = {}
        for index in indexes:
            by_table.setdefault(index.table, []).append(index)
        for done, (table, own) in enumerate(sorted(by_table.items())):
            progress("building small models", done, len(by_table))
            place = [compose.Identifier(*table).as_string()]
            for oid, rows in fetch_all(self._connection, _TABLE, place):
                self._build(table, oid, rows, own)

    def _build(self, table: TableName, oid: int, rows: float, own: Iterable[Index]) -> None:
        sample = TableName("pg_temp", f"workbench model {oid}")
        place, share = compose.Identifier(*sample), min(1.0, SAMPLED_ROWS / max(rows, 1))
        for statement in (
            compose.SQL(
                "/*workbench*/ CREATE TABLE {} AS SELECT * FROM {} TABLESAMPLE SYSTEM ({}) "
                "REPEATABLE (0)"
            ).format(place, compose.Identifier(*table), compose.Literal(100 * share)),
        ):
            self._connection.execute(statement)
        made = {index: self._index(replace(index, table=sample), share) for index in own}
        known = {index: modelled for index, modelled in made.items() if modelled}
        if any(key.is_expression for index in known for key in index.keys):
            self._connection.execute(compose.SQL("/*workbench*/ ANALYZE {}").format(place))
        oids = [modelled.oid for modelled in known.values()]
        self._connection.execute(_ADOPT, [oid, place.as_string(), oids])
        self._connection.execute(_NOTICE, [oid])
        self.built |= known

    def _index(self, index: Index, share: float) -> Modelled | None:
        """One index on the sample, None where it cannot be built."""
        self._connection.execute("SAVEPOINT building")
        try:
            self._connection.execute(index.ddl().encode())
        except psycopg.Error:
            self._connection.execute("ROLLBACK TO building")
            return None
        place = compose.Identifier("pg_temp", index.name).as_string()
        size = "/*workbench*/ SELECT $1::regclass::oid::int8, pg_relation_size($1::regclass)"
        ((oid, size_bytes),) = fetch_all(self._connection, size, [place])
        return Modelled(index.name, oid, round(size_bytes / share))

    def plan(self, query: Query, visible: Set) -> Planned:
        """Cost of a statement with some candidates visible, and which of them it would use."""
        shown = {self.built[index].oid: index for index in visible}
        names = {self.built[index].name: index for index in visible}
        self._connection.execute("SAVEPOINT planning")
        try:
            self._connection.execute(_SHOW, [list(shown)])
            plan = explained(self._connection, query)
        finally:
            self._connection.execute("ROLLBACK TO planning")
        used = frozenset(names[name] for name in plan.index_names if name in names)
        return plan.cost or 0.0, used


@contextmanager
def model(connection: Connection, indexes: Iterable[Index], progress: Progress) -> Iterator[Model]:
    """The candidates in small, until the block ends.

    What was rolled back slows every later plan down until it is vacuumed.
    """
    try:
        with rolled_back(connection):
            made = Model(connection)
            made.build(indexes, progress)
            yield made
    finally:
        with suppress(psycopg.Error):
            connection.execute(_TIDY)
