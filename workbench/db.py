"""Connections to Postgres: the one home of driver options.

Every connection uses ``RawCursor``: placeholders are Postgres' own ``$1`` and a ``%`` in a
statement is just a character. Nothing is prepared and every plan is a custom plan, because a
cached plan would not notice an index that was hidden or shown in between.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workbench.errors import ServerError, StatementError, TimedOut

# what the driver would log of a lost connection reaches the user as an error of ours
logging.getLogger("psycopg").addHandler(logging.NullHandler())

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
DriverError: TypeAlias = psycopg.Error

CANCEL_S, CANCELS = 1.0, 20
SESSION = {"application_name": "workbench", "plan_cache_mode": "force_custom_plan"}


def connect(
    conninfo: str, *, read_only: bool = False, timeout_s: float | None = None
) -> Connection:
    """An autocommit connection; raises ServerError, whose text never holds a password.

    ``read_only`` makes every transaction of the session read-only; ``timeout_s`` limits each
    statement.
    """
    options = dict(SESSION)
    if read_only:
        options["default_transaction_read_only"] = "on"
    if timeout_s is not None:
        options["statement_timeout"] = str(int(timeout_s * 1000))
    given = address(conninfo)
    try:
        flags = [f"-c {name}={value}" for name, value in options.items()]
        given["options"] = " ".join([str(given.get("options") or ""), *flags]).strip()
        given.setdefault("connect_timeout", 10)
        return psycopg.connect(
            make_conninfo("", **given),
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.RawCursor,
        )
    except psycopg.Error as error:
        raise ServerError(f"cannot connect to {describe(conninfo)}: {one_line(error)}") from None


def address(conninfo: str) -> dict[str, Any]:
    """The parts of a connection string; raises ServerError without repeating any of it.

    The driver's own message would quote the string, and with it the password. A password with
    ``@`` or ``/`` in it moves into host, port or database, so these are looked at as well.
    """
    with suppress(psycopg.Error, UnicodeDecodeError):
        parts = conninfo_to_dict(conninfo)
        ports = str(parts.get("port") or "").replace(",", "")
        shown = f"{parts.get('host') or ''}{parts.get('dbname') or ''}"
        if "@" not in shown and (not ports or ports.isdecimal()):
            return dict(parts)
    raise ServerError(
        "the database address cannot be read; write postgresql://user:password@host:port/dbname, "
        "with @ : / ? # % in the password percent-encoded"
    ) from None


def conninfo(base: str = "", **parts: str | int) -> str:
    """A connection string: that of ``base`` with ``parts`` put in."""
    return make_conninfo("", **{**address(base), **parts})


def describe(conninfo: str) -> str:
    """Where a connection string leads, without its password: ``user@host:port/dbname``."""
    try:
        parts = address(conninfo)
    except ServerError:
        return "the given database"
    user = f"{parts['user']}@" if "user" in parts else ""
    port = f":{parts['port']}" if "port" in parts else ""
    return f"{user}{parts.get('host', 'localhost')}{port}/{parts.get('dbname', '')}"


def one_line(error: BaseException) -> str:
    """The message of an exception, on one line, without psycopg's prefixes."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
        return f"{error.diag.message_primary}{hint}"
    return " ".join(str(error).split())


def fetch_all(
    connection: Connection, query: LiteralString | str | sql.Composed, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """All rows of one of our own queries."""
    return connection.execute(query, values or None).fetchall()


def fetch_value(
    connection: Connection, query: LiteralString | str | sql.Composed, values: Sequence[Any] = ()
) -> Any:  # noqa: ANN401 - a column's type is the query's affair
    """First column of the first row, or None when there is no row."""
    row = connection.execute(query, values or None).fetchone()
    return None if row is None else row[0]


def run_statement(
    connection: Connection, statement: str, values: Sequence[str | None] = (), prefix: str = ""
) -> list[tuple[Any, ...]]:
    """Rows of the user's statement, unchanged behind ``prefix``, with ``values`` for $1, $2, ….

    The extended protocol is used, so a text with two statements is refused by the server.
    Raises StatementError with the server's message, TimedOut after statement_timeout.
    """
    with _statement_errors(connection, statement, prefix):
        cursor = connection.execute(prefix + statement, values or None, binary=True)
        return cursor.fetchall() if cursor.description else []


def run_repeated(
    connection: Connection,
    statement: str,
    values: Sequence[str | None] = (),
    prefix: str = "",
    *,
    times: int,
) -> list[list[tuple[Any, ...]]]:
    """Rows of each of ``times`` runs that are sent at once, so that no run waits for the client.

    Raises what ``run_statement`` raises.
    """
    with _statement_errors(connection, statement, prefix):
        before = sys.exception()
        try:
            with connection.pipeline() as pipeline:
                cursors = [
                    connection.execute(prefix + statement, values or None, binary=True)
                    for _ in range(times)
                ]
                pipeline.sync()
        except BaseException as error:
            _leave_pipeline(connection)
            if interrupt := _hidden(error, before):
                raise interrupt from None
            raise
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _hidden(error: BaseException, before: BaseException | None) -> BaseException | None:
    """The interrupt in whose place the driver raised ``error``; not what was ``before``."""
    inner: BaseException | None = error
    while isinstance(inner, Exception) and inner is not before:
        inner = inner.__context__
    return None if inner in (error, before) else inner


def _leave_pipeline(connection: Connection) -> None:
    """Read what a failed pipeline left unread; the driver stays in it if that is much."""
    pgconn, empty = connection.pgconn, 0
    if connection.closed or pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF:
        return
    with suppress(psycopg.OperationalError):
        pgconn.pipeline_sync()
        while empty < 2:  # one None ends each result, a second one says that none is left
            empty = 0 if pgconn.get_result() else empty + 1
        pgconn.exit_pipeline_mode()


@contextmanager
def _statement_errors(connection: Connection, statement: str, prefix: str) -> Iterator[None]:
    """The driver's exceptions about the user's statement, as ours."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise TimedOut(one_line(error)) from error
    except psycopg.OperationalError as error:
        if connection.closed:
            raise ServerError(f"the server closed the connection: {one_line(error)}") from error
        raise StatementError(one_line(error)) from error
    except psycopg.Error as error:
        raise _at_position(error, statement, prefix) from error


def _at_position(error: psycopg.Error, statement: str, prefix: str) -> StatementError:
    """The server's message and the line and column of the user's statement it points at."""
    message = one_line(error)
    if not error.diag.statement_position:
        return StatementError(message)
    offset = int(error.diag.statement_position) - 1 - len(prefix)
    before = statement[: max(offset, 0)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return StatementError(message, line, column)


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    """A transaction of which nothing stays, however the body ends."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        _roll_back(connection)


def _roll_back(connection: Connection) -> None:
    """ROLLBACK, once more if statement_timeout or an interrupt cancelled the first."""
    settle(connection)
    try:
        connection.execute("ROLLBACK")
    except psycopg.errors.QueryCanceled:
        connection.execute("ROLLBACK")
    except psycopg.OperationalError:
        if not connection.closed:
            raise


def settle(connection: Connection) -> None:
    """End what an interrupt left under way; without it the driver refuses every later command.

    The driver does so itself only while it waits, not in the moment between sending and waiting.
    """
    pgconn, active = connection.pgconn, psycopg.pq.TransactionStatus.ACTIVE
    if connection.closed or pgconn.transaction_status != active:
        return
    pgconn.flush()
    for _ in range(CANCELS):  # one that comes before the server has begun is lost
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=CANCEL_S)
        if select([pgconn.socket], [], [], CANCEL_S)[0]:
            pgconn.consume_input()
        while not pgconn.is_busy():
            if pgconn.get_result() is None:
                return


@contextmanager
def settings(connection: Connection, **values: str | int | float) -> Iterator[None]:
    """Session settings for the length of a block; what was set before is set again after it."""
    show = "SELECT current_setting($1)"
    before = {name: fetch_value(connection, show, [name]) for name in values}
    try:
        for name, value in values.items():
            _set(connection, name, str(value))
        yield
    finally:
        with suppress(psycopg.OperationalError):
            for name, old in before.items():
                _set(connection, name, old)


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute("SELECT set_config($1, $2, false)", [name, value])


def in_transaction(connection: Connection) -> bool:
    """Whether the caller has a transaction open, be it a failed one."""
    return connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE


def server_version(connection: Connection) -> int:
    """The server's version as Postgres counts it: 180004 for 18.4."""
    return connection.info.server_version
