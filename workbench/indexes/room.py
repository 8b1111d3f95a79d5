"""Whether a candidate can be built in the room and the time that there are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.datasets.disk import free_bytes
from workbench.db import Connection, fetch_value
from workbench.errors import StatementError, TimedOut
from workbench.indexes.index import Index
from workbench.indexes.prefilter import rough_bytes
from workbench.plans.explain import explain
from workbench.workload.schema import Table, TableName

BUILDING = 2  # a build sorts on disk what it then writes
SPARE_BYTES = 200_000_000  # for the log, and for what statements sort
MB = 1e6


@dataclass
class Room:
    """What candidates may take of the disk, less what they have taken.

    ``tables`` has the statistics that sizes are estimated by.
    """

    left_bytes: float = math.inf
    tables: Mapping[TableName, Table] = field(default_factory=dict)
    _too_slow: dict[TableName, int] = field(default_factory=dict)

    @classmethod
    def on(
        cls, connection: Connection, tables: Mapping[TableName, Table], limit_bytes: int | None
    ) -> "Room":
        """What is free on the server's disk, but no more than the limit if there is one."""
        free = free_bytes(connection)
        left = math.inf if free is None else free - SPARE_BYTES
        return cls(left if limit_bytes is None else min(left, limit_bytes), tables)

    def refusal(self, connection: Connection, index: Index) -> str | None:
        """Why an index should not be built, None where nothing speaks against it."""
        needed = BUILDING * rough_bytes(index, self.tables)
        least = self._too_slow.get(index.table)
        if least is not None and needed >= least:
            limit = fetch_value(connection, "SHOW statement_timeout")
            words = f"a smaller index on {index.table.name} was not built within {limit}"
            return f"not built: {words}; allow more with --timeout"
        if needed > self.left_bytes and index.predicate:
            needed = round(needed * self._share(connection, index))
        if needed > self.left_bytes:
            return (
                f"not built: that would take about {needed / MB:,.1f} MB of the disk, of which "
                f"{max(self.left_bytes, 0) / MB:,.1f} MB are left for candidates"
            )
        return None

    def taken(self, size_bytes: int) -> None:
        """An index was built."""
        self.left_bytes -= size_bytes

    def timed_out(self, connection: Connection, index: Index) -> str:
        """Building took too long: what to say, and not to try with more on the same table."""
        self._too_slow[index.table] = min(
            BUILDING * rough_bytes(index, self.tables), self._too_slow.get(index.table, 1 << 62)
        )
        limit = fetch_value(connection, "SHOW statement_timeout")
        return f"not built within {limit}; allow more with --timeout"

    def _share(self, connection: Connection, index: Index) -> float:
        """The share of the table that the planner expects in a partial index."""
        query = f"SELECT FROM {index.table} WHERE {index.predicate}"
        try:
            rows = explain(connection, query).root.plan_rows or 0.0
        except (StatementError, TimedOut):
            return 1.0
        return min(1.0, rows / max(self.tables[index.table].rows, 1))
