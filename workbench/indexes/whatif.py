"""Exact what-if: every candidate is built once, then hidden and shown for one plan at a time.

A hidden index is one that pg_index calls invalid inside a transaction that is rolled back; plans
and costs are those of a server without it. Where the session may not write the catalog, it is
dropped instead, in the same kind of transaction.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import perf_counter

from psycopg import sql as compose

from workbench.db import Connection, fetch_value, rolled_back, run_statement
from workbench.errors import StatementError, TimedOut, WorkbenchError
from workbench.indexes import existing
from workbench.indexes.index import Index
from workbench.plans.explain import explain
from workbench.plans.node import Plan
from workbench.workload.query import Query

Progress = Callable[[str, int, int], None]

_TOGGLE = """/*workbench*/ UPDATE pg_index SET indisvalid = (indexrelid = ANY($1))
WHERE indexrelid = ANY($2) AND indisvalid <> (indexrelid = ANY($1))"""


@dataclass(frozen=True)
class Built:
    """A candidate that exists on the server."""

    index: Index
    oid: int
    size_bytes: int
    build_ms: float


class Trial:
    """Built candidates, all hidden outside of ``visible``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.built: dict[Index, Built] = {}
        self.failed: dict[Index, str] = {}
        self._superuser = fetch_value(connection, "SHOW is_superuser") == "on"

    def build(self, index: Index) -> None:
        """Create one index and mark it as ours; a refusal is kept in ``failed``."""
        started = perf_counter()
        try:
            with self.connection.transaction():
                run_statement(self.connection, index.ddl())
                self.connection.execute(_comment(index))
        except (StatementError, TimedOut) as error:
            self.failed[index] = str(error)
            return
        elapsed = (perf_counter() - started) * 1000
        oid, size = self.connection.execute(
            "SELECT $1::regclass::oid::int8, pg_relation_size($1::regclass)", [_name(index)]
        ).fetchone() or (0, 0)
        self.built[index] = Built(index, oid, size, elapsed)

    def show(self, visible: Iterable[Index]) -> None:
        """Make just these candidates visible until the transaction ends."""
        shown = [self.built[index].oid for index in visible]
        if self._superuser:
            every = [built.oid for built in self.built.values()]
            self.connection.execute(_TOGGLE, [shown, every])
            return
        hidden = [b.index for b in self.built.values() if b.oid not in shown]
        if hidden:
            names = compose.SQL(", ").join(map(_identifier, hidden))
            self.connection.execute(compose.SQL("DROP INDEX {}").format(names))

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
        return frozenset(index for index in self.built if index.name in names)

    def drop(self, indexes: Iterable[Index]) -> None:
        """Remove candidates for good."""
        gone = [index for index in indexes if index in self.built]
        if gone:
            names = compose.SQL(", ").join(map(_identifier, gone))
            self.connection.execute(compose.SQL("DROP INDEX IF EXISTS {}").format(names))
        for index in gone:
            del self.built[index]


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


def sizes_bytes(built: Mapping[Index, Built]) -> dict[Index, int]:
    """Size of every built candidate."""
    return {index: each.size_bytes for index, each in built.items()}


def _comment(index: Index) -> compose.Composed:
    mark = compose.Literal(existing.MARK)
    return compose.SQL("COMMENT ON INDEX {} IS {}").format(_identifier(index), mark)


def _identifier(index: Index) -> compose.Identifier:
    return compose.Identifier(index.table.schema, index.name)


def _name(index: Index) -> str:
    return _identifier(index).as_string()
