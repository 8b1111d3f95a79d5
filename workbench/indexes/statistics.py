"""Statistics for the expressions of candidates, without disturbing those of their tables.

ANALYZE samples a whole table anew, which would shift the plans of statements that no candidate
concerns. So the table's own rows of pg_statistic are parked under an unused number meanwhile.
"""

from collections.abc import Iterable

from psycopg import sql as compose

from workbench.db import Connection, fetch_all
from workbench.indexes.index import Index
from workbench.workload.schema import TableName

_PARKED = 1 << 31
_SIZES = "SELECT oid::int8, relpages, reltuples FROM pg_class WHERE oid = $1::regclass"
_PARK = "/*workbench*/ UPDATE pg_statistic SET starelid = $2::int8::oid WHERE starelid = $1::oid"
_FORGET = "/*workbench*/ DELETE FROM pg_statistic WHERE starelid = $1::oid"
_RESTORE = "/*workbench*/ UPDATE pg_class SET relpages = $2, reltuples = $3 WHERE oid = $1::oid"


def gather(connection: Connection, indexes: Iterable[Index], superuser: bool) -> None:
    """ANALYZE each table with an expression among its candidates; its own statistics stay.

    Without the right to write the catalog the table gets new statistics like its expressions.
    """
    tables = {index.table for index in indexes if any(key.is_expression for key in index.keys)}
    for table in sorted(tables):
        with connection.transaction():
            _gather(connection, table, superuser)


def _gather(connection: Connection, table: TableName, superuser: bool) -> None:
    name = compose.Identifier(*table)
    ((oid, pages, rows),) = fetch_all(connection, _SIZES, [name.as_string()])
    parked = oid ^ _PARKED
    if superuser:
        connection.execute(_PARK, [oid, parked])
    connection.execute(compose.SQL("/*workbench*/ ANALYZE {}").format(name))
    if superuser:
        connection.execute(_FORGET, [oid])
        connection.execute(_PARK, [parked, oid])
        connection.execute(_RESTORE, [oid, pages, rows])
