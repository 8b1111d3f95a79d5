"""Estimates on a database that is only read: hypothetical indexes of the hypopg extension.

They live in the session alone. hypopg knows btree, hash, BRIN and bloom; its sizes do not know
deduplication and can be several times too big.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg

from workbench.db import Connection, fetch_all, fetch_value, one_line
from workbench.indexes import extensions
from workbench.indexes.checks import explained
from workbench.indexes.index import Index
from workbench.indexes.whatif import Built
from workbench.plans.node import Plan
from workbench.workload.query import Query

METHODS = frozenset({"btree", "hash", "brin", "bloom"})
_EXTENSION = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'hypopg')"


def available(connection: Connection) -> bool:
    """Whether hypopg is installed in the connected database."""
    return bool(fetch_value(connection, _EXTENSION))


class Hypothetical:
    """Candidates that exist for the planner of this session only."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.built: dict[Index, Built] = {}
        self.failed: dict[Index, str] = {}
        self._names: dict[str, Index] = {}

    def measure(self, index: Index) -> None:
        """Ask hypopg for the size of one index; a refusal is kept in ``failed``."""
        try:
            ((oid, size),) = fetch_all(
                self.connection,
                "SELECT indexrelid::int8, hypopg_relation_size(indexrelid) "
                "FROM hypopg_create_index($1)",
                [index.ddl()],
            )
            self.built[index] = Built(index, index.name, oid, size, 0.0)
        except psycopg.Error as error:
            self.failed[index] = extensions.lacking(self.connection, index) or one_line(error)

    def plan(self, query: Query, visible: Iterable[Index]) -> Plan:
        """The plan of a statement with just these candidates in the planner's mind."""
        self.connection.execute("SELECT hypopg_reset()")
        self._names = {}
        for index in visible:
            name = fetch_value(
                self.connection, "SELECT indexname FROM hypopg_create_index($1)", [index.ddl()]
            )
            self._names[name] = index
        return explained(self.connection, query)

    def used(self, plan: Plan) -> frozenset[Index]:
        """The candidates that the plan just made would scan."""
        return frozenset(self._names[name] for name in plan.index_names if name in self._names)


@contextmanager
def hypothetical(connection: Connection, indexes: Iterable[Index]) -> Iterator[Hypothetical]:
    """The candidates as hypothetical indexes, forgotten when the block ends."""
    candidates = Hypothetical(connection)
    try:
        for index in indexes:
            candidates.measure(index)
        yield candidates
    finally:
        if not connection.closed:
            connection.execute("SELECT hypopg_reset()")
