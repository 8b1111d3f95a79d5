"""Private tables to write to: copies in a schema of their own, dropped when the experiment ends.

An application that connects through ``Scratch.conninfo`` finds the copies under the tables' own
names, so that a pattern's statements and models are those of the application, unchanged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg import errors, sql

from workbench.db import Connection, address, connect, conninfo, fetch_all, fetch_value, settings
from workbench.errors import MeasurementError

SCHEMA = "workbench_lab"
_LOCK = "SELECT pg_advisory_lock(hashtext('workbench_lab'))"
_ENDING = "3s"  # so long may a session take to end whose client is gone
_WAL = "/*workbench*/ SELECT (pg_current_wal_insert_lsn() - '0/0')::int8"
_IDENTITY = """/*workbench*/ SELECT attname FROM pg_attribute
WHERE attrelid = $1::regclass AND attidentity <> ''"""
_KEY = """/*workbench*/ SELECT attname FROM pg_index JOIN pg_attribute
ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indrelid = $1::regclass AND indisprimary
ORDER BY array_position(indkey, attnum)"""


@dataclass(frozen=True)
class Scratch:
    """An empty schema: ``connection`` is its owner's, ``conninfo`` is for the code under test."""

    connection: Connection
    conninfo: str = field(repr=False)

    def copy(self, table: str, rows: int | None = 0) -> str:
        """A private copy of ``table`` with its indexes and checks; returns its full name.

        It holds the first ``rows`` rows by primary key, with None all of them. Foreign keys and
        triggers stay behind.
        """
        private = f"{SCHEMA}.{table.rpartition('.')[2]}"
        statement = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)")
        self.connection.execute(statement.format(_named(private), _named(table)))
        if rows != 0:
            self.fill(private, table, rows)
        return private

    def fill(self, private: str, table: str, rows: int | None) -> None:
        """Empty a private copy and put the first ``rows`` rows of ``table`` into it, vacuumed."""
        key = sql.SQL(", ").join(
            sql.Identifier(name) for (name,) in fetch_all(self.connection, _KEY, [table])
        )
        for statement in (
            sql.SQL("TRUNCATE {private}"),
            sql.SQL("INSERT INTO {private} OVERRIDING SYSTEM VALUE TABLE {table} {order} {limit}"),
            sql.SQL("VACUUM (FREEZE, ANALYZE) {private}"),
        ):
            self.connection.execute(
                statement.format(
                    private=_named(private),
                    table=_named(table),
                    order=sql.SQL("ORDER BY {}").format(key) if key.as_string() else sql.SQL(""),
                    limit=sql.SQL("LIMIT {}").format(rows),
                )
            )
        self._count_on_from(private)

    def _count_on_from(self, private: str) -> None:
        """Let identity columns go on after the largest value that is there."""
        statement = sql.SQL(
            "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 0) + 1, false) FROM {}"
        )
        for (column,) in fetch_all(self.connection, _IDENTITY, [private]):
            self.connection.execute(
                statement.format(private, column, sql.Identifier(column), _named(private))
            )

    def wal_position(self) -> int:
        """How many bytes of log the server has written so far."""
        return int(fetch_value(self.connection, _WAL))


@contextmanager
def scratch(site: str, *, through: str | None = None) -> Iterator[Scratch]:
    """A private schema in the database at ``site``; what a killed run left behind goes first.

    ``through`` is another address of that database for the code under test, such as that of a
    proxy. Raises MeasurementError while another experiment uses the schema.
    """
    with connect(site) as connection, settings(connection, client_min_messages="warning"):
        _lock(connection)
        _drop(connection)
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            yield Scratch(connection, within(through or site))
        finally:
            _drop(connection)


def within(site: str) -> str:
    """An address whose unqualified names mean the private tables first."""
    given = str(address(site).get("options") or "")
    return conninfo(site, options=f"{given} -c search_path={SCHEMA},public".strip())


def _lock(connection: Connection) -> None:
    """Have the schema to oneself until the session ends."""
    try:
        with settings(connection, lock_timeout=_ENDING):
            connection.execute(_LOCK)
    except errors.LockNotAvailable:
        raise MeasurementError(
            f"another experiment uses the schema {SCHEMA} of this database; let it end first"
        ) from None


def _drop(connection: Connection) -> None:
    """Drop the schema; a session that still holds one of its tables is given ten seconds."""
    with settings(connection, lock_timeout="10s"):
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _named(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
