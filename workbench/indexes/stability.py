"""What the planner would do after another ANALYZE: each draws other rows, and costs shift a little.

A set that only helps under the statistics of one sample is no good advice.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg import sql as compose

from workbench.db import Connection, fetch_all, rolled_back
from workbench.indexes.costs import Set
from workbench.indexes.reading import Reading
from workbench.indexes.whatif import Trial
from workbench.plans.explain import explain
from workbench.workload.schema import TableName

DRAWS = 2
_SIZES = """/*workbench*/ SELECT c.oid::int8, c.relpages, c.reltuples FROM pg_class c
WHERE c.oid = ANY ($1::regclass[])
   OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ($1::regclass[]))"""
_RESTORE = """/*workbench*/ UPDATE pg_class SET relpages = $2, reltuples = $3
WHERE oid = $1::oid AND (relpages, reltuples) IS DISTINCT FROM ($2::int, $3::float4)"""


def other_plans(trial: Trial, reading: Reading, kept: Set) -> list[tuple[str, Set]]:
    """Statements with the indexes that they would use under other samples of their tables.

    Nothing where the session may not put the sizes back.
    """
    tables = sorted({index.table for index in kept}) if trial.superuser else []
    found: list[tuple[str, Set]] = []
    for _ in range(DRAWS if tables else 0):
        with _drawn_anew(trial.connection, tables):
            trial.show(kept)
            for query in reading.queries:
                plan = explain(trial.connection, query.text, query.values)
                found.append((query.name, trial.used(plan)))
    return list(dict.fromkeys(found))


@contextmanager
def _drawn_anew(connection: Connection, tables: Sequence[TableName]) -> Iterator[None]:
    """New statistics until the block ends; sizes, which no rollback undoes, are put back."""
    places = [compose.Identifier(*table) for table in tables]
    sizes = fetch_all(connection, _SIZES, [[place.as_string() for place in places]])
    try:
        with rolled_back(connection):
            analyze = compose.SQL("/*workbench*/ ANALYZE {}")
            connection.execute(analyze.format(compose.SQL(", ").join(places)))
            yield
    finally:
        for size in sizes:
            connection.execute(_RESTORE, size)
