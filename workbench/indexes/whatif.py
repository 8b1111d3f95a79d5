"""Exact what-if: every candidate is built once, then hidden and shown for one plan at a time.

A hidden index is one that pg_index calls invalid; plans and costs are those of a server without it.
All are hidden from the start, and some shown inside a transaction that is rolled back. Where the
session may not write the catalog, the others are dropped instead, in the same kind of transaction.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from time import perf_counter

import psycopg
from psycopg import sql as compose

from workbench.db import (
    Connection,
    fetch_all,
    fetch_value,
    in_transaction,
    rolled_back,
    run_statement,
    settle,
)
from workbench.errors import ServerError, StatementError, TimedOut
from workbench.indexes import existing, extensions, statistics
from workbench.indexes.checks import explained
from workbench.indexes.index import Index
from workbench.indexes.room import Room
from workbench.plans.node import Plan
from workbench.workload.query import Query

Progress = Callable[[str, int, int], None]

TIDY_EVERY = 1000
_LOCK = 0x776F726B62656E63  # "workbenc"
_CREATE_INDEX = re.compile(r"\s*create\s+(unique\s+)?index\b", re.IGNORECASE)
_KEPT = """/*workbench*/ SELECT i.indexrelid::int8, pg_relation_size(i.indexrelid),
    ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k)
FROM pg_index i WHERE i.indexrelid = $1::regclass"""
_PARTS = """/*workbench*/ SELECT c.oid::int8, c.relname, pg_relation_size(c.oid)
FROM pg_partition_tree($1::regclass) t JOIN pg_class c ON c.oid = t.relid WHERE t.level > 0"""
_SHOW = "/*workbench*/ UPDATE pg_index SET indisvalid = true WHERE indexrelid = ANY($1)"
_HIDE = "/*workbench*/ UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY($1)"


@dataclass(frozen=True)
class Built:
    """A candidate that exists on the server; ``columns`` are its keys as Postgres prints them.

    On a partitioned table ``parts`` are the number and name of its index on each part.
    """

    index: Index
    name: str
    oid: int
    size_bytes: int
    build_ms: float
    columns: tuple[str, ...] = ()
    parts: tuple[tuple[int, str], ...] = ()

    @property
    def oids(self) -> tuple[int, ...]:
        """Its number and those of its parts, which the planner uses in its place."""
        return self.oid, *(oid for oid, _ in self.parts)

    @property
    def names(self) -> frozenset[str]:
        """The names under which a plan may show it."""
        return frozenset((self.name, *(name for _, name in self.parts)))


class Trial:
    """Candidates that are built; ``show`` and ``plan`` decide which the planner sees."""

    def __init__(self, connection: Connection, room: Room) -> None:
        self.connection = connection
        self._room = room
        self.built: dict[Index, Built] = {}
        self.failed: dict[Index, str] = {}
        self.superuser = fetch_value(connection, "SHOW is_superuser") == "on"
        self._extensions: dict[str, bool] = {}
        self._plans = 0
        self._visible: set[int] = set()  # outside of every transaction

    def build_all(self, indexes: Iterable[Index], progress: Progress) -> None:
        """Create indexes and mark them as ours; what cannot be built is in ``failed``."""
        wanted = list(indexes)
        for done, index in enumerate(wanted):
            progress("building candidates", done, len(wanted))
            self._build(index)
        progress("gathering statistics", 0, 1)
        new = [index for index in wanted if index in self.built]
        statistics.gather(self.connection, new, self.superuser)
        if self.superuser:
            oids = [oid for index in new for oid in self.built[index].oids]
            self.connection.execute(_HIDE, [oids])
            self._visible.difference_update(oids)

    def _build(self, index: Index) -> None:
        lacking = extensions.lacking(self.connection, index)
        if lacking and not self._has(index.extension):
            self.failed[index] = lacking
            return
        refusal = self._room.refusal(self.connection, index)
        if refusal:
            self.failed[index] = refusal
            return
        try:
            with self.connection.transaction():
                elapsed_ms = self._timed(index.ddl())
                self._keep(index, index.name, elapsed_ms)
        except TimedOut:
            self.failed[index] = self._room.timed_out(self.connection, index)
        except StatementError as error:
            self.failed[index] = f"could not be built: {error}"

    def _has(self, extension: str) -> bool:
        """Whether an extension could be created for now; it goes at the end."""
        if extension not in self._extensions:
            create = compose.SQL("CREATE EXTENSION {}").format(compose.Identifier(extension))
            try:
                self.connection.execute(create)
                self._extensions[extension] = True
            except psycopg.Error:
                self._extensions[extension] = False
        return self._extensions[extension]

    def leave(self) -> None:
        """Drop the candidates, then the extensions that were created for them."""
        settle(self.connection)
        if in_transaction(self.connection):  # an interrupt can leave one open
            self.connection.execute("ROLLBACK")
        _sweep(self.connection)
        for extension, created in self._extensions.items():
            if created:
                drop = compose.SQL("DROP EXTENSION IF EXISTS {}")
                self.connection.execute(drop.format(compose.Identifier(extension)))

    def build_statement(self, ddl: str) -> Index:
        """Create the index of a CREATE INDEX statement as it stands; raises StatementError."""
        if not _CREATE_INDEX.match(ddl):
            raise StatementError(
                f"an index is given as CREATE INDEX … ON …, not as {ddl.strip()!r}"
            )
        if re.search(r"\bconcurrently\b", ddl, re.IGNORECASE):
            raise StatementError("leave out CONCURRENTLY: the index is built in a transaction")
        known = {(each.index.table.schema, each.name) for each in self._existing()}
        with self.connection.transaction():
            elapsed_ms = self._timed(ddl)
            new = [e for e in self._existing() if (e.index.table.schema, e.name) not in known]
            if len(new) != 1:
                raise StatementError(f"no new index came of {ddl.strip()!r}")
            self._keep(new[0].index, new[0].name, elapsed_ms)
        return new[0].index

    def _existing(self) -> tuple[existing.Existing, ...]:
        return existing.read(self.connection)

    def _timed(self, ddl: str) -> float:
        started = perf_counter()
        run_statement(self.connection, ddl)
        return (perf_counter() - started) * 1000

    def _keep(self, index: Index, name: str, build_ms: float) -> None:
        """Mark a new index as ours and take it in."""
        place = compose.Identifier(index.table.schema, name)
        comment = compose.SQL("COMMENT ON INDEX {} IS {}")
        self.connection.execute(comment.format(place, compose.Literal(existing.MARK)))
        ((oid, size, keys),) = fetch_all(self.connection, _KEPT, [place.as_string()])
        printed = tuple(
            str(replace(key, expression=text)) for key, text in zip(index.keys, keys, strict=False)
        )
        found = fetch_all(self.connection, _PARTS, [place.as_string()])
        parts = tuple((number, part) for number, part, _ in found)
        size += sum(part_bytes for *_, part_bytes in found)
        self.built[index] = Built(index, name, oid, size, build_ms, printed, parts)
        self._visible.update(self.built[index].oids)
        self._room.taken(size)

    def show(self, visible: Iterable[Index]) -> None:
        """Make just these candidates visible until the transaction ends.

        Every one that changes costs the server some work, so they are hidden while nobody asks.
        """
        shown = [oid for index in visible for oid in self.built[index].oids]
        if self.superuser:
            self.connection.execute(_SHOW, [shown])
            if self._visible:
                self.connection.execute(_HIDE, [sorted(self._visible.difference(shown))])
            return
        self._drop(b for b in self.built.values() if b.oid not in shown)

    def arm(self, visible: Iterable[Index]) -> Callable[[Connection], None]:
        """``show`` as a function of the connection, for a measurement to call."""
        kept = tuple(visible)

        def enter(connection: Connection) -> None:
            self.show(kept)

        return enter

    def arm_without(self, visible: Iterable[Index]) -> Callable[[Connection], None]:
        """The same by dropping the others, for statements that write: what is hidden costs them."""
        kept = set(visible)

        def enter(connection: Connection) -> None:
            self._drop([built for index, built in self.built.items() if index not in kept])
            if self.superuser:
                self.show(kept)

        return enter

    def plan(self, query: Query, visible: Iterable[Index]) -> Plan:
        """The plan of a statement with just these candidates visible."""
        self._plans += 1
        if self._plans % TIDY_EVERY == 0 and self.superuser:
            self.connection.execute(
                "/*workbench*/ VACUUM pg_index"
            )  # each toggle leaves a dead row
        with rolled_back(self.connection):
            self.show(visible)
            return explained(self.connection, query)

    def used(self, plan: Plan) -> frozenset[Index]:
        """The candidates that a plan scans."""
        names = set(plan.index_names)
        return frozenset(index for index, built in self.built.items() if built.names & names)

    def drop(self, indexes: Iterable[Index]) -> None:
        """Remove candidates for good."""
        self._drop([self.built.pop(index) for index in indexes if index in self.built])

    def _drop(self, gone: Iterable[Built]) -> None:
        places = [compose.Identifier(b.index.table.schema, b.name) for b in gone]
        if places:
            statement = compose.SQL("DROP INDEX {}").format(compose.SQL(", ").join(places))
            self.connection.execute(statement)


@contextmanager
def trial(
    connection: Connection,
    indexes: Iterable[Index],
    progress: Progress,
    room: Room | None = None,
) -> Iterator[Trial]:
    """The candidates built; they are dropped again however the block ends.

    Raises ServerError while another workbench tries indexes in the same database.
    """
    with _alone(connection) as alone:
        if not alone:
            words = "another workbench is trying indexes in this database; wait for its end"
            raise ServerError(words)
        candidates = Trial(connection, room or Room())
        try:
            _sweep(connection)
            candidates.build_all(indexes, progress)
            yield candidates
        finally:
            with suppress(psycopg.Error):  # the connection may be what failed
                candidates.leave()


def sweep(connection: Connection) -> int:
    """Drop the candidates that an earlier, killed run left; how many there were.

    Those of a run that is still alive stay.
    """
    with _alone(connection) as alone:
        return _sweep(connection) if alone else 0


@contextmanager
def _alone(connection: Connection) -> Iterator[bool]:
    """Whether no other session tries indexes in this database; none can start meanwhile."""
    alone = bool(fetch_value(connection, "SELECT pg_try_advisory_lock($1)", [_LOCK]))
    try:
        yield alone
    finally:
        if alone:
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock($1)", [_LOCK])


def _sweep(connection: Connection) -> int:
    left = [each for each in existing.read(connection) if each.ours]
    for each in left:
        place = compose.Identifier(each.index.table.schema, each.name)
        connection.execute(compose.SQL("DROP INDEX IF EXISTS {}").format(place))
    return len(left)
