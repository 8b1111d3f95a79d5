"""Exact what-if: every candidate is built once, then hidden and shown for one plan at a time.

A hidden index is one that pg_index calls invalid inside a transaction that is rolled back; plans
and costs are those of a server without it. Where the session may not write the catalog, it is
dropped instead, in the same kind of transaction.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter

from psycopg import sql as compose

from workbench.db import Connection, fetch_all, fetch_value, rolled_back, run_statement
from workbench.errors import StatementError, TimedOut, WorkbenchError
from workbench.indexes import existing
from workbench.indexes.index import Index
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.workload.query import Query

Progress = Callable[[str, int, int], None]

_CREATE_INDEX = re.compile(r"\s*create\s+(unique\s+)?index\b", re.IGNORECASE)
_TOGGLE = """/*workbench*/ UPDATE pg_index SET indisvalid = (indexrelid = ANY($1))
WHERE indexrelid = ANY($2) AND indisvalid <> (indexrelid = ANY($1))"""


@dataclass(frozen=True)
class Built:
    """A candidate that exists on the server."""

    index: Index
    name: str
    oid: int
    size_bytes: int
    build_ms: float


class Trial:
    """Candidates that are built; ``show`` and ``plan`` decide which the planner sees."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.built: dict[Index, Built] = {}
        self.failed: dict[Index, str] = {}
        self._superuser = fetch_value(connection, "SHOW is_superuser") == "on"

    def build(self, index: Index) -> None:
        """Create one index and mark it as ours; a refusal is kept in ``failed``."""
        try:
            with self.connection.transaction():
                elapsed_ms = self._timed(index.ddl())
                self._keep(index, index.name, elapsed_ms)
        except (StatementError, TimedOut) as error:
            self.failed[index] = str(error)

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
        ((oid, size),) = fetch_all(
            self.connection,
            "SELECT $1::regclass::oid::int8, pg_relation_size($1::regclass)",
            [place.as_string()],
        )
        self.built[index] = Built(index, name, oid, size, build_ms)

    def show(self, visible: Iterable[Index]) -> None:
        """Make just these candidates visible until the transaction ends."""
        shown = [self.built[index].oid for index in visible]
        if self._superuser:
            every = [built.oid for built in self.built.values()]
            self.connection.execute(_TOGGLE, [shown, every])
            return
        self._drop(b for b in self.built.values() if b.oid not in shown)

    def arm(self, visible: Iterable[Index]) -> Callable[[Connection], None]:
        """``show`` as a function of the connection, for a measurement to call."""
        kept = tuple(visible)

        def enter(connection: Connection) -> None:
            self.show(kept)

        return enter

    def plan(self, query: Query, visible: Iterable[Index]) -> Plan:
        """The plan of a statement with just these candidates visible."""
        with rolled_back(self.connection):
            self.show(visible)
            return explain(self.connection, query.text, query.values)

    def used(self, plan: Plan) -> frozenset[Index]:
        """The candidates that a plan scans."""
        names = set(plan.index_names)
        return frozenset(index for index, built in self.built.items() if built.name in names)

    def drop(self, indexes: Iterable[Index]) -> None:
        """Remove candidates for good."""
        self._drop([self.built.pop(index) for index in indexes if index in self.built])

    def _drop(self, gone: Iterable[Built]) -> None:
        places = [compose.Identifier(b.index.table.schema, b.name) for b in gone]
        if places:
            statement = compose.SQL("DROP INDEX {}").format(compose.SQL(", ").join(places))
            self.connection.execute(statement)


@contextmanager
def trial(connection: Connection, indexes: Iterable[Index], progress: Progress) -> Iterator[Trial]:
    """The candidates built; they are dropped again however the block ends."""
    sweep(connection)
    wanted = list(indexes)
    candidates = Trial(connection)
    try:
        for done, index in enumerate(wanted):
            progress("building candidates", done, len(wanted))
            candidates.build(index)
        progress("building candidates", len(wanted), len(wanted))
        yield candidates
    finally:
        with suppress(WorkbenchError):
            sweep(connection)


def sweep(connection: Connection) -> int:
    """Drop the candidates that an earlier, killed run left; how many there were."""
    left = [each for each in existing.read(connection) if each.ours]
    for each in left:
        place = compose.Identifier(each.index.table.schema, each.name)
        connection.execute(compose.SQL("DROP INDEX IF EXISTS {}").format(place))
    return len(left)
